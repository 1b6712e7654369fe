// SPDX-License-Identifier: Apache-2.0
//
// What the events of a step say: where it stands in the plan when it starts, and what became known
// of it when it ends.
#pragma once

#include <optional>

#include "base/digest.h"
#include "cache/step_cache.h"
#include "plan/plan.h"
#include "progress/event.h"

namespace cairn::solver {

// The ids of the events of a plan's vertices. nullopt for one that does no work and is not shown:
// an empty root, or files of the client.
using EventIds = plan::PerVertex<std::optional<progress::VertexId>>;
EventIds new_event_ids(const plan::Plan& plan);

// What becomes known of a step while it is looked up and run. Written by the job of the step alone.
struct StepNotes {
  std::optional<store::StepKey> key = {};        // the last one that it was looked up by
  std::optional<progress::CacheMiss> miss = {};  // of that lookup
  std::optional<std::int64_t> layer_size = {};   // bytes, if the op counts them anyway
  std::optional<progress::ResourceUse> use = {};
};

// The start of a shown vertex.
progress::VertexStarted start_of(const plan::Plan& plan, plan::VertexId id, const EventIds& ids,
                                 const std::optional<store::StepKey>& key);

// Events carry keys as plain digests: the progress room knows no steps.
std::optional<Digest> digest_of(const std::optional<store::StepKey>& key);

progress::CacheMiss miss_event(cache::Miss miss);

}  // namespace cairn::solver
