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
