// SPDX-License-Identifier: Apache-2.0
//
// The text forms of records, told apart by their JSON: a step is an array of pairs, sources are an
// array of strings, unread copies are an array of objects (or empty), and the others are objects
// with different members. A new kind must differ from all of these, since stores of earlier
// versions are still read.
#include "cache/record.h"

#include <algorithm>

#include "base/attempt.h"
#include "base/error.h"
#include "base/json.h"

namespace cairn::cache {
namespace {

constexpr const char* kSameAs = "same as";
constexpr const char* kEtag = "etag";
constexpr const char* kInto = "into";
constexpr const char* kKey = "key";
constexpr const char* kSources = "sources";

Json to_json(const std::vector<SnapshotId>& ids) {
  Json json = Json::array();
  for (const SnapshotId& id : ids) json.push_back(id.text());
  return json;
}

std::vector<SnapshotId> parse_snapshots(const Json& json) {
  std::vector<SnapshotId> ids;
  for (const Json& id : json) ids.push_back(SnapshotId::parse(id.get<std::string>()));
  return ids;
}

struct ToJson {
  Json operator()(const StepRecord& step) const {
    Json json = Json::array();
    for (const auto& [name, value] : step.inputs) json.push_back({name, value});
    return json;
  }
  Json operator()(const AliasRecord& alias) const {
    Json json{{kSameAs, alias.of.str()}};
    if (!alias.etag.empty()) json[kEtag] = alias.etag;
    return json;
  }
  Json operator()(const CopiedLineRecord&) const { return Json::object(); }
  Json operator()(const CopyHistoryRecord& history) const { return {{kInto, history.directory}}; }
  Json operator()(const SourcesRecord& sources) const { return to_json(sources.snapshots); }
  Json operator()(const UnreadCopiesRecord& unread) const {
    Json json = Json::array();
    for (const UnreadCopiesRecord::Copy& copy : unread.copies) {
      json.push_back(Json{{kKey, copy.key.str()}, {kSources, to_json(copy.sources)}});
    }
    return json;
  }
};

Record parse_object(const Json& json) {
  if (json.contains(kSameAs)) {
    return AliasRecord{.of = StepKey::parse(json.at(kSameAs).get<std::string>()),
                       .etag = json.value(kEtag, "")};
  }
  if (json.contains(kInto)) return CopyHistoryRecord{json.at(kInto).get<std::string>()};
  return CopiedLineRecord{};
}

Record parse_array(const Json& json) {
  if (json.empty() || json[0].is_object()) {
    UnreadCopiesRecord unread;
    for (const Json& copy : json) {
      unread.copies.push_back({.key = StepKey::parse(copy.at(kKey).get<std::string>()),
                               .sources = parse_snapshots(copy.at(kSources))});
    }
    return unread;
  }
  if (json[0].is_string()) return SourcesRecord{parse_snapshots(json)};
  StepRecord step;
  for (const Json& input : json) {
    step.inputs.emplace_back(input.at(0).get<std::string>(), input.at(1).get<std::string>());
  }
  return step;
}

std::optional<Record> parse_value(const Json& json) {
  if (json.is_object()) return parse_object(json);
  if (json.is_array()) return parse_array(json);
  return std::nullopt;
}

}  // namespace

std::string to_text(const Record& record) {
  return canonical(std::visit(ToJson{}, record));
}

std::optional<Record> parse_record(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  // A member may have the wrong type, and a digest may be malformed.
  return if_possible([&] { return reading_json("a record", [&] { return parse_value(json); }); });
}

}  // namespace cairn::cache
