// SPDX-License-Identifier: Apache-2.0
//
// Which architectures handlers of binfmt_misc serve, read from directories made up for it.
#include "sandbox/foreign.h"

#include <doctest/doctest.h>

#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::sandbox;

namespace {

// As Debian's qemu-user-static registers it.
const std::string kArm64 =
    "enabled\ninterpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P\nflags: POCF\noffset 0\n"
    "magic 7f454c460201010000000000000000000200b700\n"
    "mask ffffffffffffff00fffffffffffffffffeffffff\n";
const std::string kS390x =
    "enabled\ninterpreter /usr/bin/qemu-s390x-static\nflags: F\noffset 0\n"
    "magic 7f454c4602020100000000000000000000020016\n"
    "mask ffffffffffffff00fffffffffffffffffffeffff\n";

BinfmtHandler changed(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return parse_handler(text).value_or(BinfmtHandler{});
}

}  // namespace

// F09
TEST_CASE("a handler serves the architecture whose programs it takes, and no other") {
  BinfmtHandler arm64 = parse_handler(kArm64).value();
  CHECK(serves(arm64, "arm64"));
  CHECK(!serves(arm64, "arm"));
  CHECK(!serves(arm64, "amd64"));
  CHECK(!serves(arm64, "pdp11"));
  CHECK(serves(parse_handler(kS390x).value(), "s390x"));
  CHECK(!serves(parse_handler(kS390x).value(), "arm64"));
}

TEST_CASE("a handler that is disabled, or that is looked for inside the image, serves no step") {
  CHECK(!serves(changed(kArm64, "enabled", "disabled"), "arm64"));
  CHECK(!serves(changed(kArm64, "flags: POCF", "flags: POC"), "arm64"));
  CHECK(serves(changed(kArm64, "flags: POCF", "flags: F"), "arm64"));
}

TEST_CASE("what is no handler of programs is passed over") {
  CHECK(!parse_handler(""));
  CHECK(!parse_handler("enabled\ninterpreter /usr/bin/wine\nflags: \nextension .exe\n"));
  CHECK(!parse_handler("enabled\ninterpreter /x\nflags: F\noffset 0\nmagic 7f4\n"));
  CHECK(!parse_handler("enabled\ninterpreter /x\nflags: F\noffset 0\nmagic 7f\nmask ffff\n"));
  CHECK(!parse_handler("enabled\ninterpreter /x\nflags: F\noffset 99999\nmagic 7f\n"));
}

TEST_CASE("a directory that is no binfmt_misc says nothing, one that is switched off says none") {
  test::TempTree tree;
  CHECK(!read_handlers(tree.root()));
  CHECK(!read_handlers(tree.at("nowhere")));
  tree.file("status", "enabled\n");
  tree.file("register", "");
  tree.file("python3.11",
            "enabled\ninterpreter /usr/bin/python3.11\nflags: \noffset 0\nmagic a7\n");
  tree.file("qemu-aarch64", kArm64);
  auto handlers = read_handlers(tree.root());
  REQUIRE(handlers);
  CHECK(handlers->size() == 2);
  tree.file("status", "disabled\n");
  CHECK(read_handlers(tree.root())->empty());
}

TEST_CASE("every host executes its own programs") {
#if defined(__x86_64__)
  CHECK(can_execute("amd64"));
  CHECK(can_execute("386"));
#elif defined(__aarch64__)
  CHECK(can_execute("arm64"));
#endif
  CHECK(!can_execute("pdp11"));
}
