// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_key.h"

#include "base/error.h"
#include "base/json.h"

namespace cairn::cache {
namespace {

std::string describe(const plan::RunMount& mount) {
  if (mount.kind == plan::MountKind::kCache) {
    return fmt::format("cache {} id={} {:o} {}:{}{}", mount.target, mount.cache_id, mount.mode,
                       mount.uid, mount.gid, mount.read_only ? " ro" : "");
  }
  return fmt::format("bind {} {}{}", mount.target, mount.source, mount.read_only ? " ro" : "");
}

const char* name_of(plan::NetworkMode mode) {
  switch (mode) {
    case plan::NetworkMode::kDefault: return "default";
    case plan::NetworkMode::kHost: return "host";
    case plan::NetworkMode::kNone: return "none";
  }
  return "";
}

CacheKey key_of(const char* op, const Digest& parent) {
  CacheKey key;
  key.add("op", op);
  key.add("parent", parent.str());
  return key;
}

void add_destination(CacheKey& key, const plan::CopyOp& op) {
  key.add("dest", op.dest);
  if (op.chmod) key.add("chmod", op.chmod_text);
  if (op.link) key.add("link", "true");
  for (const plan::InlineFile& file : op.inline_files) {
    key.add("inline " + file.name, Digest::of(file.content).str());
  }
}

}  // namespace

void CacheKey::add(std::string name, std::string value) {
  inputs.emplace_back(std::move(name), std::move(value));
}

Digest CacheKey::digest() const {
  Sha256 hash;
  for (const auto& [name, value] : inputs) {
    hash.update(fmt::format("{} {} ", name.size(), value.size()));
    hash.update(name);
    hash.update(value);
  }
  return hash.finish();
}

Json CacheKey::to_json() const {
  Json json = Json::array();
  for (const auto& [name, value] : inputs) json.push_back({name, value});
  return json;
}

CacheKey run_key(const plan::RunOp& op, const oci::Platform& platform, const Digest& parent,
                 const std::vector<std::string>& mount_contents) {
  CacheKey key = key_of("run", parent);
  key.add("platform", platform.str());
  for (const std::string& arg : op.argv) key.add("argv", arg);
  for (const std::string& variable : op.env) key.add("env", variable);
  key.add("cwd", op.cwd);
  key.add("user", op.user);
  key.add("network", name_of(op.network));
  // K02: the name of an extra host counts, its address does not.
  for (const auto& host : op.extra_hosts) key.add("host", host.first);
  if (op.script) key.add("script " + op.script->name, Digest::of(op.script->content).str());
  for (const plan::RunMount& mount : op.mounts) key.add("mount", describe(mount));
  for (const std::string& content : mount_contents) key.add("mount content", content);
  return key;
}

CacheKey copy_key(const plan::CopyOp& op, const Digest& parent, const std::string& owner,
                  const std::vector<SelectedContent>& contents) {
  CacheKey key = key_of("copy", parent);
  add_destination(key, op);
  key.add("owner", owner);
  for (const SelectedContent& content : contents) {
    key.add("source " + content.name, content.digest.str());
    if (content.unpack) key.add("unpack " + content.name, "true");
  }
  return key;
}

CacheKey copy_definition_key(const plan::CopyOp& op, const Digest& parent,
                             const std::vector<Digest>& sources) {
  CacheKey key = key_of("copy by definition", parent);
  add_destination(key, op);
  key.add("chown", op.chown);
  for (std::size_t i = 0; i < op.sources.size(); ++i) {
    const plan::CopySource& source = op.sources[i];
    key.add("from", sources.at(i).str());
    key.add("path", source.path);
    if (source.below) key.add("below", *source.below);
    if (source.unpack) key.add("unpack", "true");
  }
  for (const std::string& pattern : op.exclude) key.add("exclude", pattern);
  return key;
}

CacheKey http_key(const plan::HttpOp& op, const Digest& content, const std::string& modified) {
  CacheKey key;
  key.add("op", "http");
  key.add("filename", op.filename);
  key.add("content", content.str());
  key.add("modified", modified);
  return key;
}

CacheKey git_key(const plan::GitOp& op, const std::string& commit) {
  CacheKey key;
  key.add("op", "git");
  key.add("commit", commit);
  key.add("subdir", op.subdir);
  if (op.keep_git_dir) key.add("keep git dir", op.remote + "#" + op.ref);
  if (!op.submodules) key.add("submodules", "false");
  if (op.commit_time) key.add("mtime", "commit");
  return key;
}

CacheKey workdir_key(const plan::WorkdirOp& op, const Digest& parent, const std::string& owner) {
  CacheKey key = key_of("workdir", parent);
  key.add("path", op.path);
  key.add("owner", owner);
  return key;
}

CacheKey image_key(const std::string& chain) {
  CacheKey key;
  key.add("op", "image");
  key.add("chain", chain);
  return key;
}

}  // namespace cairn::cache
