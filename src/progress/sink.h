// SPDX-License-Identifier: Apache-2.0
//
// Where events go. Safe from any thread; send() does not block for long and does not throw.
#pragma once

#include "progress/event.h"

namespace cairn::progress {

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void send(Event event) = 0;
};

// For work that nobody watches.
class NullSink final : public Sink {
 public:
  void send(Event) override {}
};

}  // namespace cairn::progress
