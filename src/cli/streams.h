// SPDX-License-Identifier: Apache-2.0
//
// The streams of a foreground command without a terminal. The command gets pipes, as with docker,
// and we copy what passes through. It must not get our own descriptors: they may be a terminal, a
// file or a device of the host, whose owner and mode root of a step could change, and which another
// user of the step could not reopen as /dev/stdout (proc(5): /proc/PID/fd checks the permissions of
// the file itself).
#pragma once

#include "base/sys/fd.h"
#include "exec/sandbox_executor.h"

namespace cairn::cli {

enum class Input { kNone, kOurs };

// Our ends of the pipes.
struct CommandStreams {
  sys::Fd in;  // empty for Input::kNone
  sys::Fd out;
  sys::Fd err;
};

// Makes the pipes; the command's ends go into `theirs`.
CommandStreams make_command_streams(exec::SandboxExecutor::Streams& theirs, Input input);
// Copies until the command and all its children have closed both outputs. If our own output is
// closed, the command's is closed too. Throws kHost if our output fails for another reason.
void relay_streams(CommandStreams streams);

}  // namespace cairn::cli
