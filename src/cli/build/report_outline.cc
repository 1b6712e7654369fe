// SPDX-License-Identifier: Apache-2.0
//
// Answers to outline, targets and subrequests.describe in the forms of buildx: field names, column
// heads and gaps are copied exactly, since scripts read them.
#include <fmt/format.h>

#include "base/base64.h"
#include "base/foreign_text.h"
#include "base/json.h"
#include "base/logins.h"
#include "cli/build/reports.h"
#include "cli/table.h"

namespace cairn::cli {
namespace {

void set_unless_empty(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) json[key] = mask_logins(value);
}

// buildx leaves the column empty for what is not required.
std::string mounts_text(const char* title, const std::vector<plan::OutlineMount>& mounts) {
  if (mounts.empty()) return "";
  Table table({title, "REQUIRED"});
  for (const plan::OutlineMount& mount : mounts) {
    table.add({mask_logins(mount.id), mount.required ? "true" : ""});
  }
  return table.text() + "\n";
}

// buildx leaves "required" out if it is false.
Json mounts_json(const std::vector<plan::OutlineMount>& mounts) {
  Json out = Json::array();
  for (const plan::OutlineMount& mount : mounts) {
    out.push_back({{"name", mask_logins(mount.id)}, {"location", location_json(mount.span)}});
    if (mount.required) out.back()["required"] = true;
  }
  return out;
}

Json sources_json(const SourceText& source) {
  return Json::array({encode_base64(mask_logins(source.text))});
}

std::string stage_description(const dockerfile::Stage& stage) {
  return dockerfile::description_of(stage.from.origin, stage.from.name);
}

}  // namespace

// The last stage is the default one; it may have no name.
std::string targets_text(const dockerfile::Dockerfile& file) {
  Table table({"TARGET", "DESCRIPTION"}, 1);
  for (const dockerfile::Stage& stage : file.stages) {
    std::string name = stage.from.name;
    if (&stage == &file.stages.back()) name += name.empty() ? "(default)" : " (default)";
    table.add({name, mask_logins(stage_description(stage))});
  }
  return table.text();
}

Json targets_json(const dockerfile::Dockerfile& file) {
  Json targets = Json::array();
  for (const dockerfile::Stage& stage : file.stages) {
    Json target = {{"location", location_json(stage.from.origin.span)}};
    set_unless_empty(target, "name", stage.from.name);
    set_unless_empty(target, "description", stage_description(stage));
    set_unless_empty(target, "base", stage.from.base);
    set_unless_empty(target, "platform", stage.from.platform);
    if (&stage == &file.stages.back()) target["default"] = true;
    targets.push_back(std::move(target));
  }
  return {{"targets", targets}, {"sources", sources_json(*file.source)}};
}

std::string outline_text(const plan::Outline& outline) {
  std::string out;
  if (!outline.name.empty() || !outline.description.empty()) {
    Table table({"TARGET:", outline.name.empty() ? "(default)" : one_line(outline.name)}, 1);
    if (!outline.description.empty()) table.add({"DESCRIPTION:", mask_logins(outline.description)});
    out += table.text() + "\n";
  }
  if (!outline.args.empty()) {
    Table table({"BUILD ARG", "VALUE", "DESCRIPTION"});
    for (const plan::OutlineArg& arg : outline.args) {
      table.add({arg.name, mask_logins(arg.value), mask_logins(arg.description)});
    }
    out += table.text() + "\n";
  }
  return out + mounts_text("SECRET", outline.secrets) + mounts_text("SSH", outline.ssh);
}

Json outline_json(const plan::Outline& outline, const SourceText& source) {
  Json out = {{"sources", sources_json(source)}};
  set_unless_empty(out, "name", outline.name);
  set_unless_empty(out, "description", outline.description);
  for (const plan::OutlineArg& arg : outline.args) {
    Json one = {{"name", arg.name}, {"location", location_json(arg.span)}};
    set_unless_empty(one, "value", arg.value);
    set_unless_empty(one, "description", arg.description);
    out["args"].push_back(std::move(one));
  }
  if (!outline.secrets.empty()) out["secrets"] = mounts_json(outline.secrets);
  if (!outline.ssh.empty()) out["ssh"] = mounts_json(outline.ssh);
  return out;
}

std::string describe_text() {
  Table table({"NAME", "VERSION", "DESCRIPTION"}, 1);
  // Made from the JSON, so that both list the same calls.
  for (const Json& call : describe_json()) {
    std::string name = call["name"].get<std::string>().substr(std::string_view("frontend.").size());
    table.add({name, call["version"].get<std::string>(), call["description"].get<std::string>()});
  }
  return table.text();
}

// BuildKit describes its subrequests with exactly these members, null ones included.
Json describe_json() {
  auto call = [](const char* name, const char* description) {
    return Json{{"name", fmt::format("frontend.{}", name)},
                {"version", "1.0.0"},
                {"type", "rpc"},
                {"description", description},
                {"opts", nullptr},
                {"inputs", nullptr},
                {"metadata",
                 {{{"name", "result.json"}, {"description", ""}},
                  {{"name", "result.txt"}, {"description", ""}}}},
                {"refs", nullptr}};
  };
  Json outline = call("outline", "List all parameters current build target supports");
  outline["opts"] = {{{"name", "target"}, {"description", "Target build stage"}}};
  Json targets = call("targets", "List all targets current build supports");
  targets["opts"] = Json::array();
  return Json::array(
      {outline, targets, call("subrequests.describe", "List available subrequest types")});
}

}  // namespace cairn::cli
