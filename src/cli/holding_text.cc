// SPDX-License-Identifier: Apache-2.0
#include "cli/holding_text.h"

#include <algorithm>
#include <map>
#include <regex>

#include "base/error.h"
#include "base/text.h"
#include "cache/step_text.h"
#include "dockerfile/duration.h"

namespace cairn::cli {
namespace {

using store::Holding;
using store::HoldingKind;

std::string names_of(const Holding& holding) {
  std::vector<std::string> names;
  for (const oci::Reference& name : holding.images) names.push_back(name.familiar());
  return join(names, ", ");
}

std::string layer_text(const Holding& layer) {
  std::string step = cache::step_text(layer.inputs);
  if (!step.empty() || layer.images.empty()) return step;
  return "layer of " + names_of(layer);
}

// --- filters ---

// The time before which something must have been used last.
Timestamp parse_until(const std::string& text) {
  if (std::optional<Timestamp> date = parse_rfc3339(text)) return *date;
  if (std::optional<std::uint64_t> seconds = parse_uint(text))
    return {.seconds = static_cast<std::int64_t>(*seconds)};
  try {
    return {.seconds = now().seconds - dockerfile::parse_duration(text) / 1'000'000'000};
  } catch (const Error&) {
    throw Error::of(ErrorKind::kUsage, "filter until: \"{}\" is neither a duration nor a date",
                    text)
        .with_hint("such as 24h, 90m or 2026-01-31T00:00:00Z");
  }
}

// An image is as old as it says it is, as for docker.
HoldingFilter until(const std::string& text) {
  return [time = parse_until(text)](const Holding& holding) {
    return (holding.kind == HoldingKind::kImage ? holding.created : holding.last_used) <= time;
  };
}

using Field = std::string (*)(const Holding&);
const std::map<std::string, Field> kFields = {
    {"id", [](const Holding& h) { return h.id; }},
    {"type", type_of},
    {"description", description_of},
    {"parents", [](const Holding& h) { return join(h.parents, ";"); }},
};

using Flag = bool (*)(const Holding&);
const std::map<std::string, Flag> kFlags = {
    {"inuse", [](const Holding& h) { return !is_reclaimable(h); }}, {"mutable", is_mutable},
    {"immutable", [](const Holding& h) { return !is_mutable(h); }}, {"shared", is_shared},
    {"private", [](const Holding& h) { return !is_shared(h); }},
};

HoldingFilter field_filter(Field field, char how, const std::string& value) {
  if (how == '!') return [=](const Holding& h) { return field(h) != value; };
  if (how != '~') return [=](const Holding& h) { return field(h) == value; };
  try {
    std::regex pattern(value);
    return [=](const Holding& h) { return std::regex_search(field(h), pattern); };
  } catch (const std::regex_error&) {
    throw Error::of(ErrorKind::kUsage, "filter: \"{}\" is no regular expression", value);
  }
}

HoldingFilter parse_filter(const std::string& text) {
  std::size_t equals = text.find('=');
  std::string key = text.substr(0, equals);
  std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
  if (auto flag = kFlags.find(key); flag != kFlags.end() && (value.empty() || value == "true"))
    return flag->second;
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

std::string type_of(const Holding& holding) {
  switch (holding.kind) {
    case HoldingKind::kSnapshot:
      return cache::step_op(holding.inputs) == "git" ? "source.git.checkout" : "regular";
    case HoldingKind::kImage: return "image";
    case HoldingKind::kBlob: return "blob";
    case HoldingKind::kCacheMount: return "exec.cachemount";
    case HoldingKind::kContextIndex: return "source.local";
  }
  return "";
}

std::string description_of(const Holding& holding) {
  switch (holding.kind) {
    case HoldingKind::kSnapshot: return layer_text(holding);
    case HoldingKind::kImage:
      return holding.images.empty() ? "image without a name" : "image " + names_of(holding);
    case HoldingKind::kBlob: return "of no image";
    case HoldingKind::kCacheMount: return "cache mount " + holding.name;
    case HoldingKind::kContextIndex: return "what is known of files of a build context";
  }
  return "";
}

bool is_mutable(const Holding& holding) {
  return holding.kind == HoldingKind::kCacheMount || holding.kind == HoldingKind::kContextIndex;
}

bool is_reclaimable(const Holding& holding) {
  return !holding.needed && !holding.in_use;
}

bool is_shared(const Holding& holding) {
  return holding.recorded && holding.needed;
}

HoldingFilter parse_filters(const std::vector<std::string>& filters) {
  std::vector<HoldingFilter> all;
  for (const std::string& filter : filters) all.push_back(parse_filter(filter));
  return [all](const Holding& holding) {
    return std::ranges::all_of(all, [&](const HoldingFilter& filter) { return filter(holding); });
  };
}

}  // namespace cairn::cli
