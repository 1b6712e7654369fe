// SPDX-License-Identifier: Apache-2.0
//
// A source word such as "<<EOF" stands for the body of that name; every other word is a path. As in
// instructions.cc, the order of the checks and the texts are BuildKit's (instructions/parse.go).
#include "dockerfile/internal/file_instructions.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/attempt.h"
#include "base/error.h"
#include "base/text.h"
#include "dockerfile/heredocs.h"
#include "dockerfile/internal/flags.h"
#include "dockerfile/internal/origin.h"

namespace cairn::dockerfile {
namespace {

using enum FlagKind;

// A word with an unclosed quote opens no heredoc; it is a path.
std::optional<Heredoc> heredoc_of(std::string_view word) {
  return if_possible([&] { return find_heredoc(word); });
}

// Starts with ["a" or [ "a": meant as JSON, not as a wildcard.
bool is_broken_json(const Node& node) {
  const std::string& first = node.args.front();
  return !node.json && (first == "[" || first.starts_with("[\"") || first.starts_with("['"));
}

FileSources sources_of(const Node& node, const Flags& flags) {
  std::string keyword = to_upper(node.keyword);
  FileSources files;
  files.dest = node.args.back();
  files.broken_json = is_broken_json(node);
  if (heredoc_of(files.dest))
    throw dockerfile_error("{} cannot accept a heredoc as a destination", keyword);
  // A source word such as "<<EOF" is replaced by the body of that name.
  std::map<std::string_view, const Heredoc*> bodies;
  for (const Heredoc& heredoc : node.heredocs) bodies[heredoc.name] = &heredoc;
  for (std::size_t i = 0; i + 1 < node.args.size(); ++i) {
    std::optional<Heredoc> word = heredoc_of(node.args[i]);
    auto body = word ? bodies.find(word->name) : bodies.end();
    if (body == bodies.end()) {
      // "<<x" without a body is a file name.
      files.paths.push_back(node.args[i]);
      continue;
    }
    const std::string& content = body->second->content;
    files.inline_sources.push_back({.name = word->name,
                                    .content = word->chomp ? chomp_tabs(content) : content,
                                    .expand = word->expand});
  }
  files.chown = flags.text("chown");
  files.chmod = flags.text("chmod");
  files.link = flags.truth("link").value_or(false);
  files.exclude = flags.list("exclude");
  return files;
}

void need_sources(const Node& node) {
  if (node.args.size() >= 2) return;
  throw dockerfile_error(
      "{} requires at least two arguments, but only one was provided. Destination could not be "
      "determined",
      to_upper(node.keyword));
}

}  // namespace

Instruction parse_copy(const Node& node) {
  need_sources(node);
  Flags flags(node, {{"chown", kText},
                     {"from", kText},
                     {"chmod", kText},
                     {"link", kBool},
                     {"exclude", kList},
                     {"parents", kBool}});
  return Copy{.origin = origin(node),
              .files = sources_of(node, flags),
              .from = flags.text("from"),
              .parents = flags.truth("parents").value_or(false)};
}

Instruction parse_add(const Node& node) {
  need_sources(node);
  Flags flags(node, {{"chown", kText},
                     {"chmod", kText},
                     {"link", kBool},
                     {"keep-git-dir", kBool},
                     {"checksum", kText},
                     {"unpack", kBool},
                     {"exclude", kList}});
  return Add{.origin = origin(node),
             .files = sources_of(node, flags),
             .keep_git_dir = flags.truth("keep-git-dir"),
             .unpack = flags.truth("unpack"),
             .checksum = flags.text("checksum")};
}

}  // namespace cairn::dockerfile
