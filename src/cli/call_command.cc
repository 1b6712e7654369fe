// SPDX-License-Identifier: Apache-2.0
//
// cairn check, and cairn build --call: answers about a Dockerfile without building it.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/build_inputs.h"
#include "cli/call.h"
#include "cli/reports.h"
#include "plan/make_plan.h"
#include "plan/outline.h"
#include "source/images.h"

namespace cairn::cli {
namespace {

// An answer needs no namespace and no launcher, which fetching would.
class DirectoriesOnly final : public ContextFetcher {
 public:
  Fetched fetch(const plan::GitOp&) override { refuse(); }
  Fetched fetch(const plan::HttpOp&) override { refuse(); }
  Fetched unpack(const sys::Fd&) override { refuse(); }
  Fetched empty() override { refuse(); }
  oci::Reference add_layout(const std::string&, const plan::LayoutContext&) override { refuse(); }
  sys::Fd spool(const sys::Fd&) override { refuse(); }

 private:
  [[noreturn]] static void refuse() {
    throw Error(ErrorKind::kUsage, "a check of what has to be fetched first is not supported yet")
        .with_hint("give a directory, and the Dockerfile with -f (- is stdin)");
  }
};

BuildInputs read_inputs(const BuildFlags& flags) {
  DirectoriesOnly fetcher;
  return read_build_inputs(flags, fetcher);
}

void print(const Json& answer) {
  fmt::print("{}\n", answer.dump(2, ' ', false, Json::error_handler_t::replace));
}

// The Dockerfile as the user would name it.
std::string shown_path(const BuildFlags& flags, const SourceText& source) {
  if (flags.file == "-") return "stdin";
  return flags.file.empty() ? clean_path(flags.context + "/" + source.name) : flags.file;
}

source::Images images_of(Session& session, const BuildFlags& flags) {
  return {session.store(), session.client(), session.display(),
          flags.pull ? source::Pull::kAlways : source::Pull::kWhenMissing};
}

int check(Session& session, const BuildFlags& flags, const Call& call) {
  BuildInputs inputs = read_inputs(flags);
  inputs.options.all_stages = inputs.options.target.empty();
  source::Images images = images_of(session, flags);
  dockerfile::Linter linter({});
  std::optional<Error> failure;
  try {
    dockerfile::SyntaxTree tree = dockerfile::parse_syntax(inputs.dockerfile);
    linter = plan::make_linter(tree, inputs.options);
    dockerfile::Dockerfile file = dockerfile::parse_dockerfile(tree, linter);
    dockerfile::lint_advice(file, linter);
    plan::make_plan(file, inputs.options, images, linter);
  } catch (const Error& error) {
    failure = error;
  }
  session.display().finish();
  const std::vector<dockerfile::Diagnostic>& found = linter.found();
  if (call.json) {
    print(check_json(found, *inputs.dockerfile, failure));
  } else if (!failure || !found.empty()) {
    fmt::print("{}", check_text(found, shown_path(flags, *inputs.dockerfile)));
  }
  std::fflush(stdout);
  if (failure) throw *std::move(failure);
  return found.empty() || call.ignore_status ? 0 : exit_code(ErrorKind::kDockerfile);
}

int outline(Session& session, const BuildFlags& flags, const Call& call) {
  BuildInputs inputs = read_inputs(flags);
  source::Images images = images_of(session, flags);
  plan::Outline outline =
      plan::make_outline(dockerfile::parse_dockerfile(inputs.dockerfile), inputs.options, images);
  session.display().finish();
  if (call.json) {
    print(outline_json(outline, *inputs.dockerfile));
  } else {
    fmt::print("{}", outline_text(outline));
  }
  return 0;
}

int targets(const BuildFlags& flags, const Call& call) {
  dockerfile::Dockerfile file = dockerfile::parse_dockerfile(read_inputs(flags).dockerfile);
  if (call.json) {
    print(targets_json(file));
  } else {
    fmt::print("{}", targets_text(file));
  }
  return 0;
}

int describe(const Call& call) {
  if (call.json) {
    print(describe_json());
  } else {
    fmt::print("{}", describe_text());
  }
  return 0;
}

}  // namespace

int run_call(Session& session, const BuildFlags& flags, const Call& call) {
  switch (call.kind) {
    case CallKind::kCheck: return check(session, flags, call);
    case CallKind::kOutline: return outline(session, flags, call);
    case CallKind::kTargets: return targets(flags, call);
    case CallKind::kDescribe: return describe(call);
    case CallKind::kBuild: break;
  }
  throw Error(ErrorKind::kUsage, "--call=build: cairn check builds nothing")
      .with_hint("that is what cairn build does");
}

Command declare_check(CLI::App& app, Settings& settings) {
  CLI::App* command =
      app.add_subcommand("check", "look a Dockerfile over without building it (build --check)");
  auto flags = std::make_shared<BuildFlags>();
  flags->call = "check";
  declare_build_flags(*command, *flags);
  command->add_option("--progress", settings.progress, "auto, plain, tty, quiet or none");
  return {command, Needs::kStore,
          [flags](Session& session) { return run_call(session, *flags, parse_call(flags->call)); }};
}

}  // namespace cairn::cli
