// SPDX-License-Identifier: Apache-2.0
//
// cairn check, and cairn build --call: answers about a Dockerfile without building it. They read
// the same inputs and make the same plan as a build, so that they say what a build would.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/attempt.h"
#include "base/error.h"
#include "base/foreign_text.h"
#include "base/json.h"
#include "base/logins.h"
#include "base/text.h"
#include "cli/build/build_parts.h"
#include "cli/build/call.h"
#include "cli/build/reports.h"
#include "cli/result.h"
#include "plan/make_plan.h"
#include "plan/outline.h"

namespace cairn::cli {
namespace {

// Bytes of a Dockerfile that are not UTF-8 are replaced, since JSON cannot express them.
void print(const Json& answer) {
  print_result(legible_json(answer.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n");
}

// The Dockerfile's path as the user would write it.
std::string shown_path(const BuildFlags& flags, const SourceText& source) {
  if (source.name == "-") return "stdin";
  if (!flags.file.empty()) return mask_logins(flags.file);
  return source::must_fetch(context_request(flags)) ? source.name
                                                    : clean_path(flags.context + "/" + source.name);
}

int check(Session& session, const BuildFlags& flags, const Call& call) {
  BuildParts parts(session, flags);
  BuildInputs& inputs = parts.inputs;
  // Without --target, every stage is checked, also those that a build would skip.
  inputs.options.all_stages = inputs.options.target.empty();
  dockerfile::Linter linter({});
  // A wrong Dockerfile is part of the answer: findings up to there are printed, then the error.
  std::optional<Error> failure = failure_of([&] {
    dockerfile::SyntaxTree tree = dockerfile::parse_syntax(inputs.dockerfile);
    linter = plan::make_linter(tree, inputs.options);
    dockerfile::Dockerfile file = dockerfile::parse_dockerfile(tree, linter);
    dockerfile::lint_advice(file, linter);
    plan::make_plan(file, inputs.options, parts.images, linter);
  });
  session.progress().finish();
  const std::vector<dockerfile::Diagnostic>& found = linter.found();
  if (call.json) {
    print(check_json(found, *inputs.dockerfile, failure));
  } else if (!failure || !found.empty()) {
    print_result(check_text(found, shown_path(flags, *inputs.dockerfile)));
  }
  if (failure) throw *std::move(failure);
  return found.empty() || call.ignore_status ? 0 : exit_code(ErrorKind::kDockerfile);
}

// Like a build, it may need the configs of base images.
int outline(Session& session, const BuildFlags& flags, const Call& call) {
  BuildParts parts(session, flags);
  const BuildInputs& inputs = parts.inputs;
  plan::Outline outline = plan::make_outline(dockerfile::parse_dockerfile(inputs.dockerfile),
                                             inputs.options, parts.images);
  session.progress().finish();
  if (call.json) {
    print(outline_json(outline, *inputs.dockerfile));
  } else {
    print_result(outline_text(outline));
  }
  return 0;
}

// Needs only the syntax: no image is looked up.
int targets(Session& session, const BuildFlags& flags, const Call& call) {
  BuildParts parts(session, flags);
  dockerfile::Dockerfile file = dockerfile::parse_dockerfile(parts.inputs.dockerfile);
  session.progress().finish();
  if (call.json) {
    print(targets_json(file));
  } else {
    print_result(targets_text(file));
  }
  return 0;
}

int print_description(const Call& call) {
  if (call.json) {
    print(describe_json());
  } else {
    print_result(describe_text());
  }
  return 0;
}

}  // namespace

int run_call(Session& session, const BuildFlags& flags, const Call& call) {
  switch (call.kind) {
    case CallKind::kCheck: return check(session, flags, call);
    case CallKind::kOutline: return outline(session, flags, call);
    case CallKind::kTargets: return targets(session, flags, call);
    case CallKind::kDescribe: return print_description(call);
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
  return {command, Needs::kLauncherOnDemand,
          [flags](Session& session) { return run_call(session, *flags, parse_call(flags->call)); },
          [flags] { return needs_of(parse_call(flags->call), *flags); }};
}

}  // namespace cairn::cli
