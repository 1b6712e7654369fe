// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/glob.h"

#include <doctest/doctest.h>

#include <string>

using namespace cairn::dockerfile;

TEST_CASE("paths match as Go's filepath.Match has it") {
  struct Case {
    const char* pattern;
    const char* name;
    bool match;
  };
  for (const Case& c : std::initializer_list<Case>{{"abc", "abc", true},
                                                   {"*", "abc", true},
                                                   {"*", ".abc", true},
                                                   {"*c", "abc", true},
                                                   {"a*", "a", true},
                                                   {"a*", "ab/c", false},
                                                   {"a*/b", "abc/b", true},
                                                   {"a*/b", "a/c/b", false},
                                                   {"**", "a/b", false},
                                                   {"**/b", "a/b", true},
                                                   {"a*b*c*d*e*/f", "axbxcxdxexxx/f", true},
                                                   {"a*b*c*d*e*/f", "axbxcxdxexxx/fff", false},
                                                   {"a*b?c*x", "abxbbxdbxebxczzx", true},
                                                   {"ab[c]", "abc", true},
                                                   {"ab[b-d]", "abc", true},
                                                   {"ab[^c]", "abc", false},
                                                   {"a\\*b", "a*b", true},
                                                   {"a\\*b", "ab", false},
                                                   {"a?b", "a☺b", true},
                                                   {"a[^a]b", "a☺b", true},
                                                   {"a???b", "a☺b", false},
                                                   {"[a-ζ]*", "α", true},
                                                   {"*[a-ζ]", "A", false},
                                                   {"a?b", "a/b", false},
                                                   {"[\\]a]", "]", true},
                                                   {"[x\\-]", "-", true},
                                                   {"[\\-x]", "a", false},
                                                   {"*x", "xxx", true},
                                                   {"", "", true}}) {
    CHECK_MESSAGE(match_path(c.pattern, c.name) == c.match, c.pattern, " ", c.name);
  }
}

TEST_CASE("a malformed pattern matches nothing") {
  for (const char* pattern :
       {"[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]", "[", "[^", "[^bc", "a["}) {
    CHECK(!is_valid_pattern(pattern));
    CHECK(!match_path(pattern, pattern));
  }
}

TEST_CASE("wildcards are seen unless they are escaped") {
  CHECK(has_wildcard("a/*"));
  CHECK(has_wildcard("a[b]"));
  CHECK(!has_wildcard("a\\*b"));
  CHECK(!has_wildcard("a]b"));
}
