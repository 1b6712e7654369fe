// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "base/stream.h"

namespace cairn::test {

// Answers in pieces of at most `step` bytes, as sockets do.
class CrumbSource final : public ByteSource {
 public:
  CrumbSource(std::string_view text, std::size_t step) : inner_(text), step_(step) {}
  std::size_t read(std::span<std::byte> buffer) override {
    return inner_.read(buffer.first(std::min(step_, buffer.size())));
  }

 private:
  MemorySource inner_;
  std::size_t step_;
};

}  // namespace cairn::test
