// SPDX-License-Identifier: Apache-2.0
//
// What all targets share: bytes as text, and what an error must be. A target is a function on bytes
// that may refuse them in a way a user can understand, and must not crash, hang or lose its place.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/source_span.h"

namespace cairn::fuzz {

enum class Span { kNeeded, kNotNeeded };

// Runs it; an error is fine when it is one of the language, and says where it was.
template <typename Work>
void try_it(Span span, Work work) {
  try {
    work();
  } catch (const Error& error) {
    bool has_span = error.span() && error.span()->source && error.span()->first_line >= 1;
    if (error.kind() != ErrorKind::kDockerfile) std::abort();
    if (span == Span::kNeeded && !has_span) std::abort();
    if (has_span) excerpt(*error.span());
  }
}

// Runs it; an error is fine when it is of one of these kinds.
template <typename Work>
void try_it(std::initializer_list<ErrorKind> kinds, Work work) {
  try {
    work();
  } catch (const Error& error) {
    if (std::find(kinds.begin(), kinds.end(), error.kind()) == kinds.end()) std::abort();
  }
}

// What must hold whatever the input is.
inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline std::shared_ptr<const SourceText> source_of(std::string_view text) {
  return std::make_shared<const SourceText>(SourceText{"Dockerfile", std::string(text)});
}

}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
