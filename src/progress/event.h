// SPDX-License-Identifier: Apache-2.0
//
// The events of a build, a pull or a push, modelled on BuildKit's progress stream
// (api.StatusResponse): vertices start and end, and in between come log bytes, statuses and
// warnings. Times are wall-clock, as set by the sender.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

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

// The progress of one item of a vertex: "sha256:... 3.15MB / 27.1MB". Sent repeatedly under the
// same name, the last time with `completed`. The unit is bytes.
struct Status {
  VertexId vertex = 0;
  std::string name;
  std::int64_t current = 0;
  std::int64_t total = 0;  // 0 when unknown
  Timestamp started = {};
  Timestamp time = {};
  bool completed = false;
};

enum class Outcome { kOk, kCached, kFailed, kCancelled };

struct VertexCompleted {
  VertexId vertex = 0;
  Outcome outcome = Outcome::kOk;
  std::string error = {};  // one line, for kFailed
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

using Event = std::variant<VertexStarted, LogBytes, Status, VertexCompleted, Warning>;

}  // namespace cairn::progress
