// SPDX-License-Identifier: Apache-2.0
//
// A record of the store in words. Types and filters are those of `docker buildx du`; a kind of ours
// that buildx does not have gets the closest type, or a name of its own.
#include "cli/store/usage_text.h"

#include <algorithm>
#include <map>
#include <regex>

#include "base/attempt.h"
#include "base/error.h"
#include "base/logins.h"
#include "base/text.h"
#include "cache/describe_record.h"
#include "dockerfile/duration.h"

namespace cairn::cli {
namespace {

using store::UsageKind;
using store::UsageRecord;

std::string names_of(const UsageRecord& record) {
  std::vector<std::string> names;
  for (const oci::Reference& name : record.images) names.push_back(name.familiar());
  return join(names, ", ");
}

// The step that made the layer, or the image that brought it.
std::string layer_text(const UsageRecord& layer) {
  std::string step = cache::describe_record(layer.inputs);
  if (!step.empty() || layer.images.empty()) return step;
  return "layer of " + names_of(layer);
}

// --- filters ---

// The time before which something must have been last used.
Timestamp parse_until(const std::string& text) {
  if (std::optional<Timestamp> date = parse_rfc3339(text)) return *date;
  if (std::optional<std::uint64_t> seconds = parse_uint(text))
    return {.seconds = static_cast<std::int64_t>(*seconds)};
  if (auto nanoseconds = if_possible([&] { return dockerfile::parse_duration(text); }))
    return {.seconds = now().seconds - *nanoseconds / 1'000'000'000};
  throw Error::of(ErrorKind::kUsage, "filter until: \"{}\" is neither a duration nor a date", text)
      .with_hint("such as 24h, 90m or 2026-01-31T00:00:00Z");
}

// An image's age is the creation time it states, as in docker; for everything else the last use
// counts.
HoldingFilter until(const std::string& text) {
  return [time = parse_until(text)](const UsageRecord& record) {
    return (record.kind == UsageKind::kImage ? record.created : record.last_used) <= time;
  };
}

using Field = std::string (*)(const UsageRecord&);
const std::map<std::string, Field> kFields = {
    {"id", [](const UsageRecord& h) { return h.id; }},
    {"type", type_of},
    {"description", description_of},
    {"parents", [](const UsageRecord& h) { return join(parents_of(h), ";"); }},
};

using Flag = bool (*)(const UsageRecord&);
const std::map<std::string, Flag> kFlags = {
    {"inuse", [](const UsageRecord& h) { return !is_reclaimable(h); }}, {"mutable", is_mutable},
    {"immutable", [](const UsageRecord& h) { return !is_mutable(h); }}, {"shared", is_shared},
    {"private", [](const UsageRecord& h) { return !is_shared(h); }},
};

HoldingFilter field_filter(Field field, char how, const std::string& value) {
  if (how == '!') return [=](const UsageRecord& h) { return field(h) != value; };
  if (how != '~') return [=](const UsageRecord& h) { return field(h) == value; };
  try {
    std::regex pattern(value);
    return [=](const UsageRecord& h) { return std::regex_search(field(h), pattern); };
  } catch (const std::regex_error&) {
    throw Error::of(ErrorKind::kUsage, "filter: \"{}\" is no regular expression", value);
  }
}

// The operator is the last character of the key: "id~", "type!".
HoldingFilter parse_filter(const std::string& text) {
  std::size_t equals = text.find('=');
  std::string key = text.substr(0, equals);
  std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
  if (auto flag = kFlags.find(key); flag != kFlags.end() && (value.empty() || value == "true"))
    return flag->second;
  // An id matches by a part of it, so that short ids work.
  char how = '=';
  if (key.ends_with('!') || key.ends_with('~')) {
    how = key.back();
    key.pop_back();
  } else if (key == "id") {
    how = '~';
  }
  if (equals != std::string::npos) {
    if (key == "until" || key == "unused-for") return until(value);
    if (auto field = kFields.find(key); field != kFields.end())
      return field_filter(field->second, how, value);
  }
  throw Error::of(ErrorKind::kUsage, "unknown filter: {}", text)
      .with_hint(
          "until=24h, id=, type=, description~=, parents=, inuse, mutable, immutable, shared "
          "and private are known");
}

}  // namespace

std::vector<std::string> parents_of(const UsageRecord& record) {
  std::vector<std::string> texts;
  for (const store::SnapshotId& id : record.parents) texts.push_back(id.text());
  return texts;
}

std::string type_of(const UsageRecord& record) {
  switch (record.kind) {
    case UsageKind::kSnapshot:
      return cache::step_op(record.inputs) == "git" ? "source.git.checkout" : "regular";
    case UsageKind::kImage: return "image";
    case UsageKind::kBlob: return "blob";
    case UsageKind::kCacheMount: return "exec.cachemount";
    case UsageKind::kContextIndex: return "source.local";
  }
  return "";
}

std::string description_of(const UsageRecord& record) {
  switch (record.kind) {
    case UsageKind::kSnapshot: return mask_logins(layer_text(record));
    case UsageKind::kImage:
      return record.images.empty() ? "image without a name" : "image " + names_of(record);
    case UsageKind::kBlob: return "of no image";
    case UsageKind::kCacheMount: return "cache mount " + mask_logins(record.name);
    case UsageKind::kContextIndex: return "what is known of files of a build context";
  }
  return "";
}

bool is_mutable(const UsageRecord& record) {
  return record.kind == UsageKind::kCacheMount || record.kind == UsageKind::kContextIndex;
}

// Whatever neither an image needs nor a running process uses.
bool is_reclaimable(const UsageRecord& record) {
  return !record.needed && !record.in_use;
}

bool is_shared(const UsageRecord& record) {
  return record.recorded && record.needed;
}

HoldingFilter parse_filters(const std::vector<std::string>& filters) {
  std::vector<HoldingFilter> all;
  for (const std::string& filter : filters) all.push_back(parse_filter(filter));
  return [all](const UsageRecord& record) {
    return std::ranges::all_of(all, [&](const HoldingFilter& filter) { return filter(record); });
  };
}

}  // namespace cairn::cli
