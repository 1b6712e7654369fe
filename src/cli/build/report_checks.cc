// SPDX-License-Identifier: Apache-2.0
//
// The findings of build checks in the forms of buildx: its text and JSON for `--call=check`, its
// summary below a build, and the base64 fields of --metadata-file. Texts and field names are copied
// exactly, since scripts read them.
#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/foreign_text.h"
#include "base/json.h"
#include "base/logins.h"
#include "cli/build/reports.h"

namespace cairn::cli {
namespace {

using dockerfile::Diagnostic;

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

Json source_json(const SourceText& source) {
  return {{"filename", source.name},
          {"language", "Dockerfile"},
          {"data", encode_base64(mask_logins(source.text))}};
}

Json ranges_json(const SourceSpan& span) {
  Json ranges = Json::array();
  // BuildKit has one range for each line of an instruction.
  for (int line = span.first_line; line <= span.last_line; ++line) {
    ranges.push_back({{"start", {{"line", line}}}, {"end", {{"line", line}}}});
  }
  return ranges;
}

Json warning_json(const Diagnostic& found) {
  Json out = {{"ruleName", found.rule->name},
              {"description", found.rule->description},
              {"detail", found.message},
              {"location", location_json(found.span)}};
  if (!found.rule->url.empty()) out["url"] = found.rule->url;
  return out;
}

}  // namespace

Json location_json(const SourceSpan& span) {
  if (span.first_line < 1) return Json::object();
  return {{"ranges", ranges_json(span)}};
}

std::string check_text(const std::vector<Diagnostic>& found, const std::string& shown) {
  if (found.empty()) return "Check complete, no warnings found.\n";
  std::string out = fmt::format("Check complete, {} been found!\n",
                                counted(found.size(), "warning has", "warnings have"));
  std::vector<Diagnostic> sorted = found;
  // BuildKit prints findings by line. Stable, so that several of one line keep their order.
  std::ranges::stable_sort(sorted, {}, [](const Diagnostic& one) { return one.span.first_line; });
  std::shared_ptr<const SourceText> source;
  for (Diagnostic& one : sorted) {
    // The excerpt names the file as the user did, not as the build does.
    if (!source) source = std::make_shared<SourceText>(SourceText{shown, one.span.source->text});
    one.span.source = source;
    out +=
        fmt::format("\nWARNING: {}{}{}\n{}\n{}", one.rule->name, one.rule->url.empty() ? "" : " - ",
                    one.rule->url, legible(one.message), excerpt(one.span));
  }
  return out;
}

Json check_json(const std::vector<Diagnostic>& found, const SourceText& source,
                const std::optional<Error>& failure) {
  Json out = {{"warnings", nullptr}, {"sources", Json::array({source_json(source)})}};
  for (const Diagnostic& one : found) out["warnings"].push_back(warning_json(one));
  if (failure) {
    // An error may be about another text; then it has no place in this one.
    bool is_here =
        failure->span() && failure->span()->source && failure->span()->source->name == source.name;
    out["buildError"] = {{"message", failure->message()},
                         {"location", is_here ? location_json(*failure->span()) : Json::object()}};
  }
  return out;
}

std::string warnings_text(const std::vector<Diagnostic>& found, bool colored) {
  if (found.empty()) return "";
  std::string head = fmt::format("{} found (use cairn check to expand):\n",
                                 counted(found.size(), "warning", "warnings"));
  std::string out = "\n " + (colored ? "\x1b[33m" + head + "\x1b[0m" : head);
  for (const Diagnostic& one : found) out += fmt::format(" - {}\n", legible(short_text(one)));
  return out;
}

Json warnings_json(const std::vector<Diagnostic>& found) {
  Json out = Json::array();
  for (const Diagnostic& one : found) {
    Json warning = {{"level", 1},
                    {"short", encode_base64(short_text(one))},
                    {"detail", Json::array({encode_base64(std::string(one.rule->description))})},
                    {"sourceInfo", source_json(*one.span.source)},
                    {"range", ranges_json(one.span)}};
    if (!one.rule->url.empty()) warning["url"] = one.rule->url;
    out.push_back(std::move(warning));
  }
  return out;
}

}  // namespace cairn::cli
