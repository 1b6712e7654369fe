// SPDX-License-Identifier: Apache-2.0
//
// The vertices of a growing plan. Equal work on equal inputs is one vertex, whichever lines ask for
// it: two stages FROM one image pull it once, every COPY reads one build context, and stages that
// begin with the same steps share them (K13).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace cairn::plan {

class Vertices {
 public:
  // Gives the vertex that is there already when it is the same but for its name.
  VertexId add(Vertex vertex);

  VertexId scratch();
  VertexId local(const std::string& name);  // "context" or the key of a named context
  VertexId http(HttpOp op, const SourceSpan& span);
  VertexId git(GitOp op, const SourceSpan& span);
  VertexId image(ImageOp op, std::string name, const SourceSpan& span);

  std::vector<Vertex> take() && { return std::move(vertices_); }

 private:
  std::vector<Vertex> vertices_;
  std::multimap<std::vector<VertexId>, VertexId> by_inputs_;
};

}  // namespace cairn::plan
