// SPDX-License-Identifier: Apache-2.0
//
// A plan as text that people review: a block for each vertex, then the image. A field that has its
// default is left out. Each op is taken apart by a structured binding of all its fields, so that a
// new field does not compile until it is printed here.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/format.h"
#include "base/json.h"
#include "plan/plan.h"

namespace cairn::test {

// On one line: a newline is \n, and a text with blanks, quotes or nothing in it is quoted.
inline std::string one_line(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  bool is_plain = !text.empty() && text.find_first_of(" \n\t\"\\") == std::string_view::npos;
  return is_plain ? out : '"' + out + '"';
}

// Prints the fields of one op; what it has printed is in `text`.
class OpPrinter {
 public:
  std::string text;

  void operator()(const plan::ImageOp& op) {
    const auto& [reference, platform, manifest, digest] = op;
    kind("image");
    field("reference", reference.str());
    field("platform", platform.str());
    // Of the fake resolver: digests of the name, of which a part says enough.
    field("manifest", manifest.hex().substr(0, 12));
    field("digest", digest.hex().substr(0, 12));
  }
  void operator()(const plan::ScratchOp&) { kind("scratch"); }
  void operator()(const plan::LocalOp& op) {
    const auto& [name] = op;
    kind("local");
    field("name", name);
  }
  void operator()(const plan::HttpOp& op) {
    const auto& [url, filename, checksum] = op;
    kind("http");
    field("url", fmt::format("{}", url));
    field("filename", filename);
    if (checksum) field("checksum", checksum->str());
  }
  void operator()(const plan::GitOp& op) {
    const auto& [remote, ref, subdir, checksum, keep_git_dir, submodules, commit_time, by_commit] =
        op;
    kind("git");
    field("remote", fmt::format("{}", remote));
    field("ref", ref);
    field("subdir", subdir);
    field("checksum", checksum);
    flag("keep git dir", keep_git_dir);
    flag("without submodules", !submodules);
    flag("times of the commit", commit_time);
    flag("fetched by commit", by_commit);
  }
  void operator()(const plan::CopyOp& op) {
    const auto& [sources, inline_files, dest, chown, chmod, chmod_text, exclude, broken_json,
                 link] = op;
    kind("copy");
    for (const plan::CopySource& source : sources) print(source);
    for (const plan::InlineFile& file : inline_files) print("inline file", file);
    field("dest", dest);
    field("chown", chown);
    field("chmod", chmod_text + (chmod && chmod->absolute() ? "" : chmod ? " (relative)" : ""));
    for (const std::string& pattern : exclude) field("exclude", pattern);
    flag("broken JSON", broken_json);
    flag("link", link);
  }
  void operator()(const plan::RunOp& op) {
    const auto& [argv, env, cwd, user, network, security, hostname, mounts, secret_env, ulimits,
                 shm_size, script, proxy_env, extra_hosts, platform] = op;
    kind("run");
    for (const std::string& word : argv) text += "    argv " + one_line(word) + "\n";
    for (const std::string& variable : env) field("env", variable);
    field("cwd", cwd);
    field("user", user);
    flag("network of the host", network == plan::NetworkMode::kHost);
    flag("no network", network == plan::NetworkMode::kNone);
    flag("insecure", security == plan::SecurityMode::kInsecure);
    field("hostname", hostname);
    for (const plan::RunMount& mount : mounts) print(mount);
    for (const plan::SecretVariable& secret : secret_env) print(secret);
    for (const plan::Ulimit& limit : ulimits) {
      field("ulimit", fmt::format("{}={}:{}", limit.name, limit.soft, limit.hard));
    }
    number("shm size", shm_size);
    if (script) print("script", *script);
    for (const std::string& variable : proxy_env) field("proxy", variable);
    for (const auto& [host, address] : extra_hosts) field("host", host + " is " + address);
    field("platform", platform.str());
  }
  void operator()(const plan::WorkdirOp& op) {
    const auto& [path, user, epoch] = op;
    kind("workdir");
    field("path", path);
    field("user", user);
    if (epoch) number("epoch", epoch->seconds);
  }

  // --- what a RUN mounts: words on the line of its target ---

  void operator()(const plan::BindMount& mount) {
    const auto& [from, source] = mount;
    text += fmt::format("bind vertex {} {}", from, one_line(source));
  }
  void operator()(const plan::CacheMount& mount) {
    const auto& [id, id_is_target, sharing, from, source, mode, uid, gid] = mount;
    text += "cache " + one_line(id) + (id_is_target ? " (its target)" : "");
    if (sharing == plan::CacheSharing::kPrivate) text += " private";
    if (sharing == plan::CacheSharing::kLocked) text += " locked";
    if (from) text += fmt::format(" from vertex {}", *from);
    if (source != "/") text += " source " + one_line(source);
    if (mode) text += fmt::format(" mode {:o}", *mode);
    if (uid) text += fmt::format(" uid {}", *uid);
    if (gid) text += fmt::format(" gid {}", *gid);
  }
  void operator()(const plan::TmpfsMount& mount) {
    const auto& [size] = mount;
    text += "tmpfs" + (size != 0 ? fmt::format(" of {} bytes", size) : "");
  }
  void operator()(const plan::SecretMount& mount) {
    const auto& [id, required, file] = mount;
    text += "secret " + id + of(required, file);
  }
  void operator()(const plan::SshMount& mount) {
    const auto& [id, required, file] = mount;
    text += "ssh " + id + of(required, file);
  }

 private:
  void kind(std::string_view name) { text += fmt::format("  {}\n", name); }
  void field(std::string_view name, std::string_view value) {
    if (!value.empty()) text += fmt::format("    {} {}\n", name, one_line(value));
  }
  template <typename Number>
  void number(std::string_view name, Number value) {
    if (value != 0) text += fmt::format("    {} {}\n", name, value);
  }
  void flag(std::string_view name, bool value) {
    if (value) text += fmt::format("    {}\n", name);
  }
  void print(std::string_view name, const plan::InlineFile& file) {
    text += fmt::format("    {} {}: {}\n", name, one_line(file.name), one_line(file.content));
  }
  void print(const plan::CopySource& source) {
    const auto& [from, path, below, unpack] = source;
    text += fmt::format("    source vertex {} {}", from, one_line(path));
    if (below) text += " below " + one_line(*below);
    text += unpack ? " unpack\n" : "\n";
  }
  void print(const plan::RunMount& mount) {
    const auto& [target, read_only, what, span] = mount;
    text += "    mount " + one_line(target) + (read_only ? " read-only " : " writable ");
    std::visit(*this, what);
    text += "\n";
  }
  void print(const plan::SecretVariable& secret) {
    const auto& [name, id, required, span] = secret;
    field("secret variable", name + " of " + id + (required ? " required" : ""));
  }
  static std::string of(bool required, const plan::OwnerAndMode& file) {
    const auto& [mode, owner] = file;
    return fmt::format(" mode {:o} owner {}{}", mode, owner, required ? " required" : "");
  }
};

inline std::string print_vertex(plan::VertexId id, const plan::Vertex& vertex) {
  const auto& [op, inputs, name, stage, span, no_cache] = vertex;
  std::string out = fmt::format("vertex {} {}\n", id, name);
  if (!stage.empty()) out += "  stage " + stage + "\n";
  if (!inputs.empty()) {
    out += "  inputs";
    for (plan::VertexId input : inputs) out += fmt::format(" {}", input);
    out += "\n";
  }
  if (span.first_line != 0) {
    out += fmt::format("  lines {}-{}\n", span.first_line, span.last_line);
  }
  if (no_cache) out += "  without cache\n";
  OpPrinter printer;
  std::visit(printer, op);
  return out + printer.text + "\n";
}

inline std::string print_plan(const plan::Plan& plan) {
  const auto& [vertices, root, base, config, history, epoch, warnings] = plan;
  std::string out;
  for (plan::VertexId id; id < vertices.end_id(); ++id) out += print_vertex(id, vertices[id]);
  out += fmt::format("image\n  root vertex {}\n  base vertex {}\n", root, base);
  if (epoch) out += fmt::format("  epoch {}\n", epoch->seconds);
  out += "history\n";
  for (const plan::HistoryLine& line : history) {
    out += line.vertex ? fmt::format("  layer {}", *line.vertex) : "  empty  ";
    out += " " + one_line(line.created_by);
    out += line.comment == plan::HistoryLine{}.comment ? "\n" : " # " + line.comment + "\n";
  }
  for (const std::string& warning : warnings) out += "warning " + warning + "\n";
  return out + "config " + oci::to_json(config).dump(2) + "\n";
}

}  // namespace cairn::test
