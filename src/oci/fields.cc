// SPDX-License-Identifier: Apache-2.0
//
// Follows Go's encoding/json where that decides what other tools accept: null is as good as absent,
// and a value of the wrong type is an error. nlohmann-json's own accessors would convert or throw
// exceptions without the name of the key.
#include "oci/internal/fields.h"

#include "base/error.h"
#include "base/json.h"

namespace cairn::oci {

Fields::Fields(const Json& object, std::string_view what) : object_(object), what_(what) {
  if (!object.is_object()) throw Error::of(ErrorKind::kCorrupt, "{} is not a JSON object", what);
}

void Fields::fail(const char* key, std::string_view expected) const {
  throw Error::of(ErrorKind::kCorrupt, "{}: \"{}\" is not {}", what_, key, expected);
}

const Json* Fields::find(const char* key) const {
  auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::string Fields::text(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_string()) fail(key, "a string");
  return value->get<std::string>();
}

// An empty string is as bad as an absent key.
std::string Fields::required_text(const char* key) const {
  std::string value = text(key);
  if (value.empty()) throw Error::of(ErrorKind::kCorrupt, "{} has no \"{}\"", what_, key);
  return value;
}

std::optional<std::int64_t> Fields::find_integer(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  // The parser keeps a number above 2^63 as unsigned, and get<int64_t>() would wrap it.
  bool fits = value->is_number_integer() &&
              (!value->is_number_unsigned() || value->get<std::uint64_t>() <= INT64_MAX);
  if (!fits) fail(key, "a whole number");
  return value->get<std::int64_t>();
}

std::int64_t Fields::integer(const char* key) const {
  return find_integer(key).value_or(0);
}

bool Fields::flag(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) fail(key, "true or false");
  return value->get<bool>();
}

// Distinguishes an absent list from an empty one, which matters for Cmd and Entrypoint.
std::optional<std::vector<std::string>> Fields::find_texts(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_array()) fail(key, "a list of strings");
  std::vector<std::string> out;
  for (const Json& item : *value) {
    if (!item.is_string()) fail(key, "a list of strings");
    out.push_back(item.get<std::string>());
  }
  return out;
}

std::vector<std::string> Fields::texts(const char* key) const {
  return find_texts(key).value_or(std::vector<std::string>());
}

std::map<std::string, std::string> Fields::text_map(const char* key) const {
  std::map<std::string, std::string> out;
  const Json* value = find_object(key);
  if (value == nullptr) return out;
  for (const auto& item : value->items()) {
    if (!item.value().is_string()) fail(key, "a map of strings");
    out[item.key()] = item.value().get<std::string>();
  }
  return out;
}

// The values are ignored, as in Docker, where they are empty structs.
std::set<std::string> Fields::keys(const char* key) const {
  std::set<std::string> out;
  const Json* value = find_object(key);
  if (value == nullptr) return out;
  for (const auto& item : value->items()) out.insert(item.key());
  return out;
}

std::optional<Timestamp> Fields::time(const char* key) const {
  std::string value = text(key);
  if (value.empty()) return std::nullopt;
  std::optional<Timestamp> time = parse_rfc3339(value);
  if (!time) fail(key, "a time as RFC 3339 writes it");
  return time;
}

const Json* Fields::find_array(const char* key, std::size_t limit) const {
  const Json* value = find(key);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) fail(key, "a list");
  // Checked before the caller copies the entries.
  if (value->size() > limit) {
    throw Error::of(ErrorKind::kCorrupt, "{}: \"{}\" has {} entries, more than the {} allowed",
                    what_, key, value->size(), limit);
  }
  return value;
}

const Json* Fields::find_object(const char* key) const {
  const Json* value = find(key);
  if (value != nullptr && !value->is_object()) fail(key, "an object");
  return value;
}

}  // namespace cairn::oci
