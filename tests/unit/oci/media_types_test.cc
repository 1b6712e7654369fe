// SPDX-License-Identifier: Apache-2.0
#include "oci/media_types.h"

#include <doctest/doctest.h>

#include <string>

using namespace cairn::oci;

namespace {
constexpr std::string_view kAll[] = {
    kOciManifest,    kOciIndex,    kOciConfig,    kOciLayer,    kOciLayerGzip,    kOciLayerZstd,
    kDockerManifest, kDockerIndex, kDockerConfig, kDockerLayer, kDockerLayerGzip, kDockerLayerZstd};
}

TEST_CASE("every type is one kind of thing and no other") {
  for (std::string_view type : kAll) {
    CAPTURE(type);
    bool config = type == kOciConfig || type == kDockerConfig;
    CHECK(is_manifest(type) + is_index(type) + is_layer(type) + config == 1);
    CHECK(!is_schema1(type));
    CHECK(!is_foreign_layer(type));
  }
}

TEST_CASE("a type that changes its family twice is what it was") {
  for (std::string_view type : kAll) {
    CAPTURE(type);
    std::string docker = in_family(type, Family::kDocker);
    std::string oci = in_family(type, Family::kOci);
    CHECK(docker != oci);
    CHECK(in_family(docker, Family::kOci) == oci);
    CHECK(in_family(oci, Family::kDocker) == docker);
    CHECK((type == docker || type == oci));
    CHECK(is_layer(docker) == is_layer(oci));
    CHECK(is_index(docker) == is_index(oci));
  }
}

TEST_CASE("a layer's type says how it is compressed, in either family") {
  for (Family family : {Family::kOci, Family::kDocker}) {
    for (Compression how : {Compression::kNone, Compression::kGzip, Compression::kZstd}) {
      std::string_view type = layer_type(family, how);
      CAPTURE(type);
      CHECK(is_layer(type));
      CHECK(compression_of(type) == how);
      CHECK(in_family(type, family) == type);
    }
  }
}

TEST_CASE("foreign layers are layers, with a compression, that stay in their family") {
  const std::string base = "application/vnd.oci.image.layer.nondistributable.v1.tar";
  struct {
    std::string type;
    Compression how;
  } cases[] = {{base, Compression::kNone},
               {base + "+gzip", Compression::kGzip},
               {base + "+zstd", Compression::kZstd},
               {std::string(kDockerForeignLayer), Compression::kGzip}};
  for (const auto& c : cases) {
    CAPTURE(c.type);
    CHECK(is_foreign_layer(c.type));
    CHECK(is_layer(c.type));
    CHECK(compression_of(c.type) == c.how);
    CHECK(in_family(c.type, Family::kDocker) == c.type);
  }
}

TEST_CASE("a content type is compared without its parameters") {
  for (const char* text : {"a/b", "a/b;", "a/b; charset=utf-8", " a/b ;x=\"y;z\"", "a/b\t; q=1"}) {
    CAPTURE(text);
    CHECK(without_parameters(text) == "a/b");
  }
  CHECK(without_parameters("").empty());
  CHECK(without_parameters("; charset=utf-8").empty());
}

TEST_CASE("a type that only looks like one is none") {
  for (std::string_view type : kAll) {
    for (const std::string& near : {std::string(type) + " ", std::string(type) + "2",
                                    std::string(type).substr(1), std::string()}) {
      CAPTURE(near);
      CHECK(!is_manifest(near));
      CHECK(!is_index(near));
      CHECK(!is_layer(near));
    }
  }
}
