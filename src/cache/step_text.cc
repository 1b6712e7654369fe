// SPDX-License-Identifier: Apache-2.0
#include "cache/step_text.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace cairn::cache {
namespace {

using Inputs = std::vector<std::pair<std::string, std::string>>;

Inputs parse(const std::string& text) {
  Inputs inputs;
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_array()) return inputs;
  for (const Json& input : json) {
    if (!input.is_array() || input.size() != 2 || !input[0].is_string() || !input[1].is_string())
      return {};
    inputs.emplace_back(input[0], input[1]);
  }
  return inputs;
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

// What is copied: by the names it gives, or by path.
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

std::string step_text(const std::string& text) {
  Inputs inputs = parse(text);
  std::string op = value_of(inputs, "op");
  std::string out;
  if (op == "run") out = "RUN " + command_of(inputs);
  if (op == "copy" || op == "copy by definition")
    out = "COPY " + sources_of(inputs) + value_of(inputs, "dest");
  if (op == "workdir") out = "WORKDIR " + value_of(inputs, "path");
  if (op == "http") out = "file of the web: " + value_of(inputs, "filename");
  if (op == "git") out = "checkout of " + value_of(inputs, "commit");
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return out;
}

}  // namespace cairn::cache
