// SPDX-License-Identifier: Apache-2.0
//
// What holds for every ignore file, over seeds; single cases are in ignore_test.cc.
#include <algorithm>

#include "dockerfile/ignore.h"
#include "tests/support/seeds.h"
#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;
using test::Seeded;

namespace {

// Few names, so that patterns and paths meet.
std::string any_path(Seeded& seeded) {
  std::string out = seeded.pick(Lines{"a", "b", "ab", "a.b"});
  for (std::size_t more = seeded.roll(3); more > 0; --more) {
    out += "/" + seeded.pick(Lines{"a", "b", "ab"});
  }
  return out;
}

std::string any_pattern(Seeded& seeded) {
  std::string out;
  for (std::size_t parts = 1 + seeded.roll(3); parts > 0; --parts) {
    out += (out.empty() ? "" : "/") + seeded.pick(Lines{"a", "b", "*", "**", "a*", "?", "[ab]"});
  }
  return out;
}

Lines any_patterns(Seeded& seeded) {
  Lines out;
  for (std::size_t lines = 1 + seeded.roll(4); lines > 0; --lines) {
    out.push_back(any_pattern(seeded));
  }
  return out;
}

bool takes(const Lines& patterns, const std::string& path) {
  std::string text;
  for (const std::string& line : patterns) text += line + "\n";
  return matcher(text).match(path).excluded;
}

// Calls it with seeds, and requires that it was asked about some path that is excluded.
template <typename Check>
void for_seeds(Check check) {
  std::size_t excluded_paths = 0;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    Seeded seeded(seed);
    Lines patterns = any_patterns(seeded);
    std::string path = any_path(seeded);
    CAPTURE(path);
    if (takes(patterns, path)) ++excluded_paths;
    check(seeded, patterns, path);
  }
  CHECK(excluded_paths > 100);
}

}  // namespace

TEST_CASE("a line with ! at the end excludes nothing that was not excluded") {
  for_seeds([](Seeded& seeded, Lines patterns, const std::string& path) {
    if (seeded.flip()) patterns.insert(patterns.begin(), "!" + any_pattern(seeded));
    bool before = takes(patterns, path);
    patterns.push_back("!" + any_pattern(seeded));
    CHECK((before || !takes(patterns, path)));
  });
}

TEST_CASE("a line without ! at the end takes nothing back") {
  for_seeds([](Seeded& seeded, Lines patterns, const std::string& path) {
    if (seeded.flip()) patterns.push_back("!" + any_pattern(seeded));
    bool before = takes(patterns, path);
    patterns.push_back(any_pattern(seeded));
    CHECK((!before || takes(patterns, path)));
  });
}

// Above a "!" a line may: BuildKit (moby/patternmatcher) asks no pattern that could change nothing,
// and what was not asked of a directory is not known below it. Here "?" is not asked of "a".
TEST_CASE("a line above a ! can keep a later line from being asked, as in BuildKit") {
  CHECK(takes({"!a/b", "?"}, "a/b"));
  CHECK(!takes({"a", "!a/b", "?"}, "a/b"));
}

TEST_CASE("without ! the order of lines does not matter, and a line twice is a line once") {
  for_seeds([](Seeded& seeded, Lines patterns, const std::string& path) {
    bool before = takes(patterns, path);
    std::rotate(patterns.begin(),
                patterns.begin() + static_cast<std::ptrdiff_t>(seeded.roll(patterns.size())),
                patterns.end());
    CHECK(takes(patterns, path) == before);
    std::reverse(patterns.begin(), patterns.end());
    CHECK(takes(patterns, path) == before);
    patterns.push_back(patterns.front());
    CHECK(takes(patterns, path) == before);
  });
}

TEST_CASE("several lines without ! exclude what one of them excludes") {
  for_seeds([](Seeded&, const Lines& patterns, const std::string& path) {
    bool by_one = std::any_of(patterns.begin(), patterns.end(),
                              [&](const std::string& line) { return takes({line}, path); });
    CHECK(takes(patterns, path) == by_one);
  });
}

TEST_CASE("without ! all below an excluded path is excluded") {
  for_seeds([](Seeded& seeded, const Lines& patterns, const std::string& path) {
    if (takes(patterns, path)) CHECK(takes(patterns, path + "/" + any_path(seeded)));
  });
}

TEST_CASE("patterns below a directory say of its paths what they said without it") {
  for_seeds([](Seeded&, Lines patterns, const std::string& path) {
    bool before = takes(patterns, path);
    for (std::string& line : patterns) line.insert(0, "top/");
    CHECK(takes(patterns, "top/" + path) == before);
    CHECK(!takes(patterns, "other/" + path));
  });
}

TEST_CASE("slashes around a pattern say nothing") {
  for_seeds([](Seeded& seeded, Lines patterns, const std::string& path) {
    bool before = takes(patterns, path);
    for (std::string& line : patterns) line = (seeded.flip() ? "/" : "./") + line + "/";
    CHECK(takes(patterns, path) == before);
  });
}
