// SPDX-License-Identifier: Apache-2.0
//
// The digest hashes each name and value with their lengths in front, so that no two lists of inputs
// collide by concatenation. Optional inputs are added only if they are set: so a new kind of input
// changes no key of builds that do not use it, and stores stay valid across versions.
#include "cache/cache_key.h"

#include "base/error.h"
#include "base/json.h"

namespace cairn::cache {
namespace {

std::string optional_number(std::string_view name, std::optional<std::uint32_t> number) {
  return number ? fmt::format(" {}={}", name, *number) : "";
}

std::string describe(const plan::OwnerAndMode& file) {
  return fmt::format("{:o} {}", file.mode, file.owner);
}

// The definition of a mount. The content of its tree is an input of its own; secrets, agents and
// the content of caches are never part of a key.
struct Describe {
  std::string operator()(const plan::BindMount& bind) const { return "bind " + bind.source; }
  // An explicit id only names a place and may change without running the step again, as in
  // BuildKit.
  std::string operator()(const plan::CacheMount& cache) const {
    return "cache " + cache.source + (cache.id_is_target ? " id=" + cache.id : "") +
           (cache.mode ? fmt::format(" mode={:o}", *cache.mode) : "") +
           optional_number("uid", cache.uid) + optional_number("gid", cache.gid);
  }
  std::string operator()(const plan::TmpfsMount& tmpfs) const {
    return fmt::format("tmpfs {}", tmpfs.size);
  }
  std::string operator()(const plan::SecretMount& secret) const {
    return fmt::format("secret {} {}{}", secret.id, describe(secret.file),
                       secret.required ? " required" : "");
  }
  std::string operator()(const plan::SshMount& ssh) const {
    return fmt::format("ssh {} {}{}", ssh.id, describe(ssh.file), ssh.required ? " required" : "");
  }
};

void add_mounts(CacheKey& key, const plan::RunOp& op) {
  for (const plan::RunMount& mount : op.mounts) {
    key.add("mount " + mount.target,
            std::visit(Describe{}, mount.what) + (mount.read_only ? " ro" : ""));
  }
  for (const plan::SecretVariable& secret : op.secret_env) {
    key.add("secret variable " + secret.name, secret.id + (secret.required ? " required" : ""));
  }
}

const char* name_of(plan::NetworkMode mode) {
  switch (mode) {
    case plan::NetworkMode::kDefault: return "default";
    case plan::NetworkMode::kHost: return "host";
    case plan::NetworkMode::kNone: return "none";
  }
  return "";
}

CacheKey key_of(const char* op, const StepKey& parent) {
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

// Stands for a parent or a source that is left open. Nothing else has this text in these places.
StepKey any() {
  return StepKey::of("");
}

std::vector<StepKey> any_sources(const plan::CopyOp& op) {
  return std::vector<StepKey>(op.sources.size(), any());
}

}  // namespace

void CacheKey::add(std::string name, std::string value) {
  inputs.emplace_back(std::move(name), std::move(value));
}

StepKey CacheKey::step_key() const {
  Sha256 hash;
  for (const auto& [name, value] : inputs) {
    hash.update(fmt::format("{} {} ", name.size(), value.size()));
    hash.update(name);
    hash.update(value);
  }
  return StepKey(hash.finish());
}

CacheKey run_key(const plan::RunOp& op, const StepKey& parent,
                 const std::vector<std::string>& mount_contents) {
  CacheKey key = key_of("run", parent);
  key.add("platform", op.platform.str());
  for (const std::string& arg : op.argv) key.add("argv", arg);
  // op.env only: proxy variables are in op.proxy_env and never count (K02).
  for (const std::string& variable : op.env) key.add("env", variable);
  key.add("cwd", op.cwd);
  key.add("user", op.user);
  key.add("network", name_of(op.network));
  if (op.security == plan::SecurityMode::kInsecure) key.add("security", "insecure");
  if (!op.hostname.empty()) key.add("hostname", op.hostname);
  for (const plan::Ulimit& limit : op.ulimits) {
    key.add("ulimit " + limit.name, fmt::format("{}:{}", limit.soft, limit.hard));
  }
  if (op.shm_size != 0) key.add("shm size", std::to_string(op.shm_size));
  // K02: the name of an extra host counts, its address does not.
  for (const auto& host : op.extra_hosts) key.add("host", host.first);
  if (op.script) key.add("script " + op.script->name, Digest::of(op.script->content).str());
  add_mounts(key, op);
  for (const std::string& content : mount_contents) key.add("mount content", content);
  return key;
}

CacheKey copy_key(const plan::CopyOp& op, const StepKey& parent,
                  const std::vector<SelectedContent>& contents) {
  CacheKey key = key_of("copy", parent);
  add_destination(key, op);
  key.add("chown", op.chown);
  for (const SelectedContent& content : contents) {
    key.add("source " + content.name, content.digest.str());
    if (content.unpack) key.add("unpack " + content.name, "true");
  }
  return key;
}

CacheKey copy_definition_key(const plan::CopyOp& op, const StepKey& parent,
                             const std::vector<StepKey>& sources) {
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

CacheKey copy_line_key(const plan::CopyOp& op, const std::optional<Owner>& owner,
                       const std::string& context) {
  CacheKey key = copy_definition_key(op, any(), {any()});
  key.add("owner", owner ? format_as(*owner) : "");
  key.add("context", context);
  return key;
}

CacheKey any_contents_key(const plan::CopyOp& op, const StepKey& parent) {
  CacheKey key = copy_definition_key(op, parent, any_sources(op));
  key.add("of", "any contents");
  return key;
}

CacheKey any_stages_key(const plan::CopyOp& op, const StepKey& parent) {
  CacheKey key = copy_definition_key(op, parent, any_sources(op));
  key.add("of", "any stages");
  return key;
}

CacheKey http_address_key(const plan::HttpOp& op) {
  CacheKey key;
  key.add("op", "http by address");
  // Another login may be given another file. Only a digest of the login is stored.
  key.add("url", op.url.without_login());
  if (auto login = op.url.login_digest()) key.add("login", *login);
  key.add("filename", op.filename);
  if (op.checksum) key.add("checksum", op.checksum->str());
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
  // A kept .git directory contains the remote's URL and the ref.
  if (op.keep_git_dir) key.add("keep git dir", op.remote.without_login() + "#" + op.ref);
  if (!op.submodules) key.add("submodules", "false");
  if (op.commit_time) key.add("mtime", "commit");
  return key;
}

CacheKey workdir_key(const plan::WorkdirOp& op, const StepKey& parent) {
  CacheKey key = key_of("workdir", parent);
  key.add("path", op.path);
  key.add("user", op.user);
  if (op.epoch) key.add("epoch", std::to_string(op.epoch->seconds));
  return key;
}

CacheKey image_key(const std::string& chain) {
  CacheKey key;
  key.add("op", "image");
  key.add("chain", chain);
  return key;
}

}  // namespace cairn::cache
