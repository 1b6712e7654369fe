// SPDX-License-Identifier: Apache-2.0
//
// Sets what a process inherits from its parent, and rarely checks, to the state that the rest of
// the code expects.
#pragma once

#include <sys/types.h>

namespace cairn::sys {

// Call it at the start of main, before any file is opened and before any thread starts.
// - Descriptors 0, 1 and 2 are open; a closed one is opened on /dev/null. Otherwise the first files
//   that we open would get these numbers, and messages would be written into them. A stdout that
//   was closed is opened read-only, so that writing a result fails instead of losing it.
// - SIGCHLD is not ignored. Otherwise the kernel reaps our children itself, and wait4(2) fails with
//   ECHILD (wait(2)).
// - SIGPIPE has its default action, until a command changes it.
// - No signal is blocked. Otherwise neither we nor the programs that we run would receive it.
// - The soft limit of open files is raised to the hard limit. The usual 1024 is for programs that
//   call select(2); a deep directory needs a descriptor for each level.
// An ignored SIGHUP stays ignored, as nohup(1) wants it.
void take_known_state();

// Restores the limit of open files that our parent gave us, for a child that executes another
// program: some close every descriptor up to the limit. Async-signal-safe, so it may be called
// after fork(2). Does nothing before take_known_state().
void restore_open_files_limit();
// The same for a child that is already running.
void restore_open_files_limit(pid_t child);

}  // namespace cairn::sys
