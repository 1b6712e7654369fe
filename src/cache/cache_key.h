// SPDX-License-Identifier: Apache-2.0
//
// Step keys: a digest over *named* inputs, kept beside it so that a miss can be explained by the
// difference (DESIGN D5). What counts for which op is FEATURES D1 (K01-K13).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/json_fwd.h"
#include "cache/stat_index.h"
#include "plan/plan.h"

namespace cairn::cache {

// Inputs in a fixed order; a name may repeat ("env").
struct CacheKey {
  std::vector<std::pair<std::string, std::string>> inputs;

  void add(std::string name, std::string value);
  Digest digest() const;
  Json to_json() const;  // [[name, value], ...]
};

// One source of a COPY or of a bind mount, by what was selected: the name it gives to a file and
// the digest of its content.
struct SelectedContent {
  std::string name;
  Digest digest;
  bool unpack = false;  // an archive among them gives its members
  std::shared_ptr<const StatIndex> files =
      {};  // of the client's: as they were read; no part of a key
};

// The keys of the vertices that an op stands on.
CacheKey run_key(const plan::RunOp& op, const Digest& parent,
                 const std::vector<std::string>& mount_contents);
// By content. Names in --chown stay names: what they mean is in the parent.
CacheKey copy_key(const plan::CopyOp& op, const Digest& parent,
                  const std::vector<SelectedContent>& contents);
// The same step by definition, `sources` being the keys of what it copies from: a hit saves reading
// the source stage at all (K01).
CacheKey copy_definition_key(const plan::CopyOp& op, const Digest& parent,
                             const std::vector<Digest>& sources);
// A file of the web is its bytes, its name and its date (K11).
CacheKey http_key(const plan::HttpOp& op, const Digest& content, const std::string& modified);
// A checkout is its commit and what was asked of it, wherever it came from.
CacheKey git_key(const plan::GitOp& op, const std::string& commit);
CacheKey workdir_key(const plan::WorkdirOp& op, const Digest& parent);
// A base image is its layers, whatever manifest or tag led to them (K09).
CacheKey image_key(const std::string& chain);

}  // namespace cairn::cache
