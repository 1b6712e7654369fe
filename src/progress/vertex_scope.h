// SPDX-License-Identifier: Apache-2.0
//
// Helpers that keep events in order: a vertex that always ends, and a byte counter that does not
// flood the sink. Both borrow the sink.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "progress/sink.h"

namespace cairn::progress {

// A vertex for the life of the object. If nothing else ends it, the destructor ends it as
// cancelled, so that an exception leaves no vertex open. One thread at a time.
class VertexScope {
 public:
  VertexScope(Sink& sink, std::string name, std::vector<VertexId> inputs = {});
  ~VertexScope();
  VertexScope(const VertexScope&) = delete;
  VertexScope& operator=(const VertexScope&) = delete;

  Sink& sink() const { return sink_; }
  VertexId id() const { return id_; }

  void log(Stream stream, std::string_view data) const;
  void warn(std::string message) const;
  // The first of these calls ends the vertex; later ones are ignored.
  void done() { end(Outcome::kOk); }
  void cached() { end(Outcome::kCached); }
  void fail(const Error& error);  // kCancelled and kUnread end it as cancelled

 private:
  void end(Outcome outcome, std::shared_ptr<const Error> error = {});

  Sink& sink_;
  VertexId id_;
  bool ended_ = false;
};

// Runs work(scope) as a vertex: done when it returns, failed with the Error when it throws one. The
// Error is rethrown.
template <typename Work>
auto run_vertex(Sink& sink, std::string name, Work work)
    -> decltype(work(std::declval<VertexScope&>())) {
  VertexScope scope(sink, std::move(name));
  try {
    if constexpr (std::is_void_v<decltype(work(scope))>) {
      work(scope);
      scope.done();
    } else {
      auto result = work(scope);
      scope.done();
      return result;
    }
  } catch (const Error& error) {
    scope.fail(error);
    throw;
  }
}

// Counts the bytes of a transfer. Sends a Transfer at the start, at most every 100 ms, and at the
// end. One thread at a time.
class TransferCounter {
 public:
  // `item` says what is transferred; the counter sets `started`, `time` and `current`.
  TransferCounter(Sink& sink, Transfer item);
  void add(std::int64_t bytes);
  void done();  // do not call it for a transfer that failed

 private:
  void send(bool completed);

  Sink& sink_;
  Transfer transfer_;
  double next_ = 0;
};

}  // namespace cairn::progress
