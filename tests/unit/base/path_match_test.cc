// SPDX-License-Identifier: Apache-2.0
#include "base/path_match.h"

#include <doctest/doctest.h>

#include <string>

using cairn::is_path_pattern;
using cairn::match_path;

TEST_CASE("wildcards match as Go's filepath.Match does") {
  struct Case {
    const char* pattern;
    const char* name;
    bool matches;
  };
  // From the documented behaviour of path/filepath.
  for (const Case& c : {Case{"abc", "abc", true},
                        {"*", "abc", true},
                        {"*c", "abc", true},
                        {"a*", "a", true},
                        {"a*", "ab/c", false},
                        {"a*/b", "abc/b", true},
                        {"a*/b", "a/c/b", false},
                        {"a*b*c*d*e*/f", "axbxcxdxe/f", true},
                        {"a*b*c*d*e*/f", "axbxcxdxexxx/f", true},
                        {"a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false},
                        {"ab[c]", "abc", true},
                        {"ab[b-d]", "abc", true},
                        {"ab[e-g]", "abc", false},
                        {"ab[^c]", "abc", false},
                        {"ab[^e-g]", "abc", true},
                        {"a\\*b", "a*b", true},
                        {"a\\*b", "ab", false},
                        {"a?b", "a/b", false},
                        {"a*b", "a/b", false},
                        {"[\\]a]", "]", true},
                        {"[\\-]", "-", true},
                        {"[]a]", "]", false},
                        {"[-]", "-", false},
                        {"[x-]", "x", false},
                        {"[", "a", false},
                        {"[^", "a", false},
                        {"a[", "a", false},
                        {"*x", "xxx", true},
                        {"a?b", "a\u263ab", true},
                        {"a[^a]b", "a\u263ab", true},
                        {"a???b", "a\u263ab", false},
                        {"[a-\u03b6]*", "\u03b1", true},
                        {"[x-]", "-", false},
                        {"[a-b-c]", "a", false},
                        {"\\", "\\", false},
                        {"**/b", "a/b", true},
                        {"**", "a/b", false},
                        {"*", ".dot", true},
                        {"**", "ab", true},
                        {"", "", true}}) {
    CAPTURE(c.pattern);
    CAPTURE(c.name);
    CHECK(match_path(c.pattern, c.name) == c.matches);
  }
}

TEST_CASE("many stars against a long name stay quick") {
  std::string pattern, name(2000, 'a');
  for (int i = 0; i < 200; ++i) pattern += "*a";
  CHECK(!match_path(pattern + "b", name));
}

TEST_CASE("a pattern that Match would refuse is told, whatever it is compared with") {
  for (const char* good : {"", "a*", "[a-z]", "[^a]", "\\[", "a]", "[\\]]", "[a]b[c]"}) {
    CAPTURE(good);
    CHECK(is_path_pattern(good));
  }
  for (const char* bad :
       {"[", "[a,", "[\"a\",", "[]", "[]a]", "[^]", "[a-]", "[-a]", "a\\", "[\\"}) {
    CAPTURE(bad);
    CHECK(!is_path_pattern(bad));
  }
}
