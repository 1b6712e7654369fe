// SPDX-License-Identifier: Apache-2.0
//
// cairn build: text → plan → snapshots → image → outputs. BuildRun does these in order. Two things
// run beside it: layers of finished steps are digested while later steps run (LayerPrefetcher), and
// the namespaces are entered only when something needs them, so a fully cached build enters none.
#include <fcntl.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <span>

#include "base/error.h"
#include "base/json.h"
#include "base/sys/output_file.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "cli/build/build_parts.h"
#include "cli/build/call.h"
#include "cli/build/reports.h"
#include "cli/result.h"
#include "cli/session.h"
#include "cli/standard_error.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/lint.h"
#include "output/compose.h"
#include "output/exporters.h"
#include "plan/make_plan.h"
#include "progress/vertex_scope.h"
#include "solver/solver.h"

namespace cairn::cli {
namespace {

// Computes the diffIDs of finished layers while later steps run, and makes their blobs if an output
// takes blobs. wait() throws the first failure.
class LayerPrefetcher {
 public:
  LayerPrefetcher(Session& session, Clamp clamp, std::optional<output::BlobOptions> blobs)
      : session_(session),
        layers_(session.layers(&session.progress())),
        clamp_(clamp),
        blobs_(blobs) {}
  // A failed build does not wait for its layers.
  ~LayerPrefetcher() { stop_.request_stop(); }
  LayerPrefetcher(const LayerPrefetcher&) = delete;
  LayerPrefetcher& operator=(const LayerPrefetcher&) = delete;

  // `step` belongs to the plan, which outlives this.
  void start(const store::SnapshotId& snapshot, const plan::Vertex& step) {
    store::LayerView view{.snapshot = snapshot, .clamp = clamp_};
    if (session_.store().snapshots().find_diff_id(view)) return;
    session_.enter_namespaces();
    std::lock_guard lock(mutex_);
    // One thread: a layer is read by several threads already.
    if (!pool_) pool_.emplace(1);
    pending_.push_back(pool_->run([this, view, &step] { prepare(view, step); }));
  }
  void wait() {
    for (ThreadPool::Result<void>& one : pending_) one.get();
  }

 private:
  void prepare(const store::LayerView& view, const plan::Vertex& step) {
    at_span(step.span, [&] {
      ErrorContext while_here([&] { return "making the layer of " + step.name; });
      output::prepare_layer(layers_, view, blobs_, stop_.get_token());
    });
  }

  Session& session_;
  const output::LayerStore layers_;
  Clamp clamp_;
  std::optional<output::BlobOptions> blobs_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::vector<ThreadPool::Result<void>> pending_;
  std::optional<ThreadPool> pool_;
};

// As buildx reads its own boolean variables.
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
    output::ExportRequest request{.results = {},
                                  .several = parts_.inputs.options.several_platforms,
                                  .names = parts_.inputs.names};
    // One after the other: whatever the platforms share is in the cache after the first.
    for (std::size_t i = 0; i < plans.size(); ++i) {
      solver::StepResults results = solve(plans[i]);
      request.results.push_back({.platform = parts_.inputs.platforms[i],
                                 .image = compose(plans[i], results),
                                 .root_snapshot = results[plans[i].root].snapshot,
                                 .epoch = plans[i].source_date_epoch});
    }
    if (session_.stop().stop_requested())
      throw Error(ErrorKind::kCancelled, "the build was cancelled");
    output::Exported exported = export_results(request);
    metadata_ = std::move(exported.metadata);
    if (!linter_.found().empty() && is_set("BUILDX_METADATA_WARNINGS"))
      metadata_["buildx.build.warnings"] = warnings_json(linter_.found());
    return exported.id;
  }

  // Whether an archive goes to stdout; a line of text would damage it.
  bool stdout_is_taken() const {
    return std::ranges::any_of(parts_.inputs.files, &sys::OutputFile::is_stdout);
  }

  void write_files(const Digest& id) const {
    write_file(flags_.iidfile, id.str());
    write_file(flags_.metadata_file, metadata_.dump(2) + "\n");
  }

 private:
  // Written with 0644, as buildx does.
  void write_file(const std::string& path, std::string_view text) const {
    if (path.empty()) return;
    sys::OutputFile(path, sys::Dash::kFile)
        .write(0644 & ~session_.user_umask(), session_.stop(), text);
  }

  // One plan for each platform. Build checks run for the first only, as in BuildKit: most findings
  // would be the same for all.
  std::vector<plan::Plan> make_plans() {
    dockerfile::Dockerfile file = progress::run_vertex(
        session_.progress(),
        "[internal] load build definition from " + parts_.inputs.dockerfile->name,
        [&](progress::VertexScope& scope) { return parse(scope); });
    std::size_t warned = linter_.found().size();
    std::vector<plan::Plan> plans;
    plans.push_back(
        plan::make_plan(file, parts_.inputs.options, parts_.images, linter_, &parts_.fetcher));
    warn_from(warned, std::nullopt);
    warn_of_times(plans[0]);
    for (const std::string& warning : plans[0].warnings) {
      session_.progress().send(progress::Warning{.vertex = {}, .message = warning});
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

  // Sends the findings of build checks from index `first` on.
  void warn_from(std::size_t first, std::optional<progress::VertexId> vertex) {
    for (const dockerfile::Diagnostic& found : std::span(linter_.found()).subspan(first)) {
      session_.progress().send(progress::Warning{.vertex = vertex,
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

  // The options of the first output that takes blobs. Another output makes its own if it needs
  // others.
  std::optional<output::BlobOptions> wanted_blobs() const {
    for (const output::OutputSpec& spec : parts_.inputs.outputs) {
      if (spec.takes_blobs()) return spec.blobs;
    }
    return std::nullopt;
  }

  Clamp clamp_of(const plan::Plan& plan) const {
    if (!output::rewrites_timestamps(parts_.inputs.outputs)) return {};
    return Clamp(plan.source_date_epoch);
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

  solver::StepResults solve(const plan::Plan& plan) {
    LayerPrefetcher layers(session_, clamp_of(plan), wanted_blobs());
    solver::SolverServices services = parts_.services;
    // Squashed layers are merged, so nobody needs the single ones.
    if (wants_image() && flags_.squash == output::Squash::kNone) {
      services.on_target_layer = [&layers](const store::SnapshotId& snapshot,
                                           const plan::Vertex& step) {
        layers.start(snapshot, step);
      };
    }
    solver::StepResults results = solver::Solver(services).solve(plan, session_.stop());
    layers.wait();
    return results;
  }

  // Whether computing the image id has to read layers that the index does not know.
  bool reads_layers(const output::Composition& composition) {
    if (flags_.squash != output::Squash::kNone) return true;
    return std::ranges::any_of(composition.lines, [&](const auto& line) {
      if (!line.snapshot) return false;
      store::LayerView view{.snapshot = *line.snapshot, .clamp = composition.clamp};
      return !session_.store().snapshots().find_diff_id(view);
    });
  }

  output::ComposedImage compose(const plan::Plan& plan, const solver::StepResults& results) {
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
      composition.base_manifest = base->manifest_digest;
    }
    for (const plan::HistoryLine& line : plan.history) {
      std::optional<store::SnapshotId> snapshot;
      if (line.vertex) snapshot = results[*line.vertex].snapshot;
      composition.lines.push_back({line.created_by, line.comment, std::move(snapshot)});
    }
    if (reads_layers(composition)) session_.enter_namespaces();
    return output::compose(session_.layers(&session_.progress()), std::move(composition));
  }

  // Runs one output after the other, each as a vertex.
  output::Exported export_results(const output::ExportRequest& request) {
    output::Exported exported{.id = output::main_result(request).image.id};
    for (const output::OutputSpec& spec : parts_.inputs.outputs) {
      const output::ExporterType& type = output::exporter_of(spec);
      exported = progress::run_vertex(
          session_.progress(), std::string(type.title), [&](progress::VertexScope& scope) {
            std::unique_ptr<output::Exporter> exporter = type.make(spec);
            if (exporter->needs_namespaces()) session_.enter_namespaces();
            return exporter->run(request, services_for(scope), std::move(exported));
          });
    }
    return exported;
  }

  output::ExportServices services_for(const progress::VertexScope& scope) {
    return {.store = session_.store(),
            .snapshotter = session_.snapshotter(),
            .client = session_.client(),
            .hosts = session_.host_rules(),
            .umask = session_.user_umask(),
            .stop = session_.stop(),
            .progress = scope};
  }

  Session& session_;
  const BuildFlags& flags_;
  dockerfile::Linter& linter_;
  BuildParts parts_;
  Json metadata_ = Json::object();
};

// Prints the log of the failed step, framed as BuildKit does.
void print_failed_step(const ProgressOutput& progress) {
  std::optional<FailedStep> failed = progress.failed_step();
  if (!failed || failed->last_lines.empty()) return;
  std::string text = fmt::format("------\n > {}:\n", failed->name);
  if (failed->left_out > 0) {
    std::string where =
        failed->kept_in.empty() ? "" : "; the whole log is " + one_line(failed->kept_in, SIZE_MAX);
    text += fmt::format("({} earlier lines are left out{})\n", failed->left_out, where);
  }
  for (const std::string& line : failed->last_lines) text += line + "\n";
  write_to_stderr(text + "------\n");
}

// Below the progress, as buildx does, so that they are not scrolled away.
void print_warnings(const ProgressOutput& progress, const dockerfile::Linter& linter) {
  bool colored = ::isatty(STDERR_FILENO) == 1 && ::getenv("NO_COLOR") == nullptr;
  if (!progress.is_quiet()) write_to_stderr(warnings_text(linter.found(), colored));
}

// Files are written only after a success; the log of a failed step comes before its error.
void build_image(Session& session, const BuildFlags& flags) {
  dockerfile::Linter linter({});
  auto end_display = [&](const Error&) {
    session.progress().finish();
    // The step's log comes last, next to the error that main prints.
    print_warnings(session.progress(), linter);
    print_failed_step(session.progress());
    remember_uses(session);
  };
  amend(end_display, [&] {
    BuildRun run(session, flags, linter);
    Digest id = run.run();
    session.progress().finish();
    run.write_files(id);
    print_warnings(session.progress(), linter);
    if (flags.quiet && !run.stdout_is_taken()) print_result(id.str() + "\n");
  });
}

int build(Session& session, const BuildFlags& flags) {
  if (Call call = parse_call(flags.call); call.kind != CallKind::kBuild)
    return run_call(session, flags, call);
  check_gc_options(flags.gc);
  for (const std::string& note : flags.without_effect) print_note(note);
  build_image(session, flags);
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
  return {command, Needs::kLauncherOnDemand,
          [flags](Session& session) { return build(session, *flags); },
          [flags] { return needs_of(parse_call(flags->call), *flags); }};
}

}  // namespace cairn::cli
