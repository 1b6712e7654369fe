// SPDX-License-Identifier: Apache-2.0
#include "output/output_spec.h"

#include <charconv>
#include <map>

#include "base/error.h"
#include "base/text.h"

namespace cairn::output {
namespace {

const std::map<std::string, OutputType> kTypes = {
    {"image", OutputType::kImage}, {"registry", OutputType::kRegistry},
    {"oci", OutputType::kOci},     {"docker", OutputType::kDocker},
    {"local", OutputType::kLocal}, {"tar", OutputType::kTar}};

bool parse_bool(const std::string& key, const std::string& value) {
  std::string lowered = to_lower(value);
  if (lowered == "true" || lowered == "1") return true;
  if (lowered == "false" || lowered == "0") return false;
  throw Error::of(ErrorKind::kUsage, "--output: {}={} is neither true nor false", key, value);
}

Compression parse_compression(const std::string& value) {
  if (value == "gzip") return Compression::kGzip;
  if (value == "zstd") return Compression::kZstd;
  if (value == "uncompressed") return Compression::kNone;
  throw Error::of(ErrorKind::kUsage, "--output: compression={} is not gzip, zstd or uncompressed",
                  value);
}

int parse_level(const std::string& value) {
  int level = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), level);
  if (error == std::errc() && end == value.data() + value.size()) return level;
  throw Error::of(ErrorKind::kUsage, "--output: compression-level={} is no number", value);
}

// Fields are separated by commas; a field in double quotes may hold them (CSV, as docker reads it).
std::vector<std::string> split_fields(std::string_view text) {
  std::vector<std::string> fields{""};
  bool quoted = false;
  for (char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

void set(OutputSpec& spec, const std::string& key, const std::string& value) {
  if (key == "type") {
    auto type = kTypes.find(value);
    if (type == kTypes.end()) {
      std::vector<std::string> names;
      for (const auto& known : kTypes) names.push_back(known.first);
      throw Error::of(ErrorKind::kUsage, "--output: unknown type \"{}\"{}", value,
                      did_you_mean(value, names));
    }
    spec.type = type->second;
    if (spec.type == OutputType::kDocker) spec.blobs.types = MediaTypes::kDocker;
  } else if (key == "dest" || key == "destination") {
    spec.dest = value;
  } else if (key == "name") {
    for (const std::string& name : split(value, ',')) {
      spec.names.push_back(oci::Reference::parse(name));
    }
  } else if (key == "tar") {
    spec.tar = parse_bool(key, value);
  } else if (key == "push") {
    spec.push = parse_bool(key, value);
  } else if (key == "platform-split") {
    spec.platform_split = parse_bool(key, value);
  } else if (key == "rewrite-timestamp") {
    spec.rewrite_timestamp = parse_bool(key, value);
  } else if (key == "oci-mediatypes") {
    spec.blobs.types = parse_bool(key, value) ? MediaTypes::kOci : MediaTypes::kDocker;
  } else if (key == "compression") {
    spec.blobs.compression = parse_compression(value);
  } else if (key == "compression-level") {
    spec.blobs.level = parse_level(value);
  } else if (key == "force-compression") {
    spec.blobs.force = parse_bool(key, value);
  } else {
    throw Error::of(ErrorKind::kUsage, "--output: unknown key \"{}\"{}", key,
                    did_you_mean(key, {"type", "dest", "name", "tar", "push", "platform-split",
                                       "oci-mediatypes", "compression", "compression-level",
                                       "force-compression", "rewrite-timestamp"}));
  }
}

void check(const OutputSpec& spec) {
  if (spec.blobs.level && !has_level(spec.blobs.compression, *spec.blobs.level)) {
    throw Error::of(
        ErrorKind::kUsage,
        "--output: compression-level={} is out of range: gzip has 0 to 9, zstd 1 to 22, "
        "uncompressed none",
        *spec.blobs.level);
  }
  bool is_file = spec.type == OutputType::kTar || spec.type == OutputType::kDocker ||
                 (spec.type == OutputType::kOci && spec.tar);
  bool is_directory =
      spec.type == OutputType::kLocal || (spec.type == OutputType::kOci && !spec.tar);
  if ((is_file || is_directory) && spec.dest.empty() && spec.type != OutputType::kDocker) {
    throw Error(ErrorKind::kUsage, "--output: dest= is missing");
  }
  if (spec.platform_split && spec.type != OutputType::kLocal && spec.type != OutputType::kTar) {
    throw Error(ErrorKind::kUsage, "--output: platform-split= is for type=local and type=tar");
  }
  if (is_directory && spec.writes_stdout()) {
    throw Error(ErrorKind::kUsage, "--output: a directory cannot be written to stdout");
  }
  if (!is_file && !is_directory && !spec.dest.empty()) {
    throw Error(ErrorKind::kUsage, "--output: dest= means nothing for an image in the store");
  }
  if (spec.is_tree() && !spec.rewrite_timestamp.value_or(true)) {
    throw Error(ErrorKind::kUsage,
                "--output: rewrite-timestamp=false is for images: files always carry "
                "SOURCE_DATE_EPOCH");
  }
}

}  // namespace

OutputSpec parse_output_spec(std::string_view text) {
  OutputSpec spec;
  if (text == "-") {
    spec.type = OutputType::kTar;
    spec.dest = "-";
    return spec;
  }
  if (text.find('=') == std::string_view::npos) {
    spec.type = OutputType::kLocal;
    spec.dest = text;
    return spec;
  }
  std::vector<std::string> fields = split_fields(text);
  // The type decides defaults that other keys override, so it comes first wherever it stands.
  for (bool types : {true, false}) {
    for (const std::string& field : fields) {
      std::size_t equals = field.find('=');
      std::string key(trim(std::string_view(field).substr(0, equals)));
      if (equals == std::string::npos) {
        throw Error::of(ErrorKind::kUsage, "--output: \"{}\" is not KEY=VALUE", field);
      }
      if ((key == "type") == types) set(spec, key, field.substr(equals + 1));
    }
  }
  // `type=docker` without a destination is docker's way to say "load it": here, keep it.
  if (spec.type == OutputType::kDocker && spec.dest.empty()) spec.type = OutputType::kImage;
  if (spec.type == OutputType::kRegistry) spec.push = true;
  check(spec);
  return spec;
}

bool rewrites_timestamps(const std::vector<OutputSpec>& specs) {
  std::optional<bool> all;
  for (const OutputSpec& spec : specs) {
    if (spec.is_tree()) continue;
    bool one = spec.rewrite_timestamp.value_or(false);
    if (all.value_or(one) != one) {
      throw Error(ErrorKind::kUsage,
                  "--output: rewrite-timestamp must be the same for all outputs of a build");
    }
    all = one;
  }
  return all.value_or(false);
}

}  // namespace cairn::output
