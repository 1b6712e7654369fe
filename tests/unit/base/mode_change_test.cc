// SPDX-License-Identifier: Apache-2.0
#include "base/mode_change.h"

#include <doctest/doctest.h>

using cairn::ModeChange;

namespace {

mode_t file(const char* change, mode_t before) {
  return ModeChange::parse(change).value().apply(before, false);
}
mode_t directory(const char* change, mode_t before) {
  return ModeChange::parse(change).value().apply(before, true);
}

}  // namespace

TEST_CASE("an octal mode replaces whatever was there") {  // C13
  CHECK(file("644", 0777) == 0644);
  CHECK(file("0", 0777) == 0);
  CHECK(file("4755", 0600) == 04755);
  CHECK(ModeChange::parse("0755")->absolute() == 0755);
}

TEST_CASE("a symbolic mode changes what is there") {  // C13
  CHECK(file("+x", 0644) == 0755);
  CHECK(file("a-w", 0666) == 0444);
  CHECK(file("u+x", 0644) == 0744);
  CHECK(file("go=", 0777) == 0700);
  CHECK(file("go-rwx,u+x", 0666) == 0700);
  CHECK(file("u=rwx,go=rx", 0600) == 0755);
  CHECK(file("u+s", 0755) == 04755);
  CHECK(file("g+s", 0755) == 02755);
  CHECK(file("+t", 0755) == 01755);
  CHECK(file("o+t", 0755) == 0755);
  CHECK(file("+s", 0755) == 06755);
  CHECK(file("u-s", 06755) == 02755);
  CHECK(file("a=r", 04755) == 0444);
}

TEST_CASE("X executes directories, and files that somebody may execute") {  // C13
  CHECK(file("u=rwX,go=rX", 0600) == 0644);
  CHECK(file("u=rwX,go=rX", 0700) == 0755);
  CHECK(directory("u=rwX,go=rX", 0600) == 0755);
  CHECK(file("a-X", 0755) == 0644);
}

TEST_CASE("the bits of one class can be copied to another") {  // C13
  CHECK(file("g=u", 0640) == 0660);
  CHECK(file("go=u-w", 0640) == 0644);
  CHECK(file("o+g", 0750) == 0755);
  CHECK(file("u-o", 0757) == 0057);
  CHECK(file("g=u", 02740) == 02770);
}

TEST_CASE("what is neither octal nor symbolic is refused") {  // C13
  for (const char* text : {"", "64a", "10000", "8", "foo", "u", "u+q", "u=rw,", ",u+x", "ux"}) {
    CAPTURE(text);
    CHECK_FALSE(ModeChange::parse(text).has_value());
  }
}
