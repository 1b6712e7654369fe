// SPDX-License-Identifier: Apache-2.0
//
// cairn check, and cairn build --call: answers about a Dockerfile without building it.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/build_parts.h"
#include "cli/call.h"
#include "cli/reports.h"
#include "plan/make_plan.h"
#include "plan/outline.h"

namespace cairn::cli {
namespace {

void print(const Json& answer) {
  fmt::print("{}\n", answer.dump(2, ' ', false, Json::error_handler_t::replace));
}

// The Dockerfile as the user would name it.
std::string shown_path(const BuildFlags& flags, const SourceText& source) {
  if (source.name == "-") return "stdin";
  if (!flags.file.empty()) return flags.file;
  return must_fetch(flags) ? source.name : clean_path(flags.context + "/" + source.name);
}

int check(Session& session, const BuildFlags& flags, const Call& call) {
  BuildParts parts(session, flags);
  BuildInputs& inputs = parts.inputs;
  inputs.options.all_stages = inputs.options.target.empty();
  dockerfile::Linter linter({});
  std::optional<Error> failure;
  try {
    dockerfile::SyntaxTree tree = dockerfile::parse_syntax(inputs.dockerfile);
    linter = plan::make_linter(tree, inputs.options);
    dockerfile::Dockerfile file = dockerfile::parse_dockerfile(tree, linter);
    dockerfile::lint_advice(file, linter);
    plan::make_plan(file, inputs.options, parts.images, linter);
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
  BuildParts parts(session, flags);
  const BuildInputs& inputs = parts.inputs;
  plan::Outline outline = plan::make_outline(dockerfile::parse_dockerfile(inputs.dockerfile),
                                             inputs.options, parts.images);
  session.display().finish();
  if (call.json) {
    print(outline_json(outline, *inputs.dockerfile));
  } else {
    fmt::print("{}", outline_text(outline));
  }
  return 0;
}

int targets(Session& session, const BuildFlags& flags, const Call& call) {
  BuildParts parts(session, flags);
  dockerfile::Dockerfile file = dockerfile::parse_dockerfile(parts.inputs.dockerfile);
  session.display().finish();
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
    case CallKind::kTargets: return targets(session, flags, call);
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
  return {command, Needs::kLauncherLater,
          [flags](Session& session) { return run_call(session, *flags, parse_call(flags->call)); },
          [flags] { return needs_of(parse_call(flags->call), *flags); }};
}

}  // namespace cairn::cli
