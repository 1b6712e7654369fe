// SPDX-License-Identifier: Apache-2.0
//
// Works from the stored inputs alone, as no Dockerfile is at hand when `cairn du` or a collection
// asks. Output is one line without control characters: a RUN may be a whole script.
#include "cache/describe_record.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "cache/record.h"

namespace cairn::cache {
namespace {

using Inputs = decltype(StepRecord::inputs);

// Empty for a record that is not a step's.
Inputs parse(const std::string& text) {
  std::optional<Record> record = parse_record(text);
  auto* step = record ? std::get_if<StepRecord>(&*record) : nullptr;
  return step != nullptr ? std::move(step->inputs) : Inputs();
}

std::string value_of(const Inputs& inputs, std::string_view name) {
  auto found = std::ranges::find(inputs, name, &Inputs::value_type::first);
  return found == inputs.end() ? "" : found->second;
}

std::string command_of(const Inputs& inputs) {
  Json argv = Json::array();
  for (const auto& [name, value] : inputs) {
    if (name == "argv") argv.push_back(value);
  }
  bool is_shell = argv.size() == 3 && argv[1] == "-c";
  return is_shell ? argv[2].get<std::string>() : argv.dump();
}

// The sources of a COPY: the names of files, or the paths.
std::string sources_of(const Inputs& inputs) {
  std::string text;
  for (const auto& [name, value] : inputs) {
    if (name.starts_with("source ")) text += name.substr(7) + " ";
    if (name == "path") text += value + " ";
    if (name.starts_with("inline ")) text += "<<" + name.substr(7) + " ";
  }
  return text;
}

}  // namespace

std::string step_op(const std::string& inputs) {
  return value_of(parse(inputs), "op");
}

std::string describe_record(const std::string& text) {
  Inputs inputs = parse(text);
  std::string op = value_of(inputs, "op");
  std::string out;
  if (op == "run") out = "RUN " + command_of(inputs);
  if (op == "copy" || op == "copy by definition")
    out = "COPY " + sources_of(inputs) + value_of(inputs, "dest");
  if (op == "workdir") out = "WORKDIR " + value_of(inputs, "path");
  if (op == "http") out = "remote file: " + value_of(inputs, "filename");
  if (op == "git") out = "checkout of " + value_of(inputs, "commit");
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return out;
}

}  // namespace cairn::cache
