// SPDX-License-Identifier: Apache-2.0
//
// The vertices of a plan in the making. Equal ops on equal inputs are one vertex: two stages FROM
// one image pull it once, every COPY reads one build context, and stages with the same first steps
// share them (K13).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace cairn::plan {

class Vertices {
 public:
  // Adds a vertex, or returns an existing one that differs only in name, stage and span.
  VertexId add(Vertex vertex);

  VertexId scratch();
  VertexId local(const std::string& name);  // "context" or the key of a named context
  VertexId http(HttpOp op, const SourceSpan& span);
  VertexId git(GitOp op, const SourceSpan& span);
  VertexId image(ImageOp op, std::string name, const SourceSpan& span);

  // Counts bytes that expansions add to the plan. Throws kDockerfile, without a span, beyond
  // limits::kAllExpansions in total.
  void charge(std::size_t bytes);

  PerVertex<Vertex> take() && { return std::move(vertices_); }

 private:
  PerVertex<Vertex> vertices_;
  std::size_t charged_ = 0;
  std::multimap<std::vector<VertexId>, VertexId> by_inputs_;
};

}  // namespace cairn::plan
