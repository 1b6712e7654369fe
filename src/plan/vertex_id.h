// SPDX-License-Identifier: Apache-2.0
//
// The id of a vertex, and what is kept for each vertex of a plan. Ids of another kind, such as
// those of progress events, do not convert to it. Values; not locked.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"

namespace cairn::plan {

// A position in one plan. The inputs of a vertex always come before it.
struct VertexId {
  std::size_t index = 0;

  auto operator<=>(const VertexId&) const = default;
  VertexId& operator++() {
    ++index;
    return *this;
  }
};

inline std::string format_as(VertexId id) {
  return std::to_string(id.index);
}

// A vector with one element for each vertex of a plan, indexed by id.
template <typename T>
class PerVertex {
 public:
  PerVertex() = default;
  explicit PerVertex(std::size_t size) : values_(size) {}
  PerVertex(std::size_t size, const T& value) : values_(size, value) {}

  // Returns the id of the new element.
  VertexId add(T value) {
    values_.push_back(std::move(value));
    return {values_.size() - 1};
  }

  // decltype(auto), since the elements of vector<bool> are proxies.
  decltype(auto) operator[](VertexId id) { return values_[id.index]; }
  decltype(auto) operator[](VertexId id) const { return values_[id.index]; }
  decltype(auto) at(VertexId id) const { return values_.at(id.index); }
  decltype(auto) back() const { return values_.back(); }

  bool has(VertexId id) const { return id.index < values_.size(); }
  std::size_t size() const { return values_.size(); }
  // One past the last id: `for (VertexId id; id < vertices.end_id(); ++id)`.
  VertexId end_id() const { return {values_.size()}; }

  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }
  auto rbegin() const { return values_.rbegin(); }
  auto rend() const { return values_.rend(); }

 private:
  std::vector<T> values_;
};

}  // namespace cairn::plan
