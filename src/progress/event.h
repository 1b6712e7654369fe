// SPDX-License-Identifier: Apache-2.0
//
// The events of a build, a pull or a push, modelled on BuildKit's progress stream
// (api.StatusResponse): vertices start and end, and in between come log bytes, statuses and
// warnings. Times are wall-clock, as set by the sender.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "base/source_span.h"
#include "base/time.h"

namespace cairn::progress {

using VertexId = std::uint64_t;

// Returns an id that is unique in this process. Safe from any thread.
VertexId next_vertex_id();

struct VertexStarted {
  VertexId id = 0;
  std::string name;  // "[build 2/4] RUN make"
  std::vector<VertexId> inputs = {};
  Timestamp time = {};
};

enum class Stream { kStdout = 1, kStderr = 2 };

// Bytes as the command wrote them: they may end within a line or a character, and need not be
// UTF-8.
struct LogBytes {
  VertexId vertex = 0;
  Stream stream = Stream::kStdout;
  std::string data;
  Timestamp time = {};
};

// Bytes come into the store, or go out of it.
enum class Direction { kIn, kOut };

// A blob or a layer by its digest, or a remote file by its URL, without a login.
using TransferItem = std::variant<Digest, std::string>;

// How far a transfer is. Sent repeatedly for the same item of a vertex, the last time with
// `completed`. A transfer that fails has no last time.
struct Transfer {
  VertexId vertex = 0;
  TransferItem item;
  Direction direction = Direction::kIn;
  std::int64_t current = 0;  // bytes
  std::int64_t total = 0;    // bytes; 0 when unknown
  Timestamp started = {};
  Timestamp time = {};
  bool completed = false;
};

// One of the things that a vertex does, as a text: "exporting layers". A later status of the same
// name replaces it.
struct Status {
  VertexId vertex = 0;
  std::string name;
  Timestamp started = {};
  Timestamp time = {};
  bool completed = false;
};

enum class Outcome { kOk, kCached, kFailed, kCancelled };

struct VertexCompleted {
  VertexId vertex = 0;
  Outcome outcome = Outcome::kOk;
  std::shared_ptr<const Error> error = {};  // set for kFailed; shared, never changed
  Timestamp time = {};
};

// Something failed and the build goes on. The message ends with what was done instead.
struct Warning {
  std::optional<VertexId> vertex;
  std::string message;
  std::string detail = {};
  std::string url = {};
  std::optional<SourceSpan> span = std::nullopt;
};

using Event = std::variant<VertexStarted, LogBytes, Transfer, Status, VertexCompleted, Warning>;

}  // namespace cairn::progress
