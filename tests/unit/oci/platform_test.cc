// SPDX-License-Identifier: Apache-2.0
#include "oci/platform.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/error.h"

using namespace cairn;
using oci::Platform;

namespace {

std::vector<Platform> platforms(const std::vector<std::string>& names) {
  std::vector<Platform> out;
  for (const std::string& name : names) out.push_back(Platform::parse(name));
  return out;
}

std::string chosen(const std::string& wanted, const std::vector<std::string>& names) {
  auto found = oci::best_match(Platform::parse(wanted), platforms(names));
  return found ? names[*found] : "none";
}

}  // namespace

TEST_CASE("a platform is brought to its normal form") {
  struct {
    const char* text;
    const char* normal;
  } cases[] = {{"linux/x86_64", "linux/amd64"},
               {"linux/amd64/v1", "linux/amd64"},
               {"linux/amd64/v2", "linux/amd64/v2"},
               {"Linux/AArch64", "linux/arm64"},
               {"linux/arm64/v8", "linux/arm64"},
               {"linux/arm", "linux/arm/v7"},
               {"linux/arm/6", "linux/arm/v6"},
               {"linux/armel", "linux/arm/v6"},
               {"linux/i386", "linux/386"},
               {"macos/arm64", "darwin/arm64"},
               {"windows(10.0.17763)/amd64", "windows(10.0.17763)/amd64"},
               {"arm64", "linux/arm64"},
               {"riscv64", "linux/riscv64"}};
  for (const auto& c : cases) {
    CAPTURE(c.text);
    CHECK(Platform::parse(c.text).str() == c.normal);
  }
  CHECK(Platform::parse("linux") == Platform::host());
}

TEST_CASE("a malformed platform is refused") {
  for (const char* text :
       {"", "/", "linux/", "nonsense", "linux/amd64/v1/x", "linux/a b", "w(1/x"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Platform::parse(text), Error);
  }
}

TEST_CASE("a system or an architecture that nobody knows is refused with the one that is meant") {
  struct Case {
    const char* text;
    const char* message;
    const char* hint;
  };
  for (const Case& c :
       {Case{"amd64/linux", "\"amd64\" is not a known operating system",
             "did you mean linux/amd64?"},
        Case{"arm64/linux/v8", "\"arm64\" is not a known", "did you mean linux/arm64?"},
        Case{"linus/amd64",
             "\"linus\" is not a known operating system (did you mean "
             "linux?)",
             ""},
        Case{"linux/amd46",
             "\"amd46\" is not a known architecture (did you mean "
             "amd64?)",
             ""},
        Case{"linux/linux", "\"linux\" is not a known architecture", ""},
        Case{"amd46", "(did you mean amd64?)", ""}}) {
    CAPTURE(c.text);
    try {
      Platform::parse(c.text);
      FAIL("taken");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kUsage);
      CHECK(error.message().find(c.message) != std::string::npos);
      CHECK(error.hint().find(c.hint) != std::string::npos);
    }
  }
  for (const char* text : {"wasi/wasm", "js/wasm", "freebsd/riscv64", "linux/ppc64", "zos/s390x"}) {
    CHECK(Platform::parse(text).str() == text);
  }
}

TEST_CASE("the exact platform wins, then lower variants from the top") {
  CHECK(chosen("linux/arm/v7", {"linux/arm/v5", "linux/arm/v6", "linux/arm64"}) == "linux/arm/v6");
  CHECK(chosen("linux/arm/v6", {"linux/arm/v7", "linux/arm/v5"}) == "linux/arm/v5");
  CHECK(chosen("linux/amd64", {"linux/amd64/v2", "linux/amd64"}) == "linux/amd64");
  CHECK(chosen("linux/amd64/v3", {"linux/amd64", "linux/amd64/v2"}) == "linux/amd64/v2");
  CHECK(chosen("linux/arm64", {"linux/arm64/v8"}) == "linux/arm64/v8");
  CHECK(chosen("linux/amd64", {"windows/amd64", "linux/arm64"}) == "none");
  CHECK(chosen("linux/amd64", {"linux/amd64/v2"}) == "none");
}

TEST_CASE("an attestation entry never matches") {
  std::vector<Platform> only{{"unknown", "unknown", "", ""}};
  CHECK(!oci::best_match({"unknown", "unknown", "", ""}, only));
}
