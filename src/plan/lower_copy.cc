// SPDX-License-Identifier: Apache-2.0
//
// COPY and ADD. Wildcards stay as they are: the solver holds the files they name. What ADD takes
// from the web or from a repository becomes a vertex of its own, whose files are then copied.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/dockerfile.h"
#include "plan/copy_filter.h"
#include "plan/git_ref.h"
#include "plan/internal/lowering.h"
#include "plan/internal/remote_source.h"

namespace cairn::plan {
namespace {

template <typename... Args>
Error failure(fmt::format_string<Args...> format, Args&&... args) {
  return Error::of(ErrorKind::kDockerfile, format, std::forward<Args>(args)...);
}

std::optional<ModeChange> parse_chmod(const std::string& text, const SourceSpan& span) {
  if (text.empty()) return std::nullopt;
  if (std::optional<ModeChange> mode = ModeChange::parse(text)) return mode;
  throw failure("invalid chmod parameter: '{}'. it should be octal string and between 0 and 07777",
                text)
      .with_hint("changes such as u=rwX,go=rX or +x are understood as well")
      .at(dockerfile::narrow(span, "--chmod"));
}

// Absolute and clean, with a "/" at its end when the line says "directory".
std::string destination(const oci::ImageConfig& config, const std::string& written) {
  std::string path = in_workdir(config, written);
  bool directory =
      written.empty() || written == "." || written.ends_with('/') || written.ends_with("/.");
  if (directory && path != "/") path += '/';
  return path;
}

std::vector<InlineFile> inline_files(const dockerfile::FileSources& files,
                                     const Lowering& context) {
  std::vector<InlineFile> out;
  for (const dockerfile::InlineSource& source : files.inline_sources) {
    check_file_name(source.name);
    InlineFile file{.name = source.name, .content = source.content};
    if (source.expand) file.content = context.expand_body(source.content);
    out.push_back(std::move(file));
  }
  return out;
}

class CopyLowering {
 public:
  CopyLowering(const dockerfile::FileSources& files, const dockerfile::Origin& origin,
               Lowering& context)
      : files_(files), origin_(origin), context_(context) {}

  void lower(const dockerfile::Copy& copy) {
    parents_ = copy.parents;
    lower_all();
  }
  void lower(const dockerfile::Add& add) {
    add_ = &add;
    lower_all();
  }

 private:
  void lower_all() {
    op_.is_add = add_ != nullptr;
    op_.inline_files = inline_files(files_, context_);
    op_.chown = context_.expand(files_.chown);
    op_.chmod_text = context_.expand(files_.chmod);
    op_.chmod = parse_chmod(op_.chmod_text, origin_.span);
    op_.exclude = files_.exclude;
    // BuildKit makes a plain copy of --link --chmod, and so it is here.
    op_.link = files_.link && !op_.chmod;
    if (add_ != nullptr) checksum_ = context_.expand(add_->checksum);
    std::string said = add_ != nullptr ? "ADD" : "COPY";
    if (parents_) said += " --parents";
    if (!op_.chown.empty()) said += " --chown=" + op_.chown;
    if (!op_.chmod_text.empty()) said += " --chmod=" + op_.chmod_text;
    std::vector<std::string> paths;
    for (const std::string& written : files_.paths) paths.push_back(context_.expand(written));
    check_checksum(paths);
    for (const std::string& path : paths) {
      add_source(path);
      said += " " + path;
    }
    for (const InlineFile& file : op_.inline_files) said += " <<" + file.name;
    std::string dest = context_.expand(files_.dest);
    op_.dest = destination(context_.image().config, dest);
    std::vector<VertexId> inputs;
    for (const CopySource& source : op_.sources) inputs.push_back(source.from);
    VertexId vertex = context_.add_step(std::move(op_), std::move(inputs),
                                        context_.step_text(origin_.code, false), origin_.span);
    context_.record(said + " " + dest + " # buildkit", vertex);
  }

  void check_checksum(const std::vector<std::string>& paths) const {
    if (checksum_.empty()) return;
    SourceSpan span = dockerfile::narrow(origin_.span, "--checksum");
    if (paths.size() != 1 || !files_.inline_sources.empty()) {
      throw failure("checksum can't be specified for multiple sources").at(span);
    }
    if (is_url(paths[0]) || find_git_ref(paths[0])) return;
    throw failure("checksum requires HTTP(S) or Git sources").at(span);
  }

  void add_source(const std::string& path) {
    SourceSpan span = dockerfile::narrow(origin_.span, path);
    try {
      if (add_ == nullptr) {
        refuse_remote(path);
      } else if (auto remote = remote_source(*add_, path, checksum_)) {
        return add_remote(*std::move(remote), span);
      }
      add_files(path);
    } catch (Error& error) {
      error.set_span_if_none(span);
      throw;
    }
  }

  static void refuse_remote(const std::string& path) {
    std::optional<GitRef> git = find_git_ref(path);
    if (git && !git->looks_local) throw failure("source can't be a git ref for COPY");
    if (is_url(path)) throw failure("source can't be a URL for COPY");
  }

  void add_remote(RemoteSource remote, const SourceSpan& span) {
    if (auto* git = std::get_if<GitOp>(&remote)) {
      op_.sources.push_back({.from = context_.vertices.git(std::move(*git), span), .path = "/"});
      return;
    }
    auto& http = std::get<HttpOp>(remote);
    std::string path = "/" + http.filename;
    op_.sources.push_back({.from = context_.vertices.http(std::move(http), span),
                           .path = std::move(path),
                           .unpack = add_->unpack.value_or(false)});
  }

  void add_files(const std::string& path) {
    if (context_.sources.empty()) lint_ignored(path, add_ != nullptr, context_);
    CopySource source;
    source.from = context_.sources.empty() ? context_.vertices.local("context")
                                           : files_of(*context_.sources[0], context_.vertices);
    source.path = path;
    source.unpack = add_ != nullptr && add_->unpack.value_or(true);
    if (parents_) {
      std::size_t pivot = path.find("/./");
      std::string below = pivot == std::string::npos ? path : path.substr(pivot + 3);
      source.path = pivot == std::string::npos ? "/" : path.substr(0, pivot);
      source.below = rooted_path(below).substr(1);
    }
    copy_filter(source, op_.exclude);  // throws for patterns that cannot be
    op_.sources.push_back(std::move(source));
  }

  const dockerfile::FileSources& files_;
  const dockerfile::Origin& origin_;
  Lowering& context_;
  const dockerfile::Add* add_ = nullptr;
  bool parents_ = false;
  std::string checksum_;
  CopyOp op_;
};

}  // namespace

void lower(const dockerfile::Copy& copy, Lowering& context) {
  CopyLowering(copy.files, copy.origin, context).lower(copy);
}

void lower(const dockerfile::Add& add, Lowering& context) {
  CopyLowering(add.files, add.origin, context).lower(add);
}

}  // namespace cairn::plan
