// SPDX-License-Identifier: Apache-2.0
//
// Executes our own program again, from a file that nothing below can change.
//
// A step starts as a copy of the launcher, so until its command is executed its /proc/self/exe is
// the launcher's program. A script that names that as its interpreter would have it executed in the
// step with the image's own loader, and could then find the file there (CVE-2019-5736). Looking at
// the script first does not help: it may be swapped afterwards, and one that its user may execute
// but not read cannot be looked at. So the launcher's program is not the host's file. It is the
// same inode on a detached mount that is read-only, and noexec as soon as it runs. Nobody can
// change its mode, owner, times or bytes there (EROFS) or execute it again (EACCES), and a step
// cannot clone or change that mount, which is in no mount namespace. No bytes are copied.
#pragma once

#include <string>
#include <vector>

namespace cairn::sandbox {

// Like execv(3): never returns, throws kHost. If the path of our program leads elsewhere by now (it
// was replaced, or lies outside our root), or cannot be mounted, a sealed copy in memory is
// executed (memfd_create(2), F_ADD_SEALS in fcntl(2)).
[[noreturn]] void execute_own_program(const std::vector<std::string>& argv);

// Called by the program that was executed this way. From here on nobody can execute that file. If
// it throws (kHost), this process must not start a step.
void close_own_program();

}  // namespace cairn::sandbox
