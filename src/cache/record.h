// SPDX-License-Identifier: Apache-2.0
//
// What the cache stores under a key, next to the snapshot. The text form is JSON; only record.cc
// knows it, and it reads that of all earlier versions.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "store/snapshot_id.h"
#include "store/step_key.h"

namespace cairn::cache {

using store::SnapshotId;
using store::StepKey;

// A step that ran: the inputs of its key, (name, value) in order. A name may repeat.
struct StepRecord {
  std::vector<std::pair<std::string, std::string>> inputs;
  bool operator==(const StepRecord&) const = default;
};

// Another key of a step. Keys of later steps build on `of`, whichever key was found.
struct AliasRecord {
  StepKey of;
  std::string etag;  // of a remote file; "" if the server gave none
  bool operator==(const AliasRecord&) const = default;
};

// A COPY line of the build context that was cached at least once, with any content.
struct CopiedLineRecord {
  bool operator==(const CopiedLineRecord&) const = default;
};

// Where a COPY line of the build context last put its files: the directory's real path in the
// snapshot.
struct CopyHistoryRecord {
  std::string directory;
  bool operator==(const CopyHistoryRecord&) const = default;
};

// The snapshots that a result was copied or mounted from, in the order of the op's sources. A stage
// that ran again by --no-cache has the same key, but other files.
struct SourcesRecord {
  std::vector<SnapshotId> snapshots;
  bool operator==(const SourcesRecord&) const = default;
};

// Results of a COPY --from line with unread content, the latest first.
struct UnreadCopiesRecord {
  struct Copy {
    StepKey key;
    std::vector<SnapshotId> sources;
    bool operator==(const Copy&) const = default;
  };
  std::vector<Copy> copies;
  bool operator==(const UnreadCopiesRecord&) const = default;
};

using Record = std::variant<StepRecord, AliasRecord, CopiedLineRecord, CopyHistoryRecord,
                            SourcesRecord, UnreadCopiesRecord>;

// Canonical: equal records have equal text.
std::string to_text(const Record& record);
// nullopt if the text is no record; the cache treats it as absent.
std::optional<Record> parse_record(const std::string& text);

}  // namespace cairn::cache
