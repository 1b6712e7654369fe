// SPDX-License-Identifier: Apache-2.0
//
// Step keys: a digest over named inputs, stored with the digest so that a miss can be explained by
// the differences. Which inputs count for which op: K01 to K13 (tests/semantics.md).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/owner.h"
#include "cache/stat_index.h"
#include "plan/plan.h"
#include "store/step_key.h"

namespace cairn::cache {

using store::StepKey;

// Inputs in a fixed order. A name may repeat ("env").
struct CacheKey {
  std::vector<std::pair<std::string, std::string>> inputs;

  void add(std::string name, std::string value);
  StepKey step_key() const;
};

// One source of a COPY or bind mount as selected: the name it gives to a file, and its content
// digest.
struct SelectedContent {
  std::string name;
  Digest digest;
  bool unpack = false;  // ADD unpacks it if it is an archive
  // State of the client's files when they were digested; not part of a key.
  std::shared_ptr<const StatIndex> files = {};
};

// The key of a RUN. `mount_contents` are the contents, or the definitions, of mounted trees.
CacheKey run_key(const plan::RunOp& op, const StepKey& parent,
                 const std::vector<std::string>& mount_contents);
// The key of a COPY by content. Names in --chown stay names: the parent defines what they mean.
CacheKey copy_key(const plan::CopyOp& op, const StepKey& parent,
                  const std::vector<SelectedContent>& contents);
// The key of the same step by definition; `sources` are the keys of the vertices it copies from. A
// hit avoids reading the source stage at all (K01).
CacheKey copy_definition_key(const plan::CopyOp& op, const StepKey& parent,
                             const std::vector<StepKey>& sources);
// The key of a COPY line of the build context, with any content and on any parent. `owner` is the
// resolved --chown, `context` identifies the client's directory. Leads to the line's last copy.
CacheKey copy_line_key(const plan::CopyOp& op, const std::optional<Owner>& owner,
                       const std::string& context);
// The key of a COPY line on a parent, with any content: tells whether it was ever cached.
CacheKey any_contents_key(const plan::CopyOp& op, const StepKey& parent);
// The key of a COPY --from line on a parent, with any stages: leads to its results with unread
// content.
CacheKey any_stages_key(const plan::CopyOp& op, const StepKey& parent);
// The key of a remote file: its bytes, name and date (K11).
CacheKey http_key(const plan::HttpOp& op, const Digest& content, const std::string& modified);
// The key of the same file by its URL: an alias, stored with the server's ETag.
CacheKey http_address_key(const plan::HttpOp& op);
// The key of a checkout: its commit and the options, not the remote.
CacheKey git_key(const plan::GitOp& op, const std::string& commit);
CacheKey workdir_key(const plan::WorkdirOp& op, const StepKey& parent);
// The key of a base image: its layers' chainID, whatever manifest or tag led to them (K09).
CacheKey image_key(const std::string& chain);

}  // namespace cairn::cache
