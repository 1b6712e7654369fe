// SPDX-License-Identifier: Apache-2.0
//
// .dockerignore files. Patterns are anchored at the root of the context ("*.o" is the top level
// only). "**" matches any number of directories, including none. A later line overrides an earlier
// one. "!" includes a path again, even below an excluded directory. A match of a directory holds
// for everything below it. A matcher is immutable and safe from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/source_span.h"

namespace cairn::dockerfile {

// The result for a path. `line` is the pattern that decided, by excluding the path or including it
// again; 0 when no pattern did.
struct IgnoreDecision {
  bool excluded = false;
  int line = 0;

  bool operator==(const IgnoreDecision&) const = default;
};

class IgnoreMatcher {
 public:
  // For each pattern, whether it matched a directory or one above it. Needed for the children.
  using State = std::vector<bool>;

  IgnoreMatcher() = default;  // excludes nothing
  // Parses an ignore file. Throws kDockerfile, with a span in the file, for a lone "!" or "!/" and
  // for malformed wildcards.
  static IgnoreMatcher parse(const std::shared_ptr<const SourceText>& file);
  // The same rules for the patterns of --exclude and --parents, except that an empty one is
  // ignored, "#" starts no comment, and "/b" matches nothing. Throws kDockerfile without a span.
  static IgnoreMatcher of(const std::vector<std::string>& patterns);

  bool empty() const { return patterns_ == nullptr; }
  // Whether any pattern starts with "!".
  bool has_exceptions() const { return has_exceptions_; }
  // Whether a pattern excludes the whole context, as "*" and "**" do.
  bool excludes_everything() const { return excludes_everything_; }
  const std::string& file_name() const { return file_name_; }

  // Decides one path, relative to the root of the context: "src/main.c".
  IgnoreDecision match(std::string_view path) const;
  // For walks of a tree: `parent` is the state of the parent directory (empty at the root), and
  // `own` is set to the state of the path.
  IgnoreDecision match(std::string_view path, const State& parent, State& own) const;
  // Whether something below this excluded directory may be included again. If not, the walk can
  // skip it.
  bool may_include_below(std::string_view directory, const IgnoreDecision& decision) const;
  // Whether a pattern may match below this directory, which no pattern matches itself.
  bool may_match_below(std::string_view directory) const;

 private:
  struct Pattern;
  // In an ignore file a leading "/" is the root of the context. Elsewhere it is a part of the
  // pattern, which then matches nothing, since no path starts with one.
  enum class Anchor { kMayBeSlash, kNone };
  static Pattern compile(std::string_view text, int line, Anchor anchor);
  void add(std::vector<Pattern> patterns);
  // `matches(i)` is whether pattern i matches the path.
  template <typename Matches>
  IgnoreDecision decide(const State& parent, State& own, const Matches& matches) const;

  std::string file_name_;
  std::shared_ptr<const std::vector<Pattern>> patterns_;  // null for none; shared by copies
  bool has_exceptions_ = false;
  bool excludes_everything_ = false;
};

}  // namespace cairn::dockerfile
