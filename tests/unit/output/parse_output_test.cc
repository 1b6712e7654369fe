// SPDX-License-Identifier: Apache-2.0
#include "output/parse_output.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace cairn;
using namespace cairn::output;

namespace {

std::string refusal(const char* text) {
  try {
    parse_output_spec(text);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.message();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("short forms are a directory or a tar on stdout") {
  CHECK(parse_output_spec("out").type == "local");
  CHECK(parse_output_spec("out").dest == "out");
  CHECK(parse_output_spec("-").type == "tar");
  CHECK(parse_output_spec("-").writes_stdout());
}

TEST_CASE("keys are read in any order, the type's defaults do not undo them") {
  OutputSpec spec = parse_output_spec("dest=x,oci-mediatypes=true,type=docker");
  CHECK(spec.type == "docker");
  CHECK(spec.blobs.types == MediaTypes::kOci);
  CHECK(parse_output_spec("type=docker,dest=x").blobs.types == MediaTypes::kDocker);
  CHECK(!parse_output_spec("type=oci,tar=false,dest=d").tar);
  CHECK(parse_output_spec("type=oci,dest=d,compression=zstd").blobs.compression ==
        Compression::kZstd);
  CHECK(parse_output_spec("type=oci,dest=d,compression=zstd,compression-level=19").blobs.level ==
        19);
  CHECK(parse_output_spec("type=registry,name=localhost/x").push);
}

TEST_CASE("several names are quoted as CSV does") {
  CHECK(parse_output_spec("type=image,\"name=a,b\"").names.size() == 2);
}

// X11
TEST_CASE("images say whether their files are bounded by the epoch; a build has one answer") {
  CHECK(parse_output_spec("type=oci,dest=x,rewrite-timestamp=true").rewrite_timestamp == true);
  CHECK(parse_output_spec("type=local,dest=x,rewrite-timestamp=true").rewrite_timestamp == true);
  CHECK(refusal("type=local,dest=x,rewrite-timestamp=false")
            .starts_with("--output: rewrite-timestamp=false is for images"));
  OutputSpec unsaid, yes, no, tree = parse_output_spec("-");
  yes.rewrite_timestamp = true;
  no.rewrite_timestamp = false;
  CHECK(!rewrites_timestamps({unsaid, tree}));
  CHECK(!rewrites_timestamps({unsaid, no}));
  CHECK(rewrites_timestamps({yes, tree, yes}));
  CHECK_THROWS_AS(rewrites_timestamps({yes, unsaid}), Error);
}

TEST_CASE("what is wrong is said with what was meant") {
  CHECK(refusal("type=oci,dest=x,compression-level=high") ==
        "--output: compression-level=high is no number");
  CHECK(refusal("type=oci,dest=x,compression-level=19")
            .starts_with("--output: compression-level=19 is out of range: gzip has 0 to 9"));
  CHECK(refusal("type=locall,dest=x") == "--output: unknown type \"locall\" (did you mean local?)");
  CHECK(refusal("type=oci,dset=x") == "--output: unknown key \"dset\" (did you mean dest?)");
  CHECK(refusal("type=oci") == "--output: dest= is missing");
  CHECK(refusal("type=local,dest=-") == "--output: a directory cannot be written to stdout");
  CHECK(refusal("type=image,dest=x") == "--output: dest= means nothing for an image in the store");
  CHECK(parse_output_spec("type=tar,dest=x,platform-split=true").platform_split == true);
  CHECK(!parse_output_spec("type=local,dest=x").platform_split);
  CHECK(refusal("type=oci,dest=x,platform-split=true") ==
        "--output: platform-split= is for type=local and type=tar");
  CHECK(refusal("type=oci,tar=perhaps,dest=x") ==
        "--output: tar=perhaps is neither true nor false");
}
