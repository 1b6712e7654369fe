// SPDX-License-Identifier: Apache-2.0
//
// A key means the same for every type; where types differ, a trait in the list of exporters says
// so. The last setting of a key counts. What contradicts is refused here, before the build.
#include "output/parse_output.h"

#include <charconv>

#include "base/error.h"
#include "base/text.h"

namespace cairn::output {
namespace {

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

// Fields are separated by commas; a field in double quotes may contain commas (CSV, as docker reads
// it).
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

const ExporterType& parse_type(const std::string& value, std::span<const ExporterType> types) {
  if (const ExporterType* type = find_exporter(value, types)) return *type;
  std::vector<std::string> names;
  for (const ExporterType& known : types) names.emplace_back(known.name);
  throw Error::of(ErrorKind::kUsage, "--output: unknown type \"{}\"{}", value,
                  did_you_mean(value, names));
}

struct Field {
  std::string key, value;
};

Field parse_field(const std::string& field) {
  std::size_t equals = field.find('=');
  if (equals == std::string::npos) {
    throw Error::of(ErrorKind::kUsage, "--output: \"{}\" is not KEY=VALUE", field);
  }
  return {.key = std::string(trim(std::string_view(field).substr(0, equals))),
          .value = field.substr(equals + 1)};
}

// Only reads values; whether they fit together is checked when all keys are known.
void set(OutputSpec& spec, const std::string& key, const std::string& value) {
  if (key == "dest" || key == "destination") {
    spec.dest = value;
  } else if (key == "name") {
    for (const std::string& name : split(value, ',')) {
      spec.names.push_back(oci::Reference::parse_tag(name));
    }
  } else if (key == "tar") {
    spec.tar = parse_bool(key, value);
  } else if (key == "push") {
    spec.push = parse_bool(key, value);
  } else if (key == "registry.insecure") {
    spec.insecure = parse_bool(key, value);
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
    throw Error::of(
        ErrorKind::kUsage, "--output: unknown key \"{}\"{}", key,
        did_you_mean(key, {"type", "dest", "name", "tar", "push", "registry.insecure",
                           "platform-split", "oci-mediatypes", "compression", "compression-level",
                           "force-compression", "rewrite-timestamp"}));
  }
}

// Contradictions fail here, before the build, and name the key.
void check(const OutputSpec& spec) {
  if (spec.blobs.level && !has_level(spec.blobs.compression, *spec.blobs.level)) {
    throw Error::of(
        ErrorKind::kUsage,
        "--output: compression-level={} is out of range: gzip has 0 to 9, zstd 1 to 22, "
        "uncompressed none",
        *spec.blobs.level);
  }
  bool is_file = spec.is_file(), is_directory = spec.is_directory();
  if ((is_file || is_directory) && spec.dest.empty()) {
    throw Error(ErrorKind::kUsage, "--output: dest= is missing");
  }
  if (spec.platform_split && !spec.is_tree()) {
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

// `type=docker` without a destination is docker's way to say "load it"; here that is an image in
// the store.
void turn_into_image(OutputSpec& spec) {
  OutputSpec image;
  spec.type = image.type;
  spec.traits = image.traits;
}

}  // namespace

OutputSpec parse_output_spec(std::string_view text, std::span<const ExporterType> types) {
  bool is_tar = text == "-";
  if (is_tar || text.find('=') == std::string_view::npos) {
    OutputSpec spec = spec_of(parse_type(is_tar ? "tar" : "local", types));
    spec.dest = text;
    return spec;
  }
  std::vector<Field> fields;
  for (const std::string& field : split_fields(text)) fields.push_back(parse_field(field));
  // The type sets defaults that other keys override, so it is applied first, wherever it stands.
  OutputSpec spec;
  for (const Field& field : fields) {
    if (field.key == "type") spec = spec_of(parse_type(field.value, types));
  }
  for (const Field& field : fields) {
    if (field.key != "type") set(spec, field.key, field.value);
  }
  if (spec.traits.may_be_loaded && spec.dest.empty()) turn_into_image(spec);
  // push=false cannot turn type=registry into something else.
  if (spec.traits.pushes) spec.push = true;
  check(spec);
  return spec;
}

}  // namespace cairn::output
