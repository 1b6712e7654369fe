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
#include <utility>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "base/source_span.h"
#include "base/time.h"

namespace cairn::progress {

// Names a vertex in events. It is no index into a plan: pulls and exports have vertices too.
enum class VertexId : std::uint64_t {};

// Returns an id that is unique in this process, and never VertexId{}. Safe from any thread.
VertexId next_vertex_id();

struct VertexStarted {
  VertexId id = {};
  std::string name;                     // "[build 2/4] RUN make"
  std::vector<VertexId> inputs = {};    // vertices that started earlier
  std::string stage = {};               // name of its stage, or ""
  std::optional<SourceSpan> span = {};  // of its instruction
  std::string platform = {};            // "linux/amd64", "" where it does not matter
  // The cache key that the step is looked up by, if it is known: that of a COPY may depend on files
  // that are not read yet.
  std::optional<Digest> key = {};
  Timestamp time = {};
};

enum class Stream { kStdout = 1, kStderr = 2 };

// Bytes as the command wrote them: they may end within a line or a character, and need not be
// UTF-8.
struct LogBytes {
  VertexId vertex = {};
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
  VertexId vertex = {};
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
  VertexId vertex = {};
  std::string name;
  Timestamp started = {};
  Timestamp time = {};
  bool completed = false;
};

enum class Outcome { kOk, kCached, kFailed, kCancelled };

// Why a vertex did its work although results of earlier builds are kept.
enum class MissReason {
  kNoRecord,      // nothing is known under its key
  kSnapshotGone,  // a result was; its snapshot was removed, or may not be used by this build
  kOtherParent,   // a result is, made on another parent snapshot
  kOtherSources,  // a result is, made from other snapshots of the stages that it copies or mounts
  kNoCache,       // --no-cache
  kNeverCached,   // work of its kind is done by each build
};
struct CacheMiss {
  MissReason reason = MissReason::kNoRecord;
  std::vector<std::pair<std::string, std::string>> details = {};  // names and values
};

// What the command of a step used, with all processes that it waited for.
struct ResourceUse {
  double user_seconds = 0;
  double system_seconds = 0;
  std::int64_t peak_memory = 0;  // bytes, of the largest process
};

// What is known of a vertex at its end. What is not known is empty.
struct VertexResult {
  std::optional<Digest> key = {};               // keys of later steps build on it
  std::string snapshot = {};                    // "" for an empty root, or none
  std::optional<CacheMiss> miss = {};           // of a vertex that is not cached
  std::optional<std::int64_t> layer_size = {};  // bytes of its files that no other layer has
  std::optional<ResourceUse> use = {};
};

struct VertexCompleted {
  VertexId vertex = {};
  Outcome outcome = Outcome::kOk;
  std::shared_ptr<const Error> error = {};  // set for kFailed; shared, never changed
  VertexResult result = {};
  Timestamp time = {};
};

// A layer was digested, or made as a blob. This may happen after the vertex of its step has ended,
// beside it or for an export, so the snapshot and not a vertex says whose layer it is.
struct LayerMade {
  struct Blob {
    Digest digest;
    std::int64_t size = 0;  // bytes
  };
  std::string snapshot = {};  // its files; "" for a layer that is only a blob
  Digest diff_id;             // of its tar
  std::int64_t size = 0;      // bytes of its tar
  std::optional<Blob> blob = {};
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

using Event =
    std::variant<VertexStarted, LogBytes, Transfer, Status, LayerMade, VertexCompleted, Warning>;

}  // namespace cairn::progress
