// SPDX-License-Identifier: Apache-2.0
//
// The flags of instructions and the fields of --mount.
#include "dockerfile/dockerfile.h"
#include "dockerfile/mount.h"
#include "tests/fuzz/fuzz.h"

using namespace cairn;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(fuzz::text_of(data, size));
  fuzz::try_it(fuzz::Span::kNotNeeded, [&] {
    dockerfile::parse_mount(text, [](std::string_view value) { return std::string(value); });
  });
  fuzz::try_it(fuzz::Span::kNotNeeded, [&] { dockerfile::mount_from(text); });
  for (const char* keyword : {"RUN", "COPY", "ADD", "HEALTHCHECK", "FROM"}) {
    fuzz::try_it(fuzz::Span::kNeeded, [&] {
      dockerfile::parse_dockerfile(
          fuzz::source_of("FROM scratch\n" + std::string(keyword) + " " + text + " a b\n"));
    });
  }
  return 0;
}
