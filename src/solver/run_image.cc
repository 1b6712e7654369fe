// SPDX-License-Identifier: Apache-2.0
//
// A base image: its layers unpacked, its key their chain (K09).
#include "base/error.h"
#include "solver/job.h"
#include "solver/unpack_image.h"

namespace cairn::solver {

// Nothing when it is not all here: then somebody is told what is done about it.
std::optional<StepResult> recall_image(const Job& job, const plan::ImageOp& op) {
  source::FoundImage image = job.shop.images.find(op.reference, op.platform);
  if (!image.is_local || image.config.diff_ids.empty()) return std::nullopt;
  oci::ChainId chain = oci::chain_id(image.config.diff_ids);
  std::optional<store::LayerView> top = job.shop.store.snapshots().find_by_chain(chain);
  if (!top) return std::nullopt;
  return StepResult{
      .key = cache::image_key(chain.str()).digest(), .snapshot = top->snapshot, .cached = true};
}

StepResult run_image(Job& job, const plan::ImageOp& op, progress::VertexScope& scope) {
  source::FoundImage image = job.shop.images.find(op.reference, op.platform);
  std::string chain = "empty";
  bool cached = true;
  std::optional<sys::PassingLock> ours;
  if (!image.config.diff_ids.empty()) {
    oci::ChainId id = oci::chain_id(image.config.diff_ids);
    chain = id.str();
    auto is_there = [&] { return job.shop.store.snapshots().find_by_chain(id).has_value(); };
    cached = is_there();
    if (!cached) {
      ours = claim(job, cache::image_key(chain), scope);
      cached = is_there();
    }
  }
  std::string top = unpack_image(job.shop.store, job.shop.images, image, scope,
                                 Fetch::kMissingSnapshots, job.stop);
  return {.key = cache::image_key(chain).digest(), .snapshot = top, .cached = cached};
}

}  // namespace cairn::solver
