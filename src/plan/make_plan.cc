// SPDX-License-Identifier: Apache-2.0
//
// The order: variables of FROM lines, the epoch, the graph of stages, the bases that are reachable
// (their triggers may make more reachable), then each stage from top to bottom. The constructor
// does the first three, so the members are declared in that order.
#include "plan/make_plan.h"

#include <fmt/format.h>

#include "base/error.h"
#include "plan/internal/bases.h"
#include "plan/internal/global_args.h"
#include "plan/internal/lowering.h"
#include "plan/internal/outline_of.h"
#include "plan/internal/source_date_epoch.h"
#include "plan/internal/stage_graph.h"

namespace cairn::plan {
namespace {

class Planner {
 public:
  Planner(const dockerfile::Dockerfile& file, const BuildOptions& options, ImageResolver& images,
          dockerfile::Linter& linter, SourceTimes* times)
      : file_(file),
        options_(options),
        linter_(linter),
        build_args_(options.build_args),
        globals_(global_args(file, options, build_args_, linter)),
        epoch_(take_source_date_epoch(
            {.file = file, .options = options, .times = times, .warnings = warnings_}, build_args_,
            globals_)),
        graph_(file, options, globals_, linter),
        bases_(options, images, graph_.names(), linter) {}

  Plan run() && {
    StageState& target = lowered_target();
    Plan plan = compose(target);
    plan.source_date_epoch = epoch_;
    plan.warnings = warnings();
    // Last: an error in the file is more important than a failed check.
    linter_.fail_if_wanted();
    plan.warnings.insert(plan.warnings.end(), warnings_.begin(), warnings_.end());
    return plan;
  }

  Outline outline() && {
    const StageState& target = lowered_target();
    Environment builtin = builtin_args(file_, options_, build_args_);
    return outline_of(
        target,
        {.file = file_, .build_args = build_args_, .builtin = builtin, .globals = globals_});
  }

 private:
  StageState& lowered_target() {
    StageState& target = graph_.target();
    for (StageState* stage : resolve(target)) lower_stage(*stage);
    return target;
  }

  // Resolves bases and binds their triggers until no new stage is reachable.
  std::vector<StageState*> resolve(StageState& target) {
    while (true) {
      std::vector<StageState*> needed = graph_.reachable(target);
      std::vector<StageState*> stages = options_.all_stages ? graph_.all() : needed;
      for (const StageState* stage : stages) graph_.check_sources(*stage);
      bases_.resolve(stages);
      bool more = false;
      for (StageState* stage : needed) more = bind_triggers(*stage) || more;
      if (!more) return stages;
    }
  }

  // ONBUILD fires at the start of a stage whose base, image or stage, has triggers. It is not
  // inherited further.
  bool bind_triggers(StageState& stage) {
    // A replaced stage runs no instructions, so no triggers either.
    if (stage.triggers_bound || !stage.in_file || stage.replaced) return false;
    stage.triggers_bound = true;
    std::vector<std::string> triggers = stage.triggers;
    if (stage.base != nullptr && stage.base->replaced) triggers = stage.base->triggers;
    if (stage.base != nullptr && !stage.base->replaced) {
      for (const BoundInstruction& bound : stage.base->instructions) {
        const auto* onbuild = std::get_if<dockerfile::Onbuild>(&bound.instruction);
        if (onbuild != nullptr) triggers.push_back(onbuild->trigger);
      }
    }
    graph_.bind_triggers(stage, triggers);
    for (std::size_t i = 0; i < triggers.size(); ++i) {
      const auto* arg = std::get_if<dockerfile::Arg>(&stage.instructions[i].instruction);
      if (arg == nullptr) continue;
      for (const dockerfile::ArgItem& item : arg->items) trigger_args_.push_back(item.key);
    }
    return !triggers.empty();
  }

  // Sets the initial image of a stage.
  void start(StageState& stage) {
    if (options_.several_platforms) {
      stage.shown_platform = stage.base != nullptr ? stage.base->shown_platform
                                                   : bases_.platform_of(stage).normalised();
    }
    if (stage.base == nullptr) {
      bases_.place(stage, vertices_);
    } else {
      // The base is a directory; somebody builds on it, so it becomes a root now.
      if (stage.base->local) copy_local_to_root(*stage.base, vertices_);
      charge_copy(stage.base->image, stage.span);
      stage.image = stage.base->image;
      stage.image.config.on_build.clear();
    }
    if (!stage.in_file || stage.replaced) return;
    if (stage.local) copy_local_to_root(stage, vertices_);
    stage.local.reset();
  }

  // A stage starts with a copy of its base's environment and history, which counts too.
  void charge_copy(const ImageState& image, const SourceSpan& span) {
    at_span(span, [&] {
      for (const std::string& variable : image.config.env) vertices_.charge(variable.size());
      for (const HistoryLine& line : image.history) vertices_.charge(line.created_by.size());
    });
  }

  void lower_stage(StageState& stage) {
    start(stage);
    start_environment(stage.image);
    for (const BoundInstruction& bound : stage.instructions) {
      const dockerfile::Origin& origin = dockerfile::origin_of(bound.instruction);
      Lowering context{.options = options_,
                       .build_args = build_args_,
                       .globals = globals_,
                       .escape = file_.escape,
                       .vertices = vertices_,
                       .stage = stage,
                       .sources = bound.sources,
                       .origin = origin,
                       .linter = linter_,
                       .warnings = warnings_,
                       .epoch = epoch_,
                       .on_build = bound.on_build};
      // An error without a more precise place gets the whole instruction.
      at_span(origin.span, [&] {
        std::visit([&](const auto& instruction) { lower(instruction, context); },
                   bound.instruction);
      });
    }
  }

  Plan compose(StageState& target) {
    if (target.local) copy_local_to_root(target, vertices_);
    ImageState& image = target.image;
    for (const auto& [key, value] : options_.labels) image.config.labels[key] = value;
    if (options_.platform) force_platform(image.config.platform, *options_.platform);
    Plan plan;
    // Before it is written: equal platforms must give equal configs.
    image.config.platform = image.config.platform.normalised();
    plan.root = image.root;
    plan.base = image.base;
    plan.config = std::move(image.config);
    plan.history = std::move(image.history);
    plan.vertices = std::move(vertices_).take();
    return plan;
  }

  // The image declares the requested platform, whatever its base is.
  static void force_platform(oci::Platform& platform, const oci::Platform& wanted) {
    bool same = platform.os == wanted.os && platform.architecture == wanted.architecture;
    platform.os = wanted.os;
    platform.architecture = wanted.architecture;
    if (!same || !wanted.variant.empty()) platform.variant = wanted.variant;
    if (!same || !wanted.os_version.empty()) platform.os_version = wanted.os_version;
  }

  std::vector<std::string> warnings() const {
    std::vector<std::string> out = unused_build_args(file_, options_, trigger_args_);
    for (const dockerfile::Directive& directive : file_.directives) {
      std::string_view value = directive.value;
      if (directive.name != "syntax" || value.starts_with("docker/dockerfile") ||
          value.starts_with("docker.io/docker/dockerfile")) {
        continue;
      }
      out.push_back(
          fmt::format("{}: syntax={} names another frontend; cairn reads Dockerfiles itself, "
                      "ignoring it",
                      location(directive.span), value));
    }
    return out;
  }

  const dockerfile::Dockerfile& file_;
  const BuildOptions& options_;
  dockerfile::Linter& linter_;
  std::vector<std::string> warnings_;  // from the epoch and from instructions
  BuildArgs build_args_;
  Environment globals_;
  std::optional<Timestamp> epoch_;
  StageGraph graph_;
  Vertices vertices_;
  Bases bases_;
  std::vector<std::string> trigger_args_;
};

}  // namespace

dockerfile::Linter make_linter(const dockerfile::SyntaxTree& tree, const BuildOptions& options) {
  auto given = options.build_args.find("BUILDKIT_DOCKERFILE_CHECK");
  std::optional<std::string> instead;
  if (given != options.build_args.end()) instead = given->second;
  return dockerfile::Linter(dockerfile::check_options(tree.directives, instead));
}

Plan make_plan(const dockerfile::Dockerfile& file, const BuildOptions& options,
               ImageResolver& images, dockerfile::Linter& linter, SourceTimes* times) {
  return Planner(file, options, images, linter, times).run();
}

Plan make_plan(const dockerfile::Dockerfile& file, const BuildOptions& options,
               ImageResolver& images, SourceTimes* times) {
  dockerfile::Linter unheard({.skip_all = true});
  return make_plan(file, options, images, unheard, times);
}

Outline make_outline(const dockerfile::Dockerfile& file, const BuildOptions& options,
                     ImageResolver& images) {
  dockerfile::Linter unheard({.skip_all = true});
  return Planner(file, options, images, unheard, nullptr).outline();
}

}  // namespace cairn::plan
