// SPDX-License-Identifier: Apache-2.0
//
// cairn build: text → plan → snapshots → image → wherever it is wanted.
#include <fcntl.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <span>

#include "base/error.h"
#include "base/json.h"
#include "base/sys/file.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "cli/build_parts.h"
#include "cli/call.h"
#include "cli/export.h"
#include "cli/internal/displays.h"
#include "cli/reports.h"
#include "cli/session.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/lint.h"
#include "output/compose.h"
#include "plan/make_plan.h"
#include "progress/vertex_scope.h"
#include "solver/solver.h"

namespace cairn::cli {
namespace {

// Takes diffIDs of finished layers, and makes their blobs if an output takes some, while later
// steps run. The first failure comes out of wait().
class NewLayers {
 public:
  NewLayers(Session& session, std::optional<std::int64_t> clamp,
            std::optional<output::BlobOptions> blobs)
      : session_(session), clamp_(clamp), blobs_(blobs) {}
  // Nobody waits for a build that failed.
  ~NewLayers() { stop_.request_stop(); }
  NewLayers(const NewLayers&) = delete;
  NewLayers& operator=(const NewLayers&) = delete;

  void start(const std::string& snapshot) {
    store::LayerView view{.snapshot = snapshot, .clamp = clamp_};
    if (session_.store().snapshots().find_diff_id(view)) return;
    session_.enter();
    std::lock_guard lock(mutex_);
    if (!pool_) pool_.emplace(1);
    pending_.push_back(pool_->run([this, view] {
      output::prepare_layer(session_.store(), view, blobs_, stop_.get_token());
    }));
  }
  void wait() {
    for (std::future<void>& one : pending_) one.get();
  }

 private:
  Session& session_;
  std::optional<std::int64_t> clamp_;
  std::optional<output::BlobOptions> blobs_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::vector<std::future<void>> pending_;
  std::optional<ThreadPool> pool_;
};

bool is_set(const char* variable) {
  const char* value = ::getenv(variable);
  return value != nullptr && (equal_fold(value, "true") || std::string_view(value) == "1");
}

class BuildRun {
 public:
  BuildRun(Session& session, const BuildFlags& flags, dockerfile::Linter& linter)
      : session_(session), flags_(flags), linter_(linter), parts_(session, flags) {}

  Digest run() {
    std::vector<plan::Plan> plans = make_plans();
    ExportRequest request{.results = {},
                          .several = parts_.inputs.options.several_platforms,
                          .names = parts_.inputs.names};
    // One after the other: what they share is found in the cache by all but the first.
    for (std::size_t i = 0; i < plans.size(); ++i) {
      std::vector<solver::StepResult> results = solve(plans[i]);
      request.results.push_back({.platform = parts_.inputs.platforms[i],
                                 .image = compose(plans[i], results),
                                 .root_snapshot = results[plans[i].root].snapshot,
                                 .epoch = plans[i].source_date_epoch});
    }
    if (session_.stop().stop_requested())
      throw Error(ErrorKind::kCancelled, "the build was cancelled");
    Exported exported = export_build(session_, request, parts_.inputs.outputs);
    metadata_ = std::move(exported.metadata);
    if (!linter_.found().empty() && is_set("BUILDX_METADATA_WARNINGS"))
      metadata_["buildx.build.warnings"] = warnings_json(linter_.found());
    return exported.id;
  }

  void write_files(const Digest& id) const {
    if (!flags_.iidfile.empty()) sys::replace_file(flags_.iidfile, id.str());
    if (!flags_.metadata_file.empty())
      sys::replace_file(flags_.metadata_file, metadata_.dump(2) + "\n");
  }

 private:
  // One for each platform. Build checks speak of the first, as BuildKit's do: most would say the
  // same of all.
  std::vector<plan::Plan> make_plans() {
    dockerfile::Dockerfile file = progress::run_vertex(
        session_.display(),
        "[internal] load build definition from " + parts_.inputs.dockerfile->name,
        [&](progress::VertexScope& scope) { return parse(scope); });
    std::size_t warned = linter_.found().size();
    std::vector<plan::Plan> plans;
    plans.push_back(
        plan::make_plan(file, parts_.inputs.options, parts_.images, linter_, &parts_.fetcher));
    warn_from(warned, std::nullopt);
    warn_of_times(plans[0]);
    for (const std::string& warning : plans[0].warnings) {
      session_.display().send(progress::Warning{.vertex = {}, .message = warning});
    }
    plan::BuildOptions options = parts_.inputs.options;
    for (const oci::Platform& platform : std::span(parts_.inputs.platforms).subspan(1)) {
      options.platform = platform;
      plans.push_back(plan::make_plan(file, options, parts_.images, &parts_.fetcher));
    }
    return plans;
  }

  dockerfile::Dockerfile parse(progress::VertexScope& scope) {
    dockerfile::SyntaxTree tree = dockerfile::parse_syntax(parts_.inputs.dockerfile);
    linter_ = plan::make_linter(tree, parts_.inputs.options);
    dockerfile::Dockerfile file = dockerfile::parse_dockerfile(tree, linter_);
    warn_from(0, scope.id());
    return file;
  }

  // Passes on what build checks found, from a certain one on.
  void warn_from(std::size_t first, std::optional<progress::VertexId> vertex) {
    for (const dockerfile::Diagnostic& found : std::span(linter_.found()).subspan(first)) {
      session_.display().send(progress::Warning{.vertex = vertex,
                                                .message = short_text(found),
                                                .detail = std::string(found.rule->description),
                                                .url = std::string(found.rule->url),
                                                .span = found.span});
    }
  }

  bool wants_image() const {
    for (const output::OutputSpec& spec : parts_.inputs.outputs) {
      if (!spec.is_tree()) return true;
    }
    return false;
  }

  // As the first output that takes blobs wants them; another one makes its own of them if it must.
  std::optional<output::BlobOptions> wanted_blobs() const {
    for (const output::OutputSpec& spec : parts_.inputs.outputs) {
      if (spec.takes_blobs()) return spec.blobs;
    }
    return std::nullopt;
  }

  // Files of the layers that this build makes are not younger than its epoch.
  std::optional<std::int64_t> clamp_of(const plan::Plan& plan) const {
    if (!plan.source_date_epoch || !output::rewrites_timestamps(parts_.inputs.outputs))
      return std::nullopt;
    return plan.source_date_epoch->seconds;
  }

  void warn_of_times(plan::Plan& plan) const {
    if (plan.source_date_epoch) return;
    for (const output::OutputSpec& spec : parts_.inputs.outputs) {
      if (!spec.rewrite_timestamp.value_or(false)) continue;
      plan.warnings.emplace_back(
          "rewrite-timestamp is specified, but no source-date-epoch was found");
      return;
    }
  }

  std::vector<solver::StepResult> solve(const plan::Plan& plan) {
    NewLayers layers(session_, clamp_of(plan), wanted_blobs());
    solver::Workshop workshop = parts_.shop;
    // Of merged layers nobody needs the single ones.
    if (wants_image() && flags_.squash == output::Squash::kNone) {
      workshop.on_layer = [&layers](const std::string& snapshot) { layers.start(snapshot); };
    }
    std::vector<solver::StepResult> results = solver::Solver(workshop).solve(plan, session_.stop());
    layers.wait();
    return results;
  }

  // Whether the image's id takes more than the index knows.
  bool reads_layers(const output::Composition& composition) {
    if (flags_.squash != output::Squash::kNone) return true;
    return std::ranges::any_of(composition.lines, [&](const auto& line) {
      if (!line.snapshot) return false;
      store::LayerView view{.snapshot = *line.snapshot, .clamp = composition.clamp};
      return !session_.store().snapshots().find_diff_id(view);
    });
  }

  output::ComposedImage compose(const plan::Plan& plan,
                                const std::vector<solver::StepResult>& results) {
    output::Composition composition{.config = plan.config,
                                    .base = nullptr,
                                    .lines = {},
                                    .epoch = plan.source_date_epoch,
                                    .clamp = clamp_of(plan),
                                    .squash = flags_.squash,
                                    .base_snapshot = results[plan.base].snapshot};
    std::optional<source::FoundImage> base;
    if (const auto* op = std::get_if<plan::ImageOp>(&plan.vertices[plan.base].op)) {
      base = parts_.images.find(op->reference, op->platform);
      composition.base = &base->config;
    }
    for (const plan::HistoryLine& line : plan.history) {
      std::optional<std::string> snapshot;
      if (line.vertex) snapshot = results[*line.vertex].snapshot;
      composition.lines.push_back({line.created_by, line.comment, std::move(snapshot)});
    }
    if (reads_layers(composition)) session_.enter();
    return output::compose(session_.store(), std::move(composition));
  }

  Session& session_;
  const BuildFlags& flags_;
  dockerfile::Linter& linter_;
  BuildParts parts_;
  Json metadata_ = Json::object();
};

// The tail of the log of the step that failed, as BuildKit frames it.
void print_failed_step(const Display& display) {
  std::optional<FailedStep> failed = display.failed_step();
  if (!failed || failed->last_lines.empty()) return;
  std::string text = fmt::format("------\n > {}:\n", failed->name);
  for (const std::string& line : failed->last_lines) text += line + "\n";
  write_to_stderr(text + "------\n");
}

void print_warnings(const Display& display, const dockerfile::Linter& linter) {
  bool colored = ::isatty(STDERR_FILENO) == 1 && ::getenv("NO_COLOR") == nullptr;
  if (!display.is_quiet()) write_to_stderr(warnings_text(linter.found(), colored));
}

void build_image(Session& session, const BuildFlags& flags) {
  dockerfile::Linter linter({});
  try {
    BuildRun run(session, flags, linter);
    Digest id = run.run();
    session.display().finish();
    run.write_files(id);
    print_warnings(session.display(), linter);
    if (flags.quiet) fmt::print("{}\n", id.str());
  } catch (const Error&) {
    session.display().finish();
    print_warnings(session.display(), linter);
    print_failed_step(session.display());
    remember_uses(session);
    throw;
  }
}

int build(Session& session, const BuildFlags& flags) {
  if (Call call = parse_call(flags.call); call.kind != CallKind::kBuild)
    return run_call(session, flags, call);
  check_gc_options(flags.gc);
  for (const std::string& note : flags.without_effect) print_note(note);
  build_image(session, flags);
  std::fflush(stdout);  // who reads it need not wait for what follows
  remember_uses(session);
  collect_after_build(session, flags.gc);
  return 0;
}

}  // namespace

Command declare_build(CLI::App& app, Settings& settings) {
  CLI::App* command = app.add_subcommand("build", "build an image from a Dockerfile");
  auto flags = std::make_shared<BuildFlags>();
  declare_build_flags(*command, *flags);
  command->add_option("--progress", settings.progress, "auto, plain, tty, quiet or none");
  command->final_callback([flags, &settings] {
    if (flags->quiet) settings.progress = "quiet";
  });
  return {command, Needs::kLauncherLater,
          [flags](Session& session) { return build(session, *flags); },
          [flags] { return needs_of(parse_call(flags->call), *flags); }};
}

}  // namespace cairn::cli
