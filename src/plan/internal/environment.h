// SPDX-License-Identifier: Apache-2.0
//
// Variables in order. A variable that is set again moves to the end, as in BuildKit's EnvList,
// because RUN sees this order.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dockerfile/expand.h"

namespace cairn::plan {

class Environment {
 public:
  void set(std::string_view name, std::string_view value);
  void erase(std::string_view name);
  std::optional<std::string> find(std::string_view name) const;
  std::vector<std::string> list() const;  // "K=V"
  std::vector<std::string> names() const;

  // For expansion. Borrows this object.
  dockerfile::Variables variables() const;

 private:
  std::vector<std::optional<std::pair<std::string, std::string>>> entries_;
  std::map<std::string, std::size_t, std::less<>> where_;
};

// Splits "K=V". A text without "=" is a name with an empty value.
std::pair<std::string, std::string> split_variable(std::string_view text);
// Sets K in a list of "K=V": in place if it exists, otherwise at the end.
void set_variable(std::vector<std::string>& list, std::string_view name, std::string_view value);

}  // namespace cairn::plan
