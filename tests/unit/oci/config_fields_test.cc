// SPDX-License-Identifier: Apache-2.0
//
// The fields of a config one by one: what is refused, and what comes out as it went in.
#include <doctest/doctest.h>

#include "base/error.h"
#include "base/json.h"
#include "oci/image_config.h"
#include "oci/limits.h"

using namespace cairn;
using namespace cairn::oci;

namespace {

Json base() {
  return {{"architecture", "amd64"},
          {"os", "linux"},
          {"config", Json::object()},
          {"rootfs", {{"type", "layers"}, {"diff_ids", Json::array()}}}};
}

std::string config_refusal(const Json& json) {
  try {
    parse_image_config(json.dump());
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kCorrupt);
    return error.message();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a run setting of the wrong type is refused by its name") {
  const Json text = "x", number = 7, list = Json::array({1}), object = {{"a", 1}};
  struct {
    const char* key;
    std::vector<Json> wrong;
  } cases[] = {{"Env", {text, number, list, object}},
               {"Cmd", {text, number, list, object}},
               {"Entrypoint", {text, number, list, object}},
               {"Shell", {text, number, list, object}},
               {"OnBuild", {text, number, list, object}},
               {"WorkingDir", {number, list, object}},
               {"User", {number, list, object}},
               {"StopSignal", {number, list, object}},
               {"StopTimeout", {text, list, object, Json(1.5)}},
               {"Labels", {text, number, list, object}},
               {"ExposedPorts", {text, number, list}},
               {"Volumes", {text, number, list}},
               {"Healthcheck", {text, number, list}},
               {"ArgsEscaped", {text, number, list, object}}};
  for (const auto& c : cases) {
    for (const Json& wrong : c.wrong) {
      CAPTURE(c.key);
      CAPTURE(wrong.dump());
      Json json = base();
      json["config"][c.key] = wrong;
      CHECK(config_refusal(json).find(std::string("\"") + c.key + "\" is not ") !=
            std::string::npos);
    }
    Json json = base();
    json["config"][c.key] = nullptr;
    CHECK(config_refusal(json) == "accepted");
  }
}

TEST_CASE("a config without a part is a config with that part empty") {
  ImageConfig config = parse_image_config("{}");
  CHECK(config.platform.os.empty());
  CHECK(config.diff_ids.empty());
  CHECK(config.history.empty());
  CHECK(!config.created);
  CHECK(!config.cmd);
  for (const char* text : {R"({"config":null,"rootfs":null,"history":null,"created":null})",
                           R"({"created":""})", R"({"rootfs":{}})"}) {
    CAPTURE(text);
    CHECK(parse_image_config(text).diff_ids.empty());
  }
}

TEST_CASE("a config made whole from its members is read back as the same members") {
  ImageConfig config;
  config.platform = Platform::parse("linux/arm/v6");
  config.env = {"A=1", "B=x=y", "EMPTY="};
  config.cmd = {"sh", "-c", "echo \"\xc3\xa4\" \n"};
  config.entrypoint = std::vector<std::string>{};
  config.shell = {"/bin/sh"};
  config.working_dir = "/w d";
  config.user = "1000:1000";
  config.stop_signal = "9";
  config.stop_timeout = 0;
  config.labels = {{"", ""}, {"k", "v"}};
  config.exposed_ports = {"80/tcp", "53/udp"};
  config.volumes = {"/data"};
  config.healthcheck = Healthcheck{.test = {"NONE"}, .interval = 1, .start_interval = 5};
  config.on_build = {"RUN x", "COPY . ."};
  config.args_escaped = true;
  config.author = "me";
  config.created = Timestamp{.seconds = 1, .nanos = 5};
  config.diff_ids = {DiffId(Digest::of("a")), DiffId(Digest::of("b"))};
  config.history = {{.created_by = "RUN x"}, {.comment = "c", .empty_layer = true}};
  ImageConfig again = parse_image_config(canonical(to_json(config)));
  CHECK(again == config);
}

TEST_CASE("a stop timeout no integer can hold is refused, not cut to another one") {
  for (std::int64_t seconds : {std::int64_t{INT32_MAX} + 1, std::int64_t{5'000'000'000},
                               std::int64_t{INT32_MIN} - 1, std::int64_t{INT64_MAX}}) {
    Json json = base();
    json["config"]["StopTimeout"] = seconds;
    CHECK(config_refusal(json).find("\"StopTimeout\" is not ") != std::string::npos);
  }
  Json json = base();
  json["config"]["StopTimeout"] = INT32_MAX;
  CHECK(parse_image_config(json.dump()).stop_timeout == INT32_MAX);
}

TEST_CASE("a config of more layers than the kernel stacks is refused") {
  Json json = base();
  json["rootfs"]["diff_ids"] = std::vector<std::string>(kMaxLayers, Digest::of("x").str());
  CHECK(config_refusal(json) == "accepted");
  json["rootfs"]["diff_ids"].push_back(Digest::of("x").str());
  CHECK(config_refusal(json) == "rootfs: \"diff_ids\" has 501 entries, more than the 500 allowed");
}

TEST_CASE("a config larger than any real one is refused before it is read") {
  std::string json = base().dump();
  std::string padded = json + std::string(kMaxConfigSize - json.size(), ' ');
  CHECK(parse_image_config(padded).platform.os == "linux");
  CHECK_THROWS_AS(parse_image_config(padded + " "), Error);
}

TEST_CASE("JSON that nests without end is refused, not followed") {
  for (const char* open : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 200'000; ++i) deep += open;
    CHECK_THROWS_AS(parse_image_config(deep), Error);
  }
}

TEST_CASE("history is read entry by entry, and each must be one") {
  for (const char* entry : {"7", "\"x\"", "[]", R"({"created":"yesterday"})",
                            R"({"empty_layer":"yes"})", R"({"created_by":7})"}) {
    CAPTURE(entry);
    Json json = base();
    json["history"] = Json::array({Json::object(), Json::parse(entry)});
    CHECK(config_refusal(json) != "accepted");
  }
}

TEST_CASE("a config that would not be read again is not written") {
  auto refusal = [](const ImageConfig& config) -> std::string {
    try {
      std::string bytes = write_image_config(config);
      CHECK(parse_image_config(bytes) == config);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kLimit);
      return error.message();
    }
    return "accepted";
  };
  ImageConfig config;
  config.platform = Platform::parse("linux/amd64");
  std::size_t rest = kMaxConfigSize - write_image_config(config).size();
  config.labels["a"] = std::string(rest - 100, 'x');
  CHECK(refusal(config) == "accepted");
  config.labels["a"] += std::string(100, 'x');
  CHECK(refusal(config).ends_with("bytes, more than the 8388608 allowed"));
  config.labels.clear();
  config.history.resize(kMaxHistory);
  CHECK(refusal(config) == "accepted");
  config.history.emplace_back();
  CHECK(refusal(config) ==
        "the image config has 10001 lines of history, more than the 10000 allowed");
  config.history.clear();
  config.cmd = std::vector<std::string>(300'000);
  CHECK(refusal(config).find("values, more than the") != std::string::npos);
}
