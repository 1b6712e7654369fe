// SPDX-License-Identifier: Apache-2.0
//
// Ids are given to all vertices before the first one starts, so that a vertex can name its inputs.
// A platform is not part of each op: one that does not say it works on the root of one that does.
#include "solver/step_events.h"

#include <utility>

namespace cairn::solver {
namespace {

bool is_shown(const plan::Op& op) {
  return !std::holds_alternative<plan::ScratchOp>(op) && !std::holds_alternative<plan::LocalOp>(op);
}

std::string platform_of(const plan::Plan& plan, plan::VertexId id) {
  while (true) {
    const plan::Vertex& vertex = plan.vertices[id];
    if (const auto* image = std::get_if<plan::ImageOp>(&vertex.op)) return image->platform.str();
    const auto* run = std::get_if<plan::RunOp>(&vertex.op);
    if (run != nullptr && !run->platform.architecture.empty()) return run->platform.str();
    if (vertex.inputs.empty()) return "";
    id = vertex.inputs[0];
  }
}

}  // namespace

std::optional<Digest> digest_of(const std::optional<store::StepKey>& key) {
  return key ? std::optional(key->digest()) : std::nullopt;
}

EventIds new_event_ids(const plan::Plan& plan) {
  EventIds ids;
  for (const plan::Vertex& vertex : plan.vertices) {
    ids.add(is_shown(vertex.op) ? std::optional(progress::next_vertex_id()) : std::nullopt);
  }
  return ids;
}

progress::VertexStarted start_of(const plan::Plan& plan, plan::VertexId id, const EventIds& ids,
                                 const std::optional<store::StepKey>& key) {
  const plan::Vertex& vertex = plan.vertices[id];
  progress::VertexStarted start{.id = *ids[id],
                                .name = vertex.name,
                                .stage = vertex.stage,
                                .platform = platform_of(plan, id),
                                .key = digest_of(key)};
  if (vertex.span.source) start.span = vertex.span;
  for (plan::VertexId input : vertex.inputs) {
    if (ids[input]) start.inputs.push_back(*ids[input]);
  }
  return start;
}

progress::CacheMiss miss_event(cache::Miss miss) {
  using From = cache::MissReason;
  using To = progress::MissReason;
  auto reason = [&] {
    switch (miss.reason) {
      case From::kNoRecord: return To::kNoRecord;
      case From::kSnapshotGone: return To::kSnapshotGone;
      case From::kOtherParent: return To::kOtherParent;
      case From::kOtherSources: return To::kOtherSources;
    }
    return To::kNoRecord;
  };
  return {.reason = reason(), .details = std::move(miss.details)};
}

}  // namespace cairn::solver
