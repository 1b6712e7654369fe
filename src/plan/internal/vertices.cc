// SPDX-License-Identifier: Apache-2.0
//
// Equal vertices are found by their inputs first, which are cheap to compare and seldom equal, then
// by op. Names and spans do not count, so the first line that asks for a vertex names it.
#include "plan/internal/vertices.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/limits.h"

namespace cairn::plan {

VertexId Vertices::add(Vertex vertex) {
  for (VertexId input : vertex.inputs) {
    CAIRN_ASSERT(vertices_.has(input), "the input of a vertex comes before it");
  }
  auto [known, end] = by_inputs_.equal_range(vertex.inputs);
  for (; known != end; ++known) {
    const Vertex& other = vertices_[known->second];
    // A step that must run is not merged with an equal one that may come from the cache.
    if (other.no_cache == vertex.no_cache && other.op == vertex.op) return known->second;
  }
  std::vector<VertexId> inputs = vertex.inputs;
  VertexId id = vertices_.add(std::move(vertex));
  by_inputs_.emplace(std::move(inputs), id);
  return id;
}

VertexId Vertices::scratch() {
  return add({.op = ScratchOp{}, .inputs = {}, .name = "FROM scratch", .stage = {}, .span = {}});
}

VertexId Vertices::local(const std::string& name) {
  return add({.op = LocalOp{.name = name},
              .inputs = {},
              .name = name == "context" ? "[internal] load build context"
                                        : fmt::format("[context {}] load from client", name),
              .stage = {},
              .span = {}});
}

VertexId Vertices::http(HttpOp op, const SourceSpan& span) {
  std::string name = "[internal] load remote file " + op.url.redacted();
  return add(
      {.op = std::move(op), .inputs = {}, .name = std::move(name), .stage = {}, .span = span});
}

VertexId Vertices::git(GitOp op, const SourceSpan& span) {
  std::string name = "[internal] load git source " + op.remote.redacted();
  if (!op.ref.empty()) name += "#" + op.ref;
  return add(
      {.op = std::move(op), .inputs = {}, .name = std::move(name), .stage = {}, .span = span});
}

VertexId Vertices::image(ImageOp op, std::string name, const SourceSpan& span) {
  return add(
      {.op = std::move(op), .inputs = {}, .name = std::move(name), .stage = {}, .span = span});
}

void Vertices::charge(std::size_t bytes) {
  charged_ += bytes;
  if (charged_ <= limits::kAllExpansions) return;
  throw dockerfile_error("the variables of this Dockerfile come to more than {} bytes in all",
                         limits::kAllExpansions);
}

}  // namespace cairn::plan
