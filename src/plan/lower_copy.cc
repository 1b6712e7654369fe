// SPDX-License-Identifier: Apache-2.0
//
// COPY and ADD. Wildcards are kept, since only the solver has the files. A URL or repository in ADD
// becomes a vertex of its own, whose files are then copied. Expansion, checks and sources follow
// BuildKit's order (dockerfile2llb, dispatchCopy), so that the same error is reported first.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/logins.h"
#include "base/text.h"
#include "dockerfile/narrow.h"
#include "plan/copy_filter.h"
#include "plan/git_ref.h"
#include "plan/internal/lowering.h"
#include "plan/internal/remote_source.h"

namespace cairn::plan {
namespace {

std::optional<ModeChange> parse_chmod(const std::string& text, const SourceSpan& span) {
  if (text.empty()) return std::nullopt;
  if (std::optional<ModeChange> mode = ModeChange::parse(text)) return mode;
  throw dockerfile_error(
      "invalid chmod parameter: '{}'. it should be octal string and between 0 and 07777", text)
      .with_hint("changes such as u=rwX,go=rX or +x are understood as well")
      .at(dockerfile::narrow(span, "--chmod"));
}

// An absolute clean path, with a trailing "/" if the line means a directory.
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
    op_.inline_files = inline_files(files_, context_);
    op_.chown = context_.expand(files_.chown);
    op_.chmod_text = context_.expand(files_.chmod);
    op_.chmod = parse_chmod(op_.chmod_text, origin_.span);
    op_.exclude = files_.exclude;
    op_.broken_json = files_.broken_json;
    // BuildKit ignores --link together with --chmod, and so does cairn.
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
      said += " " + shown(path);
    }
    for (const InlineFile& file : op_.inline_files) said += " <<" + file.name;
    std::string dest = context_.expand(files_.dest);
    op_.dest = destination(context_.image().config, dest);
    // add_step() puts the root in front and drops duplicates.
    std::vector<VertexId> inputs;
    for (const CopySource& source : op_.sources) inputs.push_back(source.from);
    VertexId vertex = context_.add_step(
        std::move(op_), std::move(inputs),
        shown(context_.step_display_name(origin_.code, Lowering::InNames::kWords)), origin_.span);
    context_.record(said + " " + dest + " # buildkit", vertex);
  }

  // Logins in URLs stay out of step names and history.
  std::string shown(const std::string& text) const {
    return add_ != nullptr ? mask_logins(text) : text;
  }

  void check_checksum(const std::vector<std::string>& paths) const {
    if (checksum_.empty()) return;
    SourceSpan span = dockerfile::narrow(origin_.span, "--checksum");
    // One checksum cannot describe several sources.
    if (paths.size() != 1 || !files_.inline_sources.empty()) {
      throw dockerfile_error("checksum can't be specified for multiple sources").at(span);
    }
    if (is_url(paths[0]) || find_git_ref(paths[0])) return;
    throw dockerfile_error("checksum requires HTTP(S) or Git sources").at(span);
  }

  void add_source(const std::string& path) {
    SourceSpan span = dockerfile::narrow(origin_.span, path);
    at_span(span, [&] {
      if (add_ == nullptr) {
        refuse_remote(path);
      } else if (auto remote = remote_source(*add_, path, checksum_)) {
        return add_remote(*std::move(remote), span);
      }
      add_files(path);
    });
  }

  static void refuse_remote(const std::string& path) {
    // "github.com/..." is a path here.
    std::optional<GitRef> git = find_git_ref(path);
    if (git && !git->looks_local) throw dockerfile_error("source can't be a git ref for COPY");
    if (is_url(path)) throw dockerfile_error("source can't be a URL for COPY");
  }

  void add_remote(RemoteSource remote, const SourceSpan& span) {
    if (auto* git = std::get_if<GitOp>(&remote)) {
      op_.sources.push_back({.from = context_.vertices.git(std::move(*git), span), .path = "/"});
      return;
    }
    auto& http = std::get<HttpOp>(remote);
    // The vertex is a root with this one file.
    std::string path = "/" + http.filename;
    op_.sources.push_back({.from = context_.vertices.http(std::move(http), span),
                           .path = std::move(path),
                           .unpack = add_->unpack.value_or(false)});
  }

  void add_files(const std::string& path) {
    // The ignore file applies to the build context only, not to --from.
    if (context_.sources.empty()) lint_ignored(path, add_ != nullptr, context_);
    CopySource source;
    source.from = context_.sources.empty() ? context_.vertices.local("context")
                                           : files_of(*context_.sources[0], context_.vertices);
    source.path = path;
    source.unpack = add_ != nullptr && add_->unpack.value_or(true);
    if (parents_) {
      // "a/./b" keeps only the directories behind the pivot.
      std::size_t pivot = path.find("/./");
      std::string below = pivot == std::string::npos ? path : path.substr(pivot + 3);
      source.path = pivot == std::string::npos ? "/" : path.substr(0, pivot);
      source.below = rooted_path(below).substr(1);
    }
    copy_filter(source, op_.exclude);  // only to report malformed patterns now
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
