// SPDX-License-Identifier: Apache-2.0
//
// An argument belongs to the outline if the target or a stage that it needs declares it, or if one
// of their FROM lines uses it, possibly through the default of another argument. A definition in a
// stage hides the global one of that name; `ARG name` without a value is no definition if there is
// a global value.
#include "plan/internal/outline_of.h"

#include <algorithm>
#include <map>
#include <set>

#include "dockerfile/expand.h"

namespace cairn::plan {
namespace {

struct Definition {
  OutlineArg arg;
  std::set<std::string> uses = {};  // variables in its default
};
using Definitions = std::map<std::string, Definition>;

Definitions global_definitions(const OutlineScope& scope) {
  Definitions out;
  Environment seen = scope.builtin;
  for (const dockerfile::Arg& arg : scope.file.global_args) {
    for (const dockerfile::ArgItem& item : arg.items) {
      Definition made{.arg = {.name = item.key,
                              .description = description_of(arg.origin, item.key),
                              .value = scope.globals.find(item.key).value_or(""),
                              .span = arg.origin.span}};
      auto given = scope.build_args.find(item.key);
      if (given != scope.build_args.end()) {
        seen.set(item.key, given->second);
      } else if (item.value) {
        dockerfile::Expansion found =
            dockerfile::expand_word(*item.value, seen.variables(), {.escape = scope.file.escape});
        made.uses = std::move(found.used);
        // ARG A=$A$B: what the earlier A used counts; A itself does not.
        if (made.uses.erase(item.key) > 0) made.uses.merge(std::set(out[item.key].uses));
        seen.set(item.key, found.text);
      }
      out.insert_or_assign(item.key, std::move(made));
    }
  }
  return out;
}

class Collector {
 public:
  explicit Collector(const OutlineScope& scope)
      : scope_(scope), globals_(global_definitions(scope)) {}

  // Visits the stage, then its base, then the stages it takes files from.
  void visit(const StageState& stage) {
    // An explicit stack, pushed in reverse, gives the order of a recursion.
    std::vector<const StageState*> todo = {&stage};
    while (!todo.empty()) {
      const StageState* next = todo.back();
      todo.pop_back();
      // A stage that is reached twice counts once.
      if (next == nullptr || !seen_.insert(next).second) continue;
      collect(*next);
      for (auto bound = next->instructions.rbegin(); bound != next->instructions.rend(); ++bound) {
        todo.insert(todo.end(), bound->sources.rbegin(), bound->sources.rend());
      }
      todo.push_back(next->base);
    }
  }

  Outline take() && {
    auto line = [](const auto& one) { return one.span.first_line; };
    std::ranges::stable_sort(outline_.args, {}, line);
    std::ranges::stable_sort(outline_.secrets, {}, line);
    std::ranges::stable_sort(outline_.ssh, {}, line);
    return std::move(outline_);
  }

 private:
  void collect(const StageState& stage) {
    // Images and replaced stages have no instructions here.
    if (stage.in_file && !stage.replaced) collect_args(stage);
    add_mounts(stage.secrets, secrets_, outline_.secrets);
    add_mounts(stage.ssh, ssh_, outline_.ssh);
  }

  void collect_args(const StageState& stage) {
    Definitions visible = globals_;
    std::set<std::string> used = names_in_from(scope_.file.stages.at(stage.index).from);
    // The last entries of image.args are those of this stage, one for each item.
    auto own = stage.image.args.end() - static_cast<std::ptrdiff_t>(own_items(stage));
    for (const BoundInstruction& bound : stage.instructions) {
      const auto* arg = std::get_if<dockerfile::Arg>(&bound.instruction);
      if (arg == nullptr) continue;
      for (const dockerfile::ArgItem& item : arg->items) {
        const dockerfile::ArgItem& set = *own++;
        used.insert(item.key);
        bool inherits = !item.value && !scope_.build_args.contains(item.key) &&
                        scope_.globals.find(item.key).has_value();
        if (inherits) continue;
        visible[item.key] = {.arg = {.name = item.key,
                                     .description = description_of(arg->origin, item.key),
                                     .value = set.value.value_or(""),
                                     .span = arg->origin.span}};
      }
    }
    add_used(std::move(used), visible);
  }

  static std::size_t own_items(const StageState& stage) {
    std::size_t count = 0;
    for (const BoundInstruction& bound : stage.instructions) {
      const auto* arg = std::get_if<dockerfile::Arg>(&bound.instruction);
      if (arg != nullptr) count += arg->items.size();
    }
    return count;
  }

  std::set<std::string> names_in_from(const dockerfile::From& from) const {
    std::set<std::string> out;
    for (const std::string& word : {from.base, from.platform}) {
      out.merge(
          dockerfile::expand_word(word, scope_.globals.variables(), {.escape = scope_.file.escape})
              .used);
    }
    return out;
  }

  // Adds the names, and those that their defaults use.
  void add_used(std::set<std::string> names, const Definitions& visible) {
    std::vector<std::string> todo(names.begin(), names.end());
    while (!todo.empty()) {
      std::string name = std::move(todo.back());
      todo.pop_back();
      auto known = visible.find(name);
      if (known == visible.end()) continue;
      if (args_.insert(name).second) outline_.args.push_back(known->second.arg);
      for (const std::string& next : known->second.uses) {
        if (names.insert(next).second) todo.push_back(next);
      }
    }
  }

  static void add_mounts(const std::vector<OutlineMount>& mounts, std::set<std::string>& known,
                         std::vector<OutlineMount>& out) {
    for (const OutlineMount& mount : mounts) {
      if (known.insert(mount.id).second) out.push_back(mount);
    }
  }

  const OutlineScope& scope_;
  Definitions globals_;
  std::set<const StageState*> seen_;
  std::set<std::string> args_, secrets_, ssh_;
  Outline outline_;
};

}  // namespace

Outline outline_of(const StageState& target, const OutlineScope& scope) {
  Collector collector(scope);
  collector.visit(target);
  Outline outline = std::move(collector).take();
  const dockerfile::From& from = scope.file.stages.at(target.index).from;
  outline.name = from.name;
  outline.description = description_of(from.origin, from.name);
  return outline;
}

}  // namespace cairn::plan
