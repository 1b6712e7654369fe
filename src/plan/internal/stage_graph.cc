// SPDX-License-Identifier: Apache-2.0
//
// Names are looked up differently in each place (F02-F04). FROM sees the nearest stage above, in
// exact case. --from and --target see the last stage of that name, in any case. A number is a stage
// only in COPY --from. A name that is no stage is an image.
#include "plan/internal/stage_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/expand.h"
#include "dockerfile/mount.h"
#include "dockerfile/narrow.h"
#include "plan/internal/cycles.h"
#include "plan/internal/from_line.h"

namespace cairn::plan {
namespace {

// The instructions that count in "[2/4]": those with a vertex.
bool makes_step(const dockerfile::Instruction& instruction) {
  return std::holds_alternative<dockerfile::Run>(instruction) ||
         std::holds_alternative<dockerfile::Copy>(instruction) ||
         std::holds_alternative<dockerfile::Add>(instruction) ||
         std::holds_alternative<dockerfile::Workdir>(instruction);
}

bool skips_cache(const BuildOptions& options, const std::string& name) {
  if (options.no_cache) return true;
  return std::any_of(options.no_cache_filter.begin(), options.no_cache_filter.end(),
                     [&](const std::string& filter) { return equal_fold(filter, name); });
}

// "0", "12", "-1": what Go's strconv.Atoi accepts.
bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Well-known images to copy from, so that a stage called "app" does not make "php" a typo.
constexpr std::array<std::string_view, 40> kKnownImages = {
    "alpine", "amazonlinux", "bash",   "busybox", "caddy",  "centos",   "composer",  "couchdb",
    "debian", "deno",        "docker", "elixir",  "erlang", "fedora",   "gcc",       "golang",
    "gradle", "haproxy",     "httpd",  "julia",   "kong",   "maven",    "memcached", "mongo",
    "mysql",  "nginx",       "node",   "perl",    "php",    "postgres", "python",    "r-base",
    "redis",  "registry",    "ruby",   "rust",    "swift",  "tomcat",   "traefik",   "ubuntu"};

// Whether one letter was changed, added or removed, or two neighbours were swapped.
bool one_slip(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin());
  if (x == a.end()) return b.size() - a.size() == 1;
  if (b.size() - a.size() == 1) return std::equal(x, a.end(), y + 1);
  if (a.size() != b.size()) return false;
  if (std::equal(x + 1, a.end(), y + 1)) return true;
  return x + 1 != a.end() && x[0] == y[1] && x[1] == y[0] && std::equal(x + 2, a.end(), y + 2);
}

// The stage that the name of a source probably means: no tag, no slash, and similar. Two letters
// are half of a short word, so only one edit is allowed there.
std::optional<std::string> probable_stage(const std::string& name,
                                          const std::vector<std::string>& stages) {
  if (name.size() < 3 || name.find_first_of("/:@") != std::string::npos) return std::nullopt;
  if (std::find(kKnownImages.begin(), kKnownImages.end(), name) != kKnownImages.end())
    return std::nullopt;
  if (name.size() >= 5) return nearest(name, stages);
  for (const std::string& stage : stages) {
    if (stage.size() >= 3 && one_slip(name, stage)) return stage;
  }
  return std::nullopt;
}

// The error for a COPY, or the i-th mount of a RUN, that refers to a later stage.
Error comes_too_late(const dockerfile::Instruction& instruction, std::size_t i,
                     const StageState& stage) {
  if (const auto* copy = std::get_if<dockerfile::Copy>(&instruction)) {
    return dockerfile_error(
        "cannot copy from stage {}, it needs to be defined before current stage {}",
        go_quote(copy->from), go_quote(stage.shown_name));
  }
  const std::string& mount = std::get<dockerfile::Run>(instruction).mounts.at(i);
  return dockerfile_error(
      "cannot mount from stage {} to {}, stage needs to be defined before current command",
      go_quote(dockerfile::mount_from(mount)), go_quote(dockerfile::mount_target(mount)));
}

}  // namespace

std::optional<std::string> find_context(const BuildOptions& options, const std::string& name,
                                        const oci::Platform& platform) {
  if (equal_fold(name, "scratch") || equal_fold(name, "context")) return std::nullopt;
  std::string key = context_key(name);
  // A context for this platform wins over one for all platforms.
  std::string exact = fmt::format("{}::{}", key, platform.normalised().str());
  if (options.contexts.contains(exact)) return exact;
  if (options.contexts.contains(key)) return key;
  return std::nullopt;
}

StageGraph::StageGraph(const dockerfile::Dockerfile& file, const BuildOptions& options,
                       const Environment& globals, dockerfile::Linter& linter)
    : file_(file), options_(options) {
  for (const dockerfile::Stage& stage : file.stages) add_stage(stage, globals, linter);
  for (StageState& state : stages_) {
    for (BoundInstruction& bound : state.instructions) bind(bound);
  }
  check_cycles();
  // BuildKit shows no stage name when there is only one stage.
  if (stages_.size() == 1 && outside_.empty() && !has_outside_mounts_)
    stages_[0].shown_name.clear();
}

void StageGraph::add_stage(const dockerfile::Stage& stage, const Environment& globals,
                           dockerfile::Linter& linter) {
  const dockerfile::From& from = stage.from;
  StageState& state = stages_.emplace_back();
  state.index = stages_.size() - 1;
  state.name = from.name;
  state.shown_name = from.name.empty() ? fmt::format("stage-{}", state.index) : from.name;
  state.span = from.origin.span;
  FromLine line = read_from_line(from, file_, globals, linter);
  state.base_name = std::move(line.base);
  state.platform_flag = std::move(line.platform);
  state.no_cache = skips_cache(options_, from.name);
  set_base(state);
  if (state.replaced) return;
  // Pulling the base counts as a step; scratch and another stage do not.
  state.steps = state.base_name != "scratch" && state.base == nullptr ? 1 : 0;
  for (const dockerfile::Instruction& instruction : stage.instructions) {
    state.steps += makes_step(instruction) ? 1 : 0;
    state.instructions.push_back({.instruction = instruction});
  }
}

void StageGraph::set_base(StageState& state) {
  oci::Platform platform =
      state.platform_flag.value_or(options_.platform.value_or(options_.build_platform));
  if (!state.name.empty()) state.context = find_context(options_, state.name, platform);
  state.replaced = state.context.has_value();
  auto earlier = by_name_.find(state.base_name);
  if (!state.replaced && earlier != by_name_.end()) state.base = earlier->second;
  if (!state.replaced && state.base == nullptr) {
    state.context = find_context(options_, state.base_name, platform);
  }
  if (StageState* stage = stage_of_context(state)) {
    state.base = stage;
    state.context.reset();
  }
  if (!state.name.empty()) by_name_[state.name] = &state;
}

// The stage that the named context "target:NAME" refers to, which must be above; null for other
// contexts.
StageState* StageGraph::stage_of_context(const StageState& state) {
  if (!state.context) return nullptr;
  const auto* context = std::get_if<StageContext>(&options_.contexts.at(*state.context));
  if (context == nullptr) return nullptr;
  if (StageState* stage = find(context->name); stage != nullptr && stage != &state) return stage;
  throw dockerfile_error("context {}: no stage above this line is called {}{}",
                         go_quote(*state.context), go_quote(context->name),
                         did_you_mean(context->name, names()))
      .at(state.span);
}

StageState* StageGraph::find(const std::string& name) {
  auto found = by_name_.find(to_lower(name));
  return found == by_name_.end() ? nullptr : found->second;
}

StageState* StageGraph::outside(const std::string& name, const SourceSpan& span) {
  for (StageState& state : outside_) {
    if (state.base_name == name) return &state;
  }
  StageState& state = outside_.emplace_back();
  state.in_file = false;
  state.base_name = name;
  state.span = span;
  state.context = find_context(options_, name, options_.platform.value_or(options_.build_platform));
  StageState* stage = stage_of_context(state);
  if (stage == nullptr) return &state;
  // The name is an alias of a stage ("target:"), not a new source.
  outside_.pop_back();
  return stage;
}

StageState* StageGraph::source_of_copy(const dockerfile::Copy& copy) {
  auto unset = [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
  const SourceSpan span = dockerfile::narrow(copy.origin.span, "--from");
  // Expanding with no variable set changes any text that contains one.
  if (dockerfile::expand_word(copy.from, unset, {.escape = file_.escape}).text != copy.from) {
    throw dockerfile_error(
        "variable expansion is not supported for --from, define a new stage with FROM using "
        "ARG from global scope as a workaround")
        .at(span);
  }
  if (is_number(copy.from)) {
    std::optional<std::uint64_t> index = parse_uint(copy.from.substr(copy.from[0] == '+' ? 1 : 0));
    if (index && *index < stages_.size()) return &stages_[*index];
    throw dockerfile_error("invalid stage index {}", copy.from)
        .with_hint(fmt::format("the stages of this file are 0 to {}", stages_.size() - 1))
        .at(span);
  }
  StageState* stage = find(copy.from);
  return stage != nullptr ? stage : outside(copy.from, copy.origin.span);
}

void StageGraph::bind(BoundInstruction& bound) {
  at_span(dockerfile::origin_of(bound.instruction).span, [&] {
    if (const auto* copy = std::get_if<dockerfile::Copy>(&bound.instruction)) {
      if (!copy->from.empty()) bound.sources = {source_of_copy(*copy)};
    } else if (const auto* run = std::get_if<dockerfile::Run>(&bound.instruction)) {
      for (const std::string& mount : run->mounts) {
        std::string from = dockerfile::mount_from(mount);
        StageState* source = from.empty() ? nullptr : find(from);
        // BuildKit counts a mount without a stage as one more stage; step names show it.
        has_outside_mounts_ = has_outside_mounts_ || source == nullptr;
        if (source == nullptr && !from.empty()) source = outside(from, run->origin.span);
        bound.sources.push_back(source);
      }
    }
  });
}

void StageGraph::bind_triggers(StageState& stage, const std::vector<std::string>& triggers) {
  std::vector<BoundInstruction> bound;
  for (const std::string& text : triggers) {
    bound.push_back({.instruction = dockerfile::parse_trigger(text, stage.span), .on_build = true});
    bind(bound.back());
  }
  // BuildKit counts every trigger, whether it makes a layer or not.
  stage.steps += static_cast<int>(bound.size());
  stage.instructions.insert(stage.instructions.begin(), bound.begin(), bound.end());
}

StageState& StageGraph::target() {
  if (options_.target.empty()) return stages_.back();
  if (StageState* stage = find(options_.target)) return *stage;
  std::vector<std::string> known = names();
  throw dockerfile_error("target stage {} could not be found{}", go_quote(options_.target),
                         did_you_mean(options_.target, known))
      .with_hint(known.empty() ? "no stage of this file has a name"
                               : fmt::format("the named stages are: {}", fmt::join(known, ", ")));
}

std::vector<StageState*> StageGraph::reachable(StageState& target) {
  std::set<StageState*> found = {&target};
  std::vector<StageState*> todo = {&target};
  while (!todo.empty()) {
    StageState* state = todo.back();
    todo.pop_back();
    auto visit = [&](StageState* next) {
      if (next != nullptr && found.insert(next).second) todo.push_back(next);
    };
    visit(state->base);
    for (const BoundInstruction& bound : state->instructions) {
      for (StageState* source : bound.sources) visit(source);
    }
  }
  std::vector<StageState*> out = all();
  std::erase_if(out, [&](StageState* state) { return !found.contains(state); });
  return out;
}

std::vector<StageState*> StageGraph::all() {
  std::vector<StageState*> out;
  // Images and contexts have no dependencies, so they come first.
  for (std::deque<StageState>* list : {&outside_, &stages_}) {
    for (StageState& state : *list) out.push_back(&state);
  }
  return out;
}

void StageGraph::check_sources(const StageState& stage) const {
  for (const BoundInstruction& bound : stage.instructions) {
    const SourceSpan& span = dockerfile::origin_of(bound.instruction).span;
    for (std::size_t i = 0; i < bound.sources.size(); ++i) {
      const StageState* source = bound.sources[i];
      if (source == nullptr) continue;
      if (source->in_file && source->index >= stage.index && !source->replaced) {
        throw comes_too_late(bound.instruction, i, stage)
            .with_hint(fmt::format("move the stage at line {} above the one at line {}",
                                   source->span.first_line, stage.span.first_line))
            .at(span);
      }
      // Only a name that would be pulled as an image can be a misspelt stage.
      if (source->in_file || source->context || source->base_name == "scratch") continue;
      if (std::optional<std::string> near = probable_stage(source->base_name, names())) {
        throw dockerfile_error("no stage is called {} (did you mean {}?)",
                               go_quote(source->base_name), *near)
            .with_hint(fmt::format("if the image is meant, give its tag: --from={}:latest",
                                   source->base_name))
            .at(dockerfile::narrow(span, "from=" + source->base_name));
      }
    }
  }
}

std::vector<std::string> StageGraph::names() const {
  std::vector<std::string> out;
  for (const StageState& state : stages_) {
    if (!state.name.empty()) out.push_back(state.name);
  }
  return out;
}

void StageGraph::check_cycles() const {
  std::optional<Cycle> cycle = find_cycle(stages_);
  if (!cycle) return;
  std::vector<std::string> chain;
  for (const CycleStep& step : *cycle) {
    chain.push_back(fmt::format("{} takes files from {} ({})", step.stage->shown_name,
                                step.source->shown_name, location(step.span)));
  }
  throw dockerfile_error("circular dependency detected on stage: {}",
                         cycle->front().stage->shown_name)
      .with_hint(join(chain, ", "))
      .at(cycle->front().span);
}

}  // namespace cairn::plan
