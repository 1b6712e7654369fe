// SPDX-License-Identifier: Apache-2.0
//
// Instructions that set one value in the config: USER, VOLUME, STOPSIGNAL, MAINTAINER, ONBUILD. The
// table of signals is the one of moby/sys/signal for Linux, whatever the host's own <signal.h> has.
#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {
namespace {

constexpr std::array<std::string_view, 36> kSignals = {
    "ABRT", "ALRM",   "BUS",  "CHLD",   "CLD",   "CONT", "FPE",  "HUP",   "ILL",
    "INT",  "IO",     "IOT",  "KILL",   "PIPE",  "POLL", "PROF", "PWR",   "QUIT",
    "SEGV", "STKFLT", "STOP", "SYS",    "TERM",  "TRAP", "TSTP", "TTIN",  "TTOU",
    "URG",  "USR1",   "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX"};

// RTMIN+1 to +15 and RTMAX-1 to -14, as moby/sys/signal lists them.
bool is_realtime_signal(std::string_view name) {
  bool up = name.starts_with("RTMIN+");
  if (!up && !name.starts_with("RTMAX-")) return false;
  std::optional<std::uint64_t> offset = parse_uint(name.substr(6));
  return offset && *offset >= 1 && *offset <= (up ? 15u : 14u);
}

bool is_signal(std::string_view text) {
  // Any number is accepted, as in Docker: the runtime knows its signals.
  if (std::optional<std::uint64_t> number = parse_uint(text))
    return *number > 0 && *number <= INT32_MAX;
  std::string name = to_upper(text);
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (std::string_view known : kSignals) {
    if (name == known) return true;
  }
  return is_realtime_signal(name);
}

}  // namespace

void lower(const dockerfile::User& user, Lowering& context) {
  std::string name = context.expand(user.user);
  context.image().config.user = name;
  context.record("USER " + name);
}

void lower(const dockerfile::Volume& volume, Lowering& context) {
  std::vector<std::string> paths;
  for (const std::string& path : volume.paths) {
    paths.push_back(context.expand(path));
    if (paths.back().empty()) {
      throw dockerfile_error("VOLUME specified can not be an empty string");
    }
    context.image().config.volumes.insert(paths.back());
  }
  context.record(fmt::format("VOLUME [{}]", fmt::join(paths, " ")));
}

void lower(const dockerfile::Stopsignal& stopsignal, Lowering& context) {
  std::string signal = context.expand(stopsignal.signal);
  if (!is_signal(signal)) throw dockerfile_error("invalid signal: {}", signal);
  context.image().config.stop_signal = signal;
  context.record("STOPSIGNAL " + signal);
}

void lower(const dockerfile::Maintainer& maintainer, Lowering& context) {
  context.image().config.author = maintainer.name;
  context.record("MAINTAINER " + maintainer.name);
}

void lower(const dockerfile::Onbuild& onbuild, Lowering& context) {
  context.image().config.on_build.push_back(onbuild.trigger);  // BuildKit records no history for it
}

}  // namespace cairn::plan
