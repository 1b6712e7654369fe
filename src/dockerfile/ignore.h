// SPDX-License-Identifier: Apache-2.0
//
// .dockerignore files. Patterns are anchored at the root of the context ("*.o" is the top level
// only), "**" is any depth including none, a later line wins over an earlier one, "!" takes a path
// back even below an excluded directory, and what holds for a directory holds for all below it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/source_span.h"

namespace cairn::dockerfile {

// The line is the one that decided: of the pattern that excluded the path, or took it back. It is 0
// when no pattern had a say.
struct IgnoreDecision {
  bool excluded = false;
  int line = 0;

  bool operator==(const IgnoreDecision&) const = default;
};

class IgnoreMatcher {
 public:
  // Which patterns matched a directory or one above it: what its children need to know.
  using State = std::vector<bool>;

  IgnoreMatcher() = default;  // excludes nothing
  // Throws kDockerfile, with a span in that file, for a lone "!" and for malformed wildcards.
  static IgnoreMatcher parse(const std::shared_ptr<const SourceText>& file);
  // The same rules for patterns that come one by one, from --exclude and --parents: an empty one
  // says nothing, "#" is no comment. Throws kDockerfile without a span.
  static IgnoreMatcher of(const std::vector<std::string>& patterns);

  bool empty() const { return patterns_ == nullptr; }
  // Whether any pattern takes paths back.
  bool has_exceptions() const { return has_exceptions_; }
  // Whether some line says so for the whole context, as "*" and "**" do.
  bool excludes_everything() const { return excludes_everything_; }
  const std::string& file_name() const { return file_name_; }

  // For one path, relative to the root of the context: "src/main.c".
  IgnoreDecision match(std::string_view path) const;
  // For walkers: `parent` is the state of the directory the path is in (empty at the root), and
  // `own` becomes the state of the path itself.
  IgnoreDecision match(std::string_view path, const State& parent, State& own) const;
  // Whether a path below this excluded directory may yet be taken back. If not, skip it whole.
  bool may_include_below(std::string_view directory, const IgnoreDecision& decision) const;
  // Whether a pattern may take a path below this directory, which none takes itself.
  bool may_match_below(std::string_view directory) const;

 private:
  struct Pattern;
  static Pattern compile(std::string_view text, int line);
  void take(std::vector<Pattern> patterns);
  // `matches` says whether the pattern of an index takes the path.
  template <typename Matches>
  IgnoreDecision decide(const State& parent, State& own, const Matches& matches) const;

  std::string file_name_;
  std::shared_ptr<const std::vector<Pattern>> patterns_;  // null for none; shared by copies
  bool has_exceptions_ = false;
  bool excludes_everything_ = false;
};

}  // namespace cairn::dockerfile
