// SPDX-License-Identifier: Apache-2.0
#include "plan/internal/vertices.h"

#include <fmt/format.h>

#include "base/error.h"

namespace cairn::plan {

VertexId Vertices::add(Vertex vertex) {
  for (VertexId input : vertex.inputs) {
    CAIRN_ASSERT(input < vertices_.size(), "the input of a vertex comes before it");
  }
  vertices_.push_back(std::move(vertex));
  return vertices_.size() - 1;
}

VertexId Vertices::scratch() {
  auto [where, is_new] = sources_.try_emplace("scratch");
  if (is_new) {
    where->second =
        add({.op = ScratchOp{}, .inputs = {}, .name = "FROM scratch", .stage = {}, .span = {}});
  }
  return where->second;
}

VertexId Vertices::local(const std::string& name) {
  auto [where, is_new] = sources_.try_emplace("local " + name);
  if (is_new) {
    where->second =
        add({.op = LocalOp{.name = name},
             .inputs = {},
             .name = name == "context" ? "[internal] load build context"
                                       : fmt::format("[context {}] load from client", name),
             .stage = {},
             .span = {}});
  }
  return where->second;
}

VertexId Vertices::image(ImageOp op, std::string name, const SourceSpan& span) {
  std::string key = fmt::format("image {} {}", op.manifest.str(), op.platform.str());
  auto [where, is_new] = sources_.try_emplace(key);
  if (is_new) {
    where->second = add(
        {.op = std::move(op), .inputs = {}, .name = std::move(name), .stage = {}, .span = span});
  }
  return where->second;
}

}  // namespace cairn::plan
