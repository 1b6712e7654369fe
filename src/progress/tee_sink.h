// SPDX-License-Identifier: Apache-2.0
//
// Sends each event to several sinks, one after the other and on the thread of the sender. All but
// the last get a copy; the last gets the event itself. So a sink that only looks at events comes
// before one that keeps them.
//
// Two threads that send at the same time may reach two of the sinks in different orders. Where that
// matters, the sender holds a lock, as a sink in front of this one may do.
#pragma once

#include <utility>
#include <vector>

#include "progress/sink.h"

namespace cairn::progress {

// Borrows the sinks. As thread-safe as they are.
class TeeSink final : public Sink {
 public:
  explicit TeeSink(std::vector<Sink*> sinks) : sinks_(std::move(sinks)) {}

  void send(Event event) override {
    if (sinks_.empty()) return;
    for (std::size_t i = 0; i + 1 < sinks_.size(); ++i) sinks_[i]->send(event);
    sinks_.back()->send(std::move(event));
  }

 private:
  std::vector<Sink*> sinks_;
};

}  // namespace cairn::progress
