// SPDX-License-Identifier: Apache-2.0
#include "sandbox/spec.h"

#include "base/json.h"

namespace cairn::sandbox {
namespace {

Json to_json(const MountPoint& mount) {
  return {{"target", mount.target},         {"kind", static_cast<int>(mount.kind)},
          {"fd_index", mount.fd_index},     {"read_only", mount.read_only},
          {"tmpfs_size", mount.tmpfs_size}, {"tmpfs_mode", mount.tmpfs_mode}};
}

MountPoint parse_mount_point(const Json& json) {
  return {.target = json.at("target").get<std::string>(),
          .kind = static_cast<MountKind>(json.at("kind").get<int>()),
          .fd_index = json.at("fd_index").get<std::size_t>(),
          .read_only = json.at("read_only").get<bool>(),
          .tmpfs_size = json.at("tmpfs_size").get<std::uint64_t>(),
          .tmpfs_mode = json.at("tmpfs_mode").get<std::uint32_t>()};
}

}  // namespace

Json to_json(const SandboxSpec& spec) {
  Json mounts = Json::array();
  for (const MountPoint& mount : spec.mounts) mounts.push_back(to_json(mount));
  Json rlimits = Json::array();
  for (const Rlimit& limit : spec.rlimits) {
    rlimits.push_back({limit.resource, limit.soft, limit.hard});
  }
  return {{"argv", spec.argv},
          {"env", spec.env},
          {"cwd", spec.cwd},
          {"user", spec.user},
          {"hostname", spec.hostname},
          {"network", static_cast<int>(spec.network)},
          {"mounts", std::move(mounts)},
          {"rlimits", std::move(rlimits)},
          {"shm_size", spec.shm_size},
          {"insecure", spec.insecure},
          {"tty", spec.tty},
          {"read_only_root", spec.read_only_root}};
}

SandboxSpec parse_sandbox_spec(const Json& json) {
  SandboxSpec spec{.argv = json.at("argv").get<std::vector<std::string>>(),
                   .env = json.at("env").get<std::vector<std::string>>(),
                   .cwd = json.at("cwd").get<std::string>(),
                   .user = json.at("user").get<std::string>(),
                   .hostname = json.at("hostname").get<std::string>(),
                   .network = static_cast<NetworkMode>(json.at("network").get<int>()),
                   .mounts = {},
                   .rlimits = {},
                   .shm_size = json.at("shm_size").get<std::uint64_t>(),
                   .insecure = json.at("insecure").get<bool>(),
                   .tty = json.at("tty").get<bool>(),
                   .read_only_root = json.at("read_only_root").get<bool>()};
  for (const Json& mount : json.at("mounts")) spec.mounts.push_back(parse_mount_point(mount));
  for (const Json& limit : json.at("rlimits")) {
    spec.rlimits.push_back({.resource = limit.at(0).get<int>(),
                            .soft = limit.at(1).get<std::uint64_t>(),
                            .hard = limit.at(2).get<std::uint64_t>()});
  }
  return spec;
}

}  // namespace cairn::sandbox
