// SPDX-License-Identifier: Apache-2.0
#include "oci/image_config.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/json.h"

using namespace cairn;
using namespace cairn::oci;

namespace {

const char kConfig[] = R"({
  "architecture": "arm", "variant": "v7", "os": "linux", "author": "me", "future": [1],
  "created": "2024-02-29T12:00:00.5Z",
  "config": {
    "Env": ["PATH=/bin", "A=b"], "Cmd": ["sh"], "Entrypoint": null, "WorkingDir": "/w",
    "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/data": {}}, "Labels": {"a": "b"},
    "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 30000000000, "Retries": 3},
    "OnBuild": ["RUN x"], "Shell": ["/bin/bash", "-c"], "StopSignal": "SIGQUIT", "StopTimeout": 7,
    "ArgsEscaped": true, "Memory": 5},
  "rootfs": {"type": "layers", "diff_ids": [
    "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]},
  "history": [{"created": "2024-01-01T00:00:00Z", "created_by": "ADD x"},
              {"created_by": "CMD", "comment": "c", "empty_layer": true}]})";

}  // namespace

TEST_CASE("a config keeps all it knows, and what it does not know stays behind") {
  ImageConfig config = parse_image_config(kConfig);
  CHECK(config.platform.str() == "linux/arm/v7");
  CHECK(config.env == std::vector<std::string>{"PATH=/bin", "A=b"});
  CHECK(config.cmd == std::vector<std::string>{"sh"});
  CHECK(!config.entrypoint);
  CHECK(config.exposed_ports == std::set<std::string>{"80/tcp"});
  CHECK(config.healthcheck->retries == 3);
  CHECK(config.stop_timeout == 7);
  CHECK(config.created->nanos == 500'000'000);
  CHECK(config.diff_ids.size() == 1);
  CHECK(config.history[1].empty_layer);

  Json expected = Json::parse(kConfig);
  expected["config"].erase("Entrypoint");  // null and absent are the same
  expected["config"].erase("Memory");
  expected.erase("future");
  CHECK(to_json(config) == expected);
  CHECK(parse_image_config(canonical(to_json(config))).env == config.env);
}

TEST_CASE("an empty CMD differs from none") {
  ImageConfig config;
  config.cmd.emplace();
  CHECK(to_json(config)["config"]["Cmd"] == Json::array());
}

TEST_CASE("a config made from nothing is canonical and repeats") {
  ImageConfig config;
  config.platform = Platform::parse("linux/amd64");
  CHECK(canonical(to_json(config)) == R"({"architecture":"amd64","config":{},"os":"linux",)"
                                      R"("rootfs":{"diff_ids":[],"type":"layers"}})");
}

TEST_CASE("a config with values of the wrong type is refused") {
  for (const char* text :
       {"[]", "{", R"({"config": []})", R"({"config": {"Env": "x"}})", R"({"created": "soon"})",
        R"({"config": {"Cmd": [1]}})", R"({"rootfs": {"diff_ids": ["sha256:xyz"]}})",
        R"({"config": {"StopTimeout": 99999999999999999999}})", R"({"history": {}})"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_image_config(text), Error);
  }
}
