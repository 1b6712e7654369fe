// SPDX-License-Identifier: Apache-2.0
//
// Properties over seeds: a test says what holds for every input, and checks it on some hundred that
// are made from seeds, the same ones each run. On failure doctest shows the seed by CAPTURE(seed).
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace cairn::test {

// A source of choices. std::mt19937 gives the same numbers everywhere, the distributions of the
// standard library do not, so none is used.
class Seeded {
 public:
  explicit Seeded(unsigned seed) : random_(seed) {}

  // 0 to sides - 1.
  std::size_t roll(std::size_t sides) { return random_() % sides; }
  bool flip() { return roll(2) == 0; }
  template <typename List>
  const auto& pick(const List& list) {
    return list[roll(list.size())];
  }
  // Up to `longest` characters out of these.
  std::string text(std::string_view characters, std::size_t longest) {
    std::string out(roll(longest + 1), ' ');
    for (char& c : out) c = pick(characters);
    return out;
  }

 private:
  std::mt19937 random_;
};

}  // namespace cairn::test
