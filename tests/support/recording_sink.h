// SPDX-License-Identifier: Apache-2.0
//
// A progress sink that remembers what was sent.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "progress/sink.h"

namespace cairn::test {

class RecordingSink final : public progress::Sink {
 public:
  void send(progress::Event event) override {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  std::vector<progress::Event> events() const {
    std::lock_guard lock(mutex_);
    return events_;
  }
  // The events of one type, in order.
  template <typename T>
  std::vector<T> all() const {
    std::vector<T> out;
    for (const progress::Event& event : events()) {
      if (const T* match = std::get_if<T>(&event)) out.push_back(*match);
    }
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<progress::Event> events_;
};

}  // namespace cairn::test
