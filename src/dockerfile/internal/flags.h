// SPDX-License-Identifier: Apache-2.0
//
// The flags of one instruction, checked against those that it accepts.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/syntax_tree.h"

namespace cairn::dockerfile {

enum class FlagKind { kBool, kText, kList };  // only a list may be repeated

struct FlagSpec {
  std::string_view name;
  FlagKind kind;
};

class Flags {
 public:
  // Throws kDockerfile with the span of the wrong flag.
  Flags(const Node& node, std::initializer_list<FlagSpec> known);

  std::string text(std::string_view name, std::string_view otherwise = "") const;
  std::vector<std::string> list(std::string_view name) const;
  std::optional<bool> truth(std::string_view name) const;  // nullopt when it was not given

 private:
  void take(const std::string& flag, std::initializer_list<FlagSpec> known);

  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace cairn::dockerfile
