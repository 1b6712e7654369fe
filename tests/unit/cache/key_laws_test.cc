// SPDX-License-Identifier: Apache-2.0
//
// What holds for every key, over seeds: equal digests mean equal inputs. cache_key_test.cc says
// what is an input of which op.
#include <doctest/doctest.h>

#include <map>

#include "cache/cache_key.h"
#include "tests/support/seeds.h"

using namespace cairn;
using namespace cairn::cache;
using test::Seeded;

namespace {

// Texts that could be taken for the lengths and blanks between inputs.
constexpr std::string_view kConfusing = "01 2:=a\n";

CacheKey any_key(Seeded& seeded) {
  CacheKey key;
  for (std::size_t inputs = seeded.roll(4); inputs > 0; --inputs) {
    key.add(seeded.text(kConfusing, 3), seeded.text(kConfusing, 3));
  }
  return key;
}

}  // namespace

TEST_CASE("two different lists of inputs have different digests") {
  std::map<StepKey, CacheKey> known;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    Seeded seeded(seed);
    CacheKey key = any_key(seeded);
    auto [found, is_new] = known.try_emplace(key.step_key(), key);
    if (!is_new) {
      CAPTURE(seed);
      REQUIRE(found->second.inputs == key.inputs);
    }
  }
  CHECK(known.size() > 10'000);
}

TEST_CASE("bytes that move from one input to its neighbour change the digest") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    Seeded seeded(seed);
    std::string text = "x" + seeded.text(kConfusing, 8);
    std::map<StepKey, std::size_t> known;
    for (std::size_t split = 0; split <= text.size(); ++split) {
      CacheKey in_one, in_two;
      in_one.add(text.substr(0, split), text.substr(split));
      in_two.add("name", text.substr(0, split));
      in_two.add("name", text.substr(split));
      CHECK(known.try_emplace(in_one.step_key(), split).second);
      CHECK(known.try_emplace(in_two.step_key(), split).second);
    }
  }
}

TEST_CASE("a changed byte, a lost input and two that change places change the digest") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    Seeded seeded(seed);
    CacheKey key = any_key(seeded);
    key.add("last", "value");
    StepKey before = key.step_key();

    CacheKey changed = key;
    auto& [name, value] = changed.inputs[seeded.roll(changed.inputs.size())];
    std::string& text = seeded.flip() || value.empty() ? name : value;
    if (text.empty()) continue;
    text[seeded.roll(text.size())] ^= static_cast<char>(1 << seeded.roll(8));
    CHECK(changed.step_key() != before);

    CacheKey shorter = key;
    shorter.inputs.erase(shorter.inputs.begin() +
                         static_cast<std::ptrdiff_t>(seeded.roll(key.inputs.size())));
    CHECK(shorter.step_key() != before);

    CacheKey swapped = key;
    std::swap(swapped.inputs.front(), swapped.inputs.back());
    CHECK((swapped.step_key() == before) == (swapped.inputs == key.inputs));
  }
}

TEST_CASE("one more word, variable or source gives a step another key") {
  const StepKey parent = StepKey::of("parent");
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Seeded seeded(seed);
    plan::RunOp op;
    for (std::size_t words = seeded.roll(4); words > 0; --words) {
      op.argv.push_back(seeded.text(kConfusing, 4));
      op.env.push_back(seeded.text(kConfusing, 4));
    }
    StepKey before = run_key(op, parent, {}).step_key();
    std::string more = seeded.text(kConfusing, 4);
    plan::RunOp longer = op;
    longer.argv.push_back(more);
    CHECK(run_key(longer, parent, {}).step_key() != before);
    longer = op;
    longer.env.push_back(more);
    CHECK(run_key(longer, parent, {}).step_key() != before);
    CHECK(run_key(op, parent, {more}).step_key() != before);
  }
}
