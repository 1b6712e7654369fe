// SPDX-License-Identifier: Apache-2.0
//
// Files are shared by their content, so that steps with the same hosts and resolvers use one file.
// The host's resolv.conf is read once: all steps of a build see the same one. Mode 0644 is set
// explicitly, because the umask must not hide a file from a step that is not root.
#include "exec/etc_files.h"

#include <fcntl.h>

#include "base/error.h"
#include "exec/resolv_conf.h"

namespace cairn::exec {
namespace {

void write_new(const std::string& path, std::string_view text) {
  sys::Fd file = sys::open_path(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
  sys::write_all(file, text);
  sys::chmod_fd(file, 0644);
}

}  // namespace

EtcFiles::EtcFiles(const std::string& tmp_dir)
    : dir_(tmp_dir, "etc-"),
      host_resolv_conf_(sys::find_file("/etc/resolv.conf", 1 << 20).value_or("")) {}

sys::Fd EtcFiles::open_hosts(const std::string& hostname, const ExtraHosts& extra,
                             const sandbox::NetworkLease& network) {
  std::string text =
      fmt::format("127.0.0.1\tlocalhost {}\n::1\tlocalhost ip6-localhost ip6-loopback\n", hostname);
  for (const auto& [host, address] : extra) {
    // An empty address is "host-gateway", which differs by network.
    text += fmt::format("{}\t{}\n", address.empty() ? network.host_address() : address, host);
  }
  return open_file(text);
}

sys::Fd EtcFiles::open_resolv_conf(const std::string& resolver) {
  return open_file(resolver.empty() ? host_resolv_conf_
                                    : private_resolv_conf(host_resolv_conf_, resolver));
}

sys::Fd EtcFiles::open_file(const std::string& text) {
  std::lock_guard lock(mutex_);
  auto known = files_.find(text);
  if (known == files_.end()) {
    std::string path = fmt::format("{}/{}", dir_.path(), files_.size());
    write_new(path, text);
    known = files_.emplace(text, std::move(path)).first;
  }
  // O_PATH is enough to mount it, and cannot be used to write to it.
  return sys::open_path(known->second, O_PATH);
}

}  // namespace cairn::exec
