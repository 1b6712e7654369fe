// SPDX-License-Identifier: Apache-2.0
//
// The value of --call is a list with commas: the name of a call first, then key=value fields. A
// call needs less than a build: no namespaces unless its context has to be fetched.
#include "cli/build/call.h"

#include <map>

#include "base/error.h"
#include "base/text.h"

namespace cairn::cli {
namespace {

const std::map<std::string, CallKind>& kinds() {
  static const std::map<std::string, CallKind> known = {
      {"build", CallKind::kBuild},     {"check", CallKind::kCheck},
      {"lint", CallKind::kCheck},      {"outline", CallKind::kOutline},
      {"targets", CallKind::kTargets}, {"subrequests.describe", CallKind::kDescribe}};
  return known;
}

CallKind kind_of(const std::string& name) {
  auto found = kinds().find(name);
  if (found != kinds().end()) return found->second;
  std::vector<std::string> names;
  for (const auto& entry : kinds()) names.push_back(entry.first);
  throw Error::of(ErrorKind::kUsage, "--call={}: not one of build, check, outline, targets{}", name,
                  did_you_mean(name, names));
}

}  // namespace

Call parse_call(const std::string& text) {
  Call call;
  std::string name;
  for (const std::string& field : split(text, ',')) {
    std::size_t sign = field.find('=');
    std::string key = field.substr(0, sign);
    std::string value = sign == std::string::npos ? "" : field.substr(sign + 1);
    if (sign == std::string::npos && name.empty()) {
      name = field;
    } else if (key == "format" && (value == "json" || value == "text")) {
      call.json = value == "json";
    } else if (key == "ignorestatus" && (value == "true" || value == "false")) {
      call.ignore_status = value == "true";
    } else {
      throw Error::of(ErrorKind::kUsage, "--call={}: \"{}\" is no part of it", text, field)
          .with_hint("write --call=check,format=json or --call=check,ignorestatus=true");
    }
  }
  call.kind = kind_of(name.empty() ? "build" : name);
  return call;
}

Needs needs_of(const Call& call, const BuildFlags& flags) {
  if (call.kind == CallKind::kDescribe) return Needs::kNothing;
  // The answers need the configs of base images, which may be in the store.
  return call.kind == CallKind::kBuild || source::must_fetch(context_request(flags))
             ? Needs::kLauncherOnDemand
             : Needs::kStore;
}

}  // namespace cairn::cli
