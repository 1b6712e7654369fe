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

#include "base/error.h"
#include "progress/sink.h"

namespace cairn::progress {

// A vertex for the life of the object. If nothing else ends it, the destructor ends it as
// cancelled, so that an exception leaves no vertex open. One thread at a time.
class VertexScope {
 public:
  // Starts the vertex now. It gets an id of its own unless `start` has one.
  VertexScope(Sink& sink, VertexStarted start);
  VertexScope(Sink& sink, std::string name)
      : VertexScope(sink, VertexStarted{.name = std::move(name)}) {}
  ~VertexScope();
  VertexScope(const VertexScope&) = delete;
  VertexScope& operator=(const VertexScope&) = delete;

  Sink& sink() const { return sink_; }
  VertexId id() const { return id_; }

  void log(Stream stream, std::string_view data) const;
  void warn(std::string message) const;
  // The first of these calls ends the vertex; later ones are ignored.
  void done(VertexResult result) { end(Outcome::kOk, std::move(result)); }
  void cached(VertexResult result) { end(Outcome::kCached, std::move(result)); }
  // kCancelled and kUnread end it as cancelled.
  void fail(const Error& error, VertexResult result);

 private:
  void end(Outcome outcome, VertexResult result, std::shared_ptr<const Error> error = {});

  Sink& sink_;
  VertexId id_;
  bool ended_ = false;
};

// Runs work(scope) as a vertex whose kind is never cached: done when it returns, failed with the
// Error when it throws one. The Error is rethrown.
template <typename Work>
auto run_vertex(Sink& sink, VertexStarted start, Work work)
    -> decltype(work(std::declval<VertexScope&>())) {
  const VertexResult worked{.miss = CacheMiss{.reason = MissReason::kNeverCached}};
  VertexScope scope(sink, std::move(start));
  auto fail = [&](const Error& error) { scope.fail(error, worked); };
  return amend(fail, [&] {
    if constexpr (std::is_void_v<decltype(work(scope))>) {
      work(scope);
      scope.done(worked);
    } else {
      auto result = work(scope);
      scope.done(worked);
      return result;
    }
  });
}
template <typename Work>
auto run_vertex(Sink& sink, std::string name, Work work) {
  return run_vertex(sink, VertexStarted{.name = std::move(name)}, std::move(work));
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
