// SPDX-License-Identifier: Apache-2.0
//
// The end of a vertex is sent exactly once, by whichever comes first: done(), cached(), fail() or
// the destructor. Ids come from one atomic counter. A transfer is throttled by time and not by
// bytes, so that a slow network still shows progress.
#include "progress/vertex_scope.h"

#include <atomic>

namespace cairn::progress {
namespace {

constexpr double kInterval = 0.1;  // seconds between two events of one transfer

}  // namespace

VertexId next_vertex_id() {
  static std::atomic<std::uint64_t> last{0};
  return VertexId{++last};
}

VertexScope::VertexScope(Sink& sink, VertexStarted start)
    : sink_(sink), id_(start.id != VertexId{} ? start.id : next_vertex_id()) {
  start.id = id_;
  start.time = now();
  sink_.send(std::move(start));
}

VertexScope::~VertexScope() {
  end(Outcome::kCancelled, {});
}

void VertexScope::log(Stream stream, std::string_view data) const {
  sink_.send(LogBytes{.vertex = id_, .stream = stream, .data = std::string(data), .time = now()});
}

void VertexScope::warn(std::string message) const {
  sink_.send(Warning{.vertex = id_, .message = std::move(message)});
}

void VertexScope::fail(const Error& error, VertexResult result) {
  // Another step or the reader of stdout is the cause; this step did not fail.
  if (error.kind() == ErrorKind::kCancelled || error.kind() == ErrorKind::kUnread) {
    end(Outcome::kCancelled, std::move(result));
  } else {
    end(Outcome::kFailed, std::move(result), std::make_shared<const Error>(error));
  }
}

void VertexScope::end(Outcome outcome, VertexResult result, std::shared_ptr<const Error> error) {
  // The first end counts; an error while unwinding must not change it.
  if (std::exchange(ended_, true)) return;
  sink_.send(VertexCompleted{.vertex = id_,
                             .outcome = outcome,
                             .error = std::move(error),
                             .result = std::move(result),
                             .time = now()});
}

TransferCounter::TransferCounter(Sink& sink, Transfer item)
    : sink_(sink), transfer_(std::move(item)) {
  transfer_.started = now();
  send(false);
}

void TransferCounter::add(std::int64_t bytes) {
  transfer_.current += bytes;
  if (monotonic_seconds() >= next_) send(false);
}

void TransferCounter::done() {
  send(true);
}

void TransferCounter::send(bool completed) {
  next_ = monotonic_seconds() + kInterval;
  transfer_.time = now();
  transfer_.completed = completed;
  sink_.send(transfer_);
}

}  // namespace cairn::progress
