// SPDX-License-Identifier: Apache-2.0
#include "solver/etc_files.h"

#include <fcntl.h>

#include "base/error.h"

namespace cairn::solver {
namespace {

void write_new(const std::string& path, std::string_view text) {
  sys::Fd file = sys::open_path(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
  sys::write_all(file, text);
  sys::chmod_fd(file, 0644);
}

}  // namespace

EtcFiles::EtcFiles(const std::string& tmp_dir) : dir_(tmp_dir, "etc-") {
  write_new(dir_.path() + "/resolv.conf", sys::find_file("/etc/resolv.conf", 1 << 20).value_or(""));
}

sys::Fd EtcFiles::open_hosts(const std::string& hostname, const ExtraHosts& extra) {
  std::string text =
      fmt::format("127.0.0.1\tlocalhost {}\n::1\tlocalhost ip6-localhost ip6-loopback\n", hostname);
  for (const auto& [host, address] : extra) text += fmt::format("{}\t{}\n", address, host);
  std::lock_guard lock(mutex_);
  auto [known, first] = hosts_.try_emplace(text);
  if (first) {
    known->second = fmt::format("{}/hosts-{}", dir_.path(), hosts_.size());
    write_new(known->second, text);
  }
  return sys::open_path(known->second, O_PATH);
}

sys::Fd EtcFiles::open_resolv_conf() const {
  return sys::open_path(dir_.path() + "/resolv.conf", O_PATH);
}

}  // namespace cairn::solver
