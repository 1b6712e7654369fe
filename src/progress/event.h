// SPDX-License-Identifier: Apache-2.0
//
// The events of a build, a pull or a push, in the model of BuildKit's progress stream: vertices
// that start and end, and between the two log bytes, statuses and warnings.
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

// A fresh id, never given twice in this process. Safe from any thread.
VertexId next_vertex_id();

struct VertexStarted {
  VertexId id = 0;
  std::string name;  // "[build 2/4] RUN make"
  std::vector<VertexId> inputs = {};
  Timestamp time = {};
};

enum class Stream { kStdout = 1, kStderr = 2 };

// Bytes as the command wrote them: not cut at lines, not always UTF-8.
struct LogBytes {
  VertexId vertex = 0;
  Stream stream = Stream::kStdout;
  std::string data;
  Timestamp time = {};
};

// How far one thing inside a vertex is: "sha256:... 3.15MB / 27.1MB". Sent again and again under
// the same name, at last with `completed`.
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

// Something failed yet we go on; the text ends in what was done instead.
struct Warning {
  std::optional<VertexId> vertex;
  std::string message;
  std::string detail = {};
  std::string url = {};
  std::optional<SourceSpan> span = std::nullopt;
};

using Event = std::variant<VertexStarted, LogBytes, Status, VertexCompleted, Warning>;

}  // namespace cairn::progress
