// SPDX-License-Identifier: Apache-2.0
//
// The walk does everything; this collects its changes. All of them are in memory then;
// write_layer() visits them one by one instead.
#include "overlay/diff.h"

#include "overlay/internal/walk.h"

namespace cairn::overlay {
namespace {

class Collector final : public internal::ChangeVisitor {
 public:
  void visit(Change change, internal::Content content) override {
    open_content(change, content);
    changes.push_back(std::move(change));
  }

  Changes changes;
};

}  // namespace

Changes diff(const LayerStack& upper, const LayerStack& below) {
  Collector collector;
  internal::walk_changes(internal::open_layers(upper), below, collector);
  return std::move(collector.changes);
}

}  // namespace cairn::overlay
