// SPDX-License-Identifier: Apache-2.0
//
// A list in which changed entries leave holes, and an index by name. Setting a variable is O(log n)
// that way, and iterating gives the order of the last changes.
#include "plan/internal/environment.h"

namespace cairn::plan {

void Environment::set(std::string_view name, std::string_view value) {
  auto found = where_.find(name);
  if (found != where_.end()) {
    // Leaves a hole; the entry moves to the end.
    entries_[found->second].reset();
    found->second = entries_.size();
  } else {
    where_.emplace(name, entries_.size());
  }
  entries_.emplace_back(std::in_place, name, value);
}

void Environment::erase(std::string_view name) {
  auto found = where_.find(name);
  if (found == where_.end()) return;
  entries_[found->second].reset();
  where_.erase(found);
}

std::optional<std::string> Environment::find(std::string_view name) const {
  auto found = where_.find(name);
  if (found == where_.end()) return std::nullopt;
  return entries_[found->second]->second;
}

std::vector<std::string> Environment::list() const {
  std::vector<std::string> out;
  out.reserve(where_.size());
  for (const auto& entry : entries_) {
    if (entry) out.push_back(entry->first + "=" + entry->second);
  }
  return out;
}

std::vector<std::string> Environment::names() const {
  std::vector<std::string> out;
  for (const auto& entry : entries_) {
    if (entry) out.push_back(entry->first);
  }
  return out;
}

dockerfile::Variables Environment::variables() const {
  return [this](std::string_view name) { return find(name); };
}

std::pair<std::string, std::string> split_variable(std::string_view text) {
  std::size_t sign = text.find('=');
  if (sign == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, sign)), std::string(text.substr(sign + 1))};
}

void set_variable(std::vector<std::string>& list, std::string_view name, std::string_view value) {
  std::string text = std::string(name) + "=" + std::string(value);
  for (std::string& entry : list) {
    if (std::string_view(entry).substr(0, entry.find('=')) != name) continue;
    entry = std::move(text);
    return;
  }
  list.push_back(std::move(text));
}

}  // namespace cairn::plan
