// SPDX-License-Identifier: Apache-2.0
//
// The receiver of events. Safe from any thread. send() does not block for long and does not throw:
// it is also called from destructors.
#pragma once

#include "progress/event.h"

namespace cairn::progress {

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void send(Event event) = 0;
};

// Drops all events.
class NullSink final : public Sink {
 public:
  void send(Event) override {}
};

}  // namespace cairn::progress
