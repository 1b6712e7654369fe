// SPDX-License-Identifier: Apache-2.0
//
// Names of images, digests and platforms: a name that was read and is written in full reads as the
// same name, and so does its short form.
#include "oci/platform.h"
#include "oci/reference.h"
#include "tests/fuzz/fuzz.h"

using namespace cairn;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  fuzz::try_it({ErrorKind::kUsage}, [&] {
    oci::Reference reference = oci::Reference::parse(text);
    fuzz::require(oci::Reference::parse(reference.str()) == reference);
    fuzz::require(oci::Reference::parse(reference.familiar()) == reference);
    fuzz::require(reference.tag.empty() || oci::valid_tag(reference.tag));
  });
  fuzz::try_it({ErrorKind::kUsage}, [&] { oci::Reference::parse_tag(text); });
  fuzz::try_it({ErrorKind::kCorrupt}, [&] { fuzz::require(Digest::parse(text).str() == text); });
  fuzz::try_it({ErrorKind::kUsage}, [&] {
    oci::Platform platform = oci::Platform::parse(text);
    fuzz::require(platform.normalised() == platform);
    fuzz::require(oci::Platform::parse(platform.str()) == platform);
  });
  return 0;
}
