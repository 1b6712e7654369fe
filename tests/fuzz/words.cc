// SPDX-License-Identifier: Apache-2.0
//
// Word expansion. The first byte chooses among the options.
#include "dockerfile/expand.h"
#include "tests/fuzz/fuzz.h"

using namespace cairn;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  dockerfile::ExpandOptions options{.escape = (data[0] & 1) != 0 ? '`' : '\\',
                                    .keep_quotes = (data[0] & 2) != 0,
                                    .keep_escapes = (data[0] & 4) != 0,
                                    .ignore_quotes = (data[0] & 8) != 0,
                                    .keep_unset = (data[0] & 16) != 0};
  auto variables = [](std::string_view name) -> std::optional<std::string> {
    if (name == "empty") return "";
    if (name.size() % 2 == 0) return std::nullopt;
    return "a*b 'c' \"d\" \\e " + std::string(name);
  };
  std::string_view text = fuzz::text_of(data + 1, size - 1);
  fuzz::try_it(fuzz::Span::kNotNeeded, [&] { dockerfile::expand_word(text, variables, options); });
  fuzz::try_it(fuzz::Span::kNotNeeded, [&] { dockerfile::expand_words(text, variables, options); });
  return 0;
}
