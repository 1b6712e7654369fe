// SPDX-License-Identifier: Apache-2.0
//
// Writes the keys of the OCI config and Docker's additions, each only if it is set, in the
// canonical order of keys. Equal configs have equal bytes and so one image id. Unknown keys of a
// base are dropped on reading, as in BuildKit.
#include "oci/image_config.h"

#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "oci/internal/fields.h"
#include "oci/limits.h"

namespace cairn::oci {
namespace {

// An empty value and an absent key mean the same to every reader. One spelling keeps digests equal.
template <typename Value>
void set(Json& json, const char* key, const Value& value, bool present) {
  if (present) json[key] = value;
}

template <typename List>
void set_list(Json& json, const char* key, const List& list) {
  set(json, key, list, !list.empty());
}

void set_text(Json& json, const char* key, const std::string& text) {
  set(json, key, text, !text.empty());
}

// An empty list differs from an absent one, so both are kept.
void set_optional(Json& json, const char* key,
                  const std::optional<std::vector<std::string>>& list) {
  set(json, key, list.value_or(std::vector<std::string>()), list.has_value());
}

// Docker writes a set as an object with empty values: {"80/tcp": {}}.
void set_keys(Json& json, const char* key, const std::set<std::string>& keys) {
  Json object = Json::object();
  for (const std::string& item : keys) object[item] = Json::object();
  set(json, key, object, !keys.empty());
}

// Keys of "config" start with a capital, since they are Docker's (OCI image spec, config.md).
Json to_json(const Healthcheck& check) {
  Json json = Json::object();
  set_list(json, "Test", check.test);
  set(json, "Interval", check.interval, check.interval != 0);
  set(json, "Timeout", check.timeout, check.timeout != 0);
  set(json, "StartPeriod", check.start_period, check.start_period != 0);
  set(json, "StartInterval", check.start_interval, check.start_interval != 0);
  set(json, "Retries", check.retries, check.retries != 0);
  return json;
}

Healthcheck parse_healthcheck(const Json& json) {
  Fields fields(json, "Healthcheck");
  return {.test = fields.texts("Test"),
          .interval = fields.integer("Interval"),
          .timeout = fields.integer("Timeout"),
          .start_period = fields.integer("StartPeriod"),
          .start_interval = fields.integer("StartInterval"),
          .retries = fields.integer("Retries")};
}

Json to_json(const History& entry) {
  Json json = Json::object();
  if (entry.created) json["created"] = to_rfc3339(*entry.created);
  set_text(json, "created_by", entry.created_by);
  set_text(json, "author", entry.author);
  set_text(json, "comment", entry.comment);
  if (entry.empty_layer) json["empty_layer"] = true;
  return json;
}

History parse_history(const Json& json) {
  Fields fields(json, "history entry");
  return {.created = fields.time("created"),
          .created_by = fields.text("created_by"),
          .author = fields.text("author"),
          .comment = fields.text("comment"),
          .empty_layer = fields.flag("empty_layer")};
}

Json run_settings(const ImageConfig& config) {
  Json json = Json::object();
  set_list(json, "Env", config.env);
  set_optional(json, "Cmd", config.cmd);
  set_optional(json, "Entrypoint", config.entrypoint);
  set_optional(json, "Shell", config.shell);
  set_text(json, "WorkingDir", config.working_dir);
  set_text(json, "User", config.user);
  set_text(json, "StopSignal", config.stop_signal);
  set(json, "StopTimeout", config.stop_timeout.value_or(0), config.stop_timeout.has_value());
  set_list(json, "Labels", config.labels);
  set_keys(json, "ExposedPorts", config.exposed_ports);
  set_keys(json, "Volumes", config.volumes);
  set(json, "Healthcheck", config.healthcheck ? to_json(*config.healthcheck) : Json(),
      config.healthcheck.has_value());
  set_list(json, "OnBuild", config.on_build);
  // Written by Docker for Windows; BuildKit sets it for every CMD.
  set(json, "ArgsEscaped", true, config.args_escaped);
  return json;
}

void read_run_settings(const Fields& fields, ImageConfig& config) {
  config.env = fields.texts("Env");
  config.cmd = fields.find_texts("Cmd");
  config.entrypoint = fields.find_texts("Entrypoint");
  config.shell = fields.find_texts("Shell");
  config.working_dir = fields.text("WorkingDir");
  config.user = fields.text("User");
  config.stop_signal = fields.text("StopSignal");
  if (auto seconds = fields.find_integer("StopTimeout")) {
    if (!std::in_range<int>(*seconds)) fields.fail("StopTimeout", "a number of seconds");
    config.stop_timeout = static_cast<int>(*seconds);
  }
  config.labels = fields.text_map("Labels");
  config.exposed_ports = fields.keys("ExposedPorts");
  config.volumes = fields.keys("Volumes");
  if (const Json* check = fields.find_object("Healthcheck")) {
    config.healthcheck = parse_healthcheck(*check);
  }
  config.on_build = fields.texts("OnBuild");
  config.args_escaped = fields.flag("ArgsEscaped");
}

Json rootfs_json(const std::vector<DiffId>& diff_ids) {
  Json ids = Json::array();
  for (const DiffId& id : diff_ids) ids.push_back(id.str());
  return {{"type", "layers"}, {"diff_ids", ids}};
}

void read_layers(const Fields& fields, ImageConfig& config) {
  if (const Json* rootfs = fields.find_object("rootfs")) {
    Fields inside(*rootfs, "rootfs");
    // Bounded before any digest is parsed.
    if (inside.find_array("diff_ids", kMaxLayers) != nullptr) {
      for (const std::string& id : inside.texts("diff_ids")) {
        config.diff_ids.push_back(DiffId::parse(id));
      }
    }
  }
  if (const Json* history = fields.find_array("history", kMaxHistory)) {
    for (const Json& entry : *history) config.history.push_back(parse_history(entry));
  }
}

}  // namespace

Json to_json(const ImageConfig& config) {
  Json json = Json::object();
  // Always written: required by the spec.
  json["architecture"] = config.platform.architecture;
  json["os"] = config.platform.os;
  set_text(json, "variant", config.platform.variant);
  set_text(json, "os.version", config.platform.os_version);
  set_text(json, "author", config.author);
  set(json, "created", config.created ? to_rfc3339(*config.created) : std::string(),
      config.created.has_value());
  json["config"] = run_settings(config);
  json["rootfs"] = rootfs_json(config.diff_ids);
  Json history = Json::array();
  for (const History& entry : config.history) history.push_back(to_json(entry));
  set_list(json, "history", history);
  return json;
}

std::string write_image_config(const ImageConfig& config) {
  // kLimit and not kCorrupt: this config is ours, so the user can make it smaller.
  auto check = [](std::string_view of, std::size_t count, std::size_t most) {
    if (count <= most) return;
    throw Error::of(ErrorKind::kLimit, "the image config has {} {}, more than the {} allowed",
                    count, of, most);
  };
  check("layers", config.diff_ids.size(), kMaxLayers);
  check("lines of history", config.history.size(), kMaxHistory);
  std::string bytes = canonical(to_json(config));
  if (bytes.size() > kMaxConfigSize) {
    throw Error::of(ErrorKind::kLimit, "the image config takes {} bytes, more than the {} allowed",
                    bytes.size(), kMaxConfigSize)
        .with_hint("it holds labels, environment, commands and history: make these shorter");
  }
  // Never writes what parse_image_config() would refuse.
  check_json_bounds(bytes, "the image config");
  return bytes;
}

ImageConfig parse_image_config(std::string_view bytes) {
  if (bytes.size() > kMaxConfigSize) {
    throw Error(ErrorKind::kCorrupt, "the image config is larger than 8 MiB");
  }
  ImageConfig config;
  Json json = parse_json(bytes, "image config");
  Fields fields(json, "image config");
  // os, architecture and variant are keys of the config itself.
  config.platform = parse_platform(json);
  config.author = fields.text("author");
  config.created = fields.time("created");
  if (const Json* settings = fields.find_object("config")) {
    read_run_settings(Fields(*settings, "image config"), config);
  }
  read_layers(fields, config);
  return config;
}

}  // namespace cairn::oci
