// SPDX-License-Identifier: Apache-2.0
//
// COPY and ADD. Wildcards stay as they are: the solver holds the files they name.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/dockerfile.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {
namespace {

template <typename... Args>
Error failure(fmt::format_string<Args...> format, Args&&... args) {
  return Error::of(ErrorKind::kDockerfile, format, std::forward<Args>(args)...);
}

bool is_url(std::string_view path) {
  return path.starts_with("http://") || path.starts_with("https://");
}

// "git://", "ssh://", "user@host:path", and a URL whose path ends in ".git".
bool is_git(std::string_view path) {
  if (path.starts_with("git://") || path.starts_with("ssh://")) return true;
  if (is_url(path)) return path.substr(0, path.find_first_of("?#")).ends_with(".git");
  std::size_t at = path.find('@');
  std::size_t colon = path.find(':');
  bool host_like =
      at != std::string_view::npos && at > 0 && colon != std::string_view::npos && at < colon;
  return host_like && path.substr(0, colon).find('/') == std::string_view::npos;
}

// Octal digits up to 07777. What looks like a symbolic mode is said to be missing, the rest is
// wrong.
std::optional<mode_t> parse_chmod(const std::string& text, const SourceSpan& span) {
  if (text.empty()) return std::nullopt;
  std::optional<std::uint64_t> mode = parse_uint(text, 8);
  if (mode && *mode <= 07777) return static_cast<mode_t>(*mode);
  bool symbolic = text.find_first_of("+-=") != std::string::npos &&
                  text.find_first_not_of("ugoarwxXst+-=,0123456789") == std::string::npos;
  if (symbolic)
    not_supported_yet(fmt::format("symbolic --chmod={}", text),
                      dockerfile::narrow(span, "--chmod"));
  throw failure("invalid chmod parameter: '{}'. it should be octal string and between 0 and 07777",
                text)
      .at(dockerfile::narrow(span, "--chmod"));
}

void refuse_unsupported(const dockerfile::FileSources& files, const dockerfile::Origin& origin) {
  std::string keyword = to_upper(origin.keyword);
  auto refuse = [&](bool met, std::string_view flag) {
    if (met)
      not_supported_yet(fmt::format("{} {}", keyword, flag), dockerfile::narrow(origin.span, flag));
  };
  refuse(files.link, "--link");
  refuse(!files.exclude.empty(), "--exclude");
}

void refuse_remote(const std::vector<std::string>& paths, bool is_add, const SourceSpan& span) {
  for (const std::string& path : paths) {
    bool git = is_git(path);
    if (!git && !is_url(path)) continue;
    SourceSpan where = dockerfile::narrow(span, path);
    if (is_add) not_supported_yet(git ? "ADD of a git repository" : "ADD of a URL", where);
    throw failure("source can't be a {} for COPY", git ? "git ref" : "URL").at(where);
  }
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
    if (source.expand) {
      // Quotes in a file are content, and its escape is "\" whatever the directive says.
      file.content = dockerfile::expand_word(source.content, context.image().env.variables(),
                                             {.ignore_quotes = true})
                         .text;
    }
    out.push_back(std::move(file));
  }
  return out;
}

void lower_files(const dockerfile::FileSources& files, const dockerfile::Origin& origin,
                 bool is_add, Lowering& context) {
  refuse_unsupported(files, origin);
  CopyOp op{.source = {},
            .inline_files = inline_files(files, context),
            .dest = {},
            .chown = context.expand(files.chown),
            .chmod = {},
            .unpack_archives = is_add,
            .is_add = is_add};
  std::string chmod = context.expand(files.chmod);
  op.chmod = parse_chmod(chmod, origin.span);
  std::string said = is_add ? "ADD" : "COPY";
  if (!op.chown.empty()) said += " --chown=" + op.chown;
  if (!chmod.empty()) said += " --chmod=" + chmod;
  for (const std::string& path : files.paths) {
    op.source.paths.push_back(context.expand(path));
    said += " " + op.source.paths.back();
  }
  refuse_remote(op.source.paths, is_add, origin.span);
  for (const InlineFile& file : op.inline_files) said += " <<" + file.name;
  std::string dest = context.expand(files.dest);
  op.dest = destination(context.image().config, dest);
  std::vector<VertexId> inputs;
  if (!op.source.paths.empty()) {
    op.source.from = context.sources.empty() ? context.vertices.local("context")
                                             : files_of(*context.sources[0], context.vertices);
    inputs.push_back(op.source.from);
  }
  VertexId vertex = context.add_step(std::move(op), std::move(inputs),
                                     context.step_text(origin.code, false), origin.span);
  context.record(said + " " + dest + " # buildkit", vertex);
}

}  // namespace

void lower(const dockerfile::Copy& copy, Lowering& context) {
  if (copy.parents) {
    not_supported_yet("COPY --parents", dockerfile::narrow(copy.origin.span, "--parents"));
  }
  lower_files(copy.files, copy.origin, false, context);
}

void lower(const dockerfile::Add& add, Lowering& context) {
  auto refuse = [&](bool met, std::string_view flag) {
    if (met)
      not_supported_yet(fmt::format("ADD {}", flag), dockerfile::narrow(add.origin.span, flag));
  };
  refuse(add.keep_git_dir.has_value(), "--keep-git-dir");
  refuse(add.unpack.has_value(), "--unpack");
  refuse(!add.checksum.empty(), "--checksum");
  lower_files(add.files, add.origin, true, context);
}

}  // namespace cairn::plan
