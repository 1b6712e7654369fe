// SPDX-License-Identifier: Apache-2.0
//
// The vertices of a growing plan. Sources that are the same are one vertex: two stages FROM one
// image pull it once, and every COPY reads one build context.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace cairn::plan {

class Vertices {
 public:
  VertexId add(Vertex vertex);

  VertexId scratch();
  VertexId local(const std::string& name);  // "context" or the key of a named context
  VertexId http(HttpOp op, const SourceSpan& span);
  VertexId git(GitOp op, const SourceSpan& span);
  VertexId image(ImageOp op, std::string name, const SourceSpan& span);

  std::vector<Vertex> take() && { return std::move(vertices_); }

 private:
  VertexId source(const std::string& key, Op op, std::string name, const SourceSpan& span);

  std::vector<Vertex> vertices_;
  std::map<std::string, VertexId> sources_;
};

}  // namespace cairn::plan
