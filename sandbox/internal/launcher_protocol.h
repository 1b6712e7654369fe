// SPDX-License-Identifier: Apache-2.0
//
// The messages between builder, launcher and step: one struct for each, with one encode and one
// decode. launcher_protocol.cc lists the fields of each message once, for both directions and
// including descriptors, so the two ends cannot disagree on the order. Both ends are always the
// same program, so there is no version and no byte order.
//
//   builder  ─▶ launcher   BuilderWorld, once; then a RunRequest for each step
//   step     ─▶ launcher   FilterListener
//   launcher ─▶ builder    StepStarted and StepEnded, on RunRequest::channel
//   step     ─▶ builder    a report on RunRequest::errors, which is a pipe and takes text
//
// A decoder throws kBug for a malformed message: too short, too long, a value out of range, a
// descriptor too few or too many. Every length is checked against the bytes that are there.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/sys/fd.h"
#include "base/sys/process.h"
#include "sandbox/id_map.h"
#include "sandbox/internal/message.h"
#include "sandbox/internal/operations.h"
#include "sandbox/refused_nodes.h"
#include "sandbox/rungs.h"
#include "sandbox/spec.h"

namespace cairn::sandbox {

// What the launcher must know about the builder's namespace and the host.
struct BuilderWorld {
  Identity identity = Identity::kI0;
  Isolation isolation = Isolation::kS0;
  IdMap uid_map = {};  // of a step's user namespace
  IdMap gid_map = {};
  bool may_set_groups = true;

  bool operator==(const BuilderWorld&) const = default;
};

struct RunRequest {
  sys::Fd errors;   // the writing end of the pipe for the report
  sys::Fd channel;  // the launcher's end; the step is killed when the other one closes
  SandboxSpec spec;
  StepFds fds;
};

struct StepStarted {
  pid_t pid = 0;  // in the launcher's pid namespace
  sys::Fd pidfd;
};

struct StepEnded {
  sys::ExitStatus status;
  rusage usage = {};
  RefusedNodes refused_nodes;
};

// The listener of the step's system call filter (refused_nodes.h).
struct FilterListener {
  sys::Fd listener;
};

struct EncodedMessage {
  std::string bytes;
  std::vector<int> fds;  // borrowed from the encoded value, and from `body`
  sys::Fd body;          // a memfd for what does not fit one message; usually empty
};

EncodedMessage encode(const BuilderWorld& world);
EncodedMessage encode(const RunRequest& request);
EncodedMessage encode(const StepStarted& started);
EncodedMessage encode(const StepEnded& ended);
EncodedMessage encode(const FilterListener& listener);
void send_message(const sys::Fd& socket, const EncodedMessage& message);

BuilderWorld decode_builder_world(Message message);
// Fills `request`, beginning with `errors`: if this throws after that, the builder can still be
// answered.
void decode_run_request(Message message, RunRequest& request);
StepStarted decode_step_started(Message message);
StepEnded decode_step_ended(Message message);
FilterListener decode_filter_listener(Message message);

// What arrives on the pipe: first the notes, then perhaps an Error. If only notes arrive before the
// end of file, the command runs.
struct StepReport {
  Notes notes;
  std::optional<Error> failure;
};
std::string encode_notes(const Notes& notes);
std::string encode_failure(const Error& error);
StepReport decode_report(std::string_view text);

}  // namespace cairn::sandbox
