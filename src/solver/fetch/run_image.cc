// SPDX-License-Identifier: Apache-2.0
//
// A base image: its layers become snapshots, and its key is its chainID (K09), so that one image
// under two names, or two images with the same layers, share all steps above.
#include "base/error.h"
#include "solver/fetch/unpack_image.h"
#include "solver/job.h"

namespace cairn::solver {

// nullopt if a layer is missing; the pull is then shown as a step.
std::optional<StepResult> lookup_image(const Job& job, const plan::ImageOp& op) {
  source::FoundImage image = job.services.images.find(op.reference, op.platform);
  if (image.config.diff_ids.empty()) return std::nullopt;
  oci::ChainId chain = oci::chain_id(image.config.diff_ids);
  job.notes.key = cache::image_key(chain.str()).step_key();
  if (!image.is_local) return std::nullopt;
  std::optional<store::LayerView> top = job.services.store.snapshots().find_by_chain(chain);
  if (!top) return std::nullopt;
  return StepResult{.key = *job.notes.key, .snapshot = top->snapshot, .cached = true};
}

StepResult run_image(RunJob& job, const plan::ImageOp& op, progress::VertexScope& scope) {
  source::FoundImage image = job.services.images.find(op.reference, op.platform);
  std::string chain = "empty";
  bool cached = true;
  std::optional<sys::LockFile> ours;
  if (!image.config.diff_ids.empty()) {
    oci::ChainId id = oci::chain_id(image.config.diff_ids);
    chain = id.str();
    job.notes.miss = {.reason = progress::MissReason::kNoRecord, .details = {{"chain", chain}}};
    auto is_there = [&] { return job.services.store.snapshots().find_by_chain(id).has_value(); };
    cached = is_there();
    // Look again under the lock: another build may have pulled the image meanwhile.
    if (!cached) {
      ours = lock_step(job, cache::image_key(chain), scope);
      cached = is_there();
    }
  }
  SnapshotId top =
      unpack_image(job.run.builder, job.services.store, job.services.snapshotter,
                   job.services.images, image, scope, Fetch::kMissingSnapshots, job.stop);
  return {.key = cache::image_key(chain).step_key(), .snapshot = top, .cached = cached};
}

}  // namespace cairn::solver
