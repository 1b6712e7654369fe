// SPDX-License-Identifier: Apache-2.0
//
// Lets fmt print every type that has `std::string format_as(const T&)` beside it. fmt 10 does so by
// itself; fmt 9, which Debian bookworm has, knows format_as for enums only.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

#if FMT_VERSION < 100000
template <typename T>
requires requires(const T& value) {
  { format_as(value) } -> std::same_as<std::string>;
}
struct fmt::formatter<T> : fmt::formatter<std::string_view> {
  template <typename Context>
  auto format(const T& value, Context& context) const {
    return fmt::formatter<std::string_view>::format(format_as(value), context);
  }
};
#endif
