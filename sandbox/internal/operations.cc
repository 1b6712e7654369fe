// SPDX-License-Identifier: Apache-2.0
//
// One table in the order of the enumeration, which is checked at compile time. A tried operation
// has a text that says what steps are like without it; a required one needs none, since the build
// ends.
#include "sandbox/internal/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace cairn::sandbox {
namespace {

using enum Operation;

constexpr OperationRule kRules[] = {
    {kAttachRoot, Need::kRequired, "attaching the root of the step", ""},
    {kMountProc, Need::kRequired, "mounting /proc", ""},
    {kMaskProc, Need::kRequired, "masking parts of /proc", ""},
    {kMountSys, Need::kRequired, "mounting /sys", ""},
    {kMaskSys, Need::kRequired, "masking parts of /sys", ""},
    {kMountDev, Need::kRequired, "mounting /dev", ""},  // with its nodes
    {kMountPts, Need::kTried, "mounting /dev/pts", "steps cannot open terminals of their own"},
    {kMountShm, Need::kTried, "mounting /dev/shm",
     "/dev/shm of steps is a directory without a size of its own"},
    {kMountMqueue, Need::kTried, "mounting /dev/mqueue",
     "steps have no message queues in /dev/mqueue"},
    {kLinkDev, Need::kRequired, "making the links of /dev", ""},
    {kOpenNullStreams, Need::kRequired, "opening /dev/null of the step", ""},
    {kMountExtra, Need::kRequired, "mounting what the step was given", ""},
    {kOpenCwd, Need::kRequired, "opening the working directory", ""},
    {kFindUser, Need::kRequired, "finding the user of the step", ""},
    {kMakeReadOnly, Need::kRequired, "making the root read-only", ""},
    {kEnterRoot, Need::kRequired, "entering the root of the step", ""},
    {kEnterCwd, Need::kRequired, "entering the working directory", ""},
    {kHostname, Need::kTried, "setting the host name", "steps see the name of this host"},
    {kLoopback, Need::kTried, "raising the loopback interface",
     "steps without a network have no loopback interface either"},
    // Only if the kernel can close them.
    {kAbstractSockets, Need::kRequired, "closing abstract sockets of the host", ""},
    {kTakeStreams, Need::kRequired, "taking the streams of the command", ""},
    {kStreamOwner, Need::kTried, "giving the streams to the user",
     "users other than root cannot open /dev/stdout and /dev/stderr in steps"},
    // Without one, a step could signal our terminal's process group.
    {kSession, Need::kRequired, "starting a session", ""},
    {kTerminal, Need::kTried, "taking the terminal", "the command has no job control"},
    {kRlimit, Need::kTried, "setting a limit", "steps run with the limit nearest to it"},
    {kResetProcess, Need::kRequired, "resetting the signals and the umask", ""},
    {kCloseDescriptors, Need::kRequired, "closing all other descriptors", ""},
    {kLimitCapabilities, Need::kRequired, "limiting the capabilities", ""},
    {kKeepCapabilities, Need::kRequired, "keeping all capabilities", ""},
    {kFilter, Need::kRequired, "installing the filter of system calls", ""},
    {kBecomeUser, Need::kRequired, "becoming the user of the step", ""},
    {kHoldCapabilities, Need::kRequired, "taking the capabilities of the user", ""},
    {kCgroupNamespace, Need::kTried, "making a cgroup namespace",
     "steps see the names of this host's control groups"},
};

static_assert(std::is_sorted(std::begin(kRules), std::end(kRules),
                             [](const OperationRule& a, const OperationRule& b) {
                               return a.operation < b.operation;
                             }) &&
              std::size(kRules) == static_cast<std::size_t>(kCgroupNamespace) + 1);

}  // namespace

const OperationRule& rule_of(Operation operation) {
  return kRules[static_cast<std::size_t>(operation)];
}

std::string note_of(Operation operation, const Error& error) {
  std::string note = fmt::format("{}; {}", error.message(), rule_of(operation).without);
  std::replace(note.begin(), note.end(), '\n', ' ');  // a note is one line
  return note;
}

}  // namespace cairn::sandbox
