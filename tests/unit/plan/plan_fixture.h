// SPDX-License-Identifier: Apache-2.0
//
// A Dockerfile as text to a plan, and views of the plan that tests can compare.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/lint.h"
#include "plan/make_plan.h"
#include "tests/support/fake_image_resolver.h"

namespace cairn::plan {

inline const oci::Platform kAmd64 = {.os = "linux", .architecture = "amd64"};

struct PlanTest {
  FakeImageResolver images;
  BuildOptions options;

  PlanTest() {
    images.add("base").env = {"PATH=/bin", "B=base"};
    options.build_platform = kAmd64;
  }

  Plan plan(std::string text) {
    auto source = std::make_shared<const SourceText>(SourceText{"Dockerfile", std::move(text)});
    return make_plan(dockerfile::parse_dockerfile(std::move(source)), options, images);
  }

  // What build checks find, in short form; an error ends the list.
  std::vector<std::string> checked(std::string text) {
    dockerfile::SyntaxTree tree = dockerfile::parse_syntax(
        std::make_shared<const SourceText>(SourceText{"Dockerfile", std::move(text)}));
    dockerfile::Linter linter(dockerfile::check_options(tree.directives, std::nullopt));
    std::string failed;
    try {
      make_plan(dockerfile::parse_dockerfile(tree, linter), options, images, linter);
    } catch (const Error& error) {
      failed = "error: " + error.message();
    }
    std::vector<std::string> out;
    for (const dockerfile::Diagnostic& found : linter.found()) out.push_back(short_text(found));
    if (!failed.empty()) out.push_back(failed);
    return out;
  }

  // "message @line", or "" when the plan is made.
  std::string refused(std::string text) {
    try {
      plan(std::move(text));
    } catch (const Error& error) {
      hint = error.hint();
      return error.message() + " @" + std::to_string(error.span() ? error.span()->first_line : 0);
    }
    return "";
  }
  std::string hint;
};

inline std::vector<std::string> names(const Plan& plan) {
  std::vector<std::string> out;
  for (const Vertex& vertex : plan.vertices) out.push_back(vertex.name);
  return out;
}

inline std::vector<std::string> history(const Plan& plan) {
  std::vector<std::string> out;
  for (const HistoryLine& line : plan.history) {
    out.push_back((line.vertex ? "+ " : "  ") + line.created_by);
  }
  return out;
}

// The last vertex of a kind.
template <typename Op>
const Op& last(const Plan& plan) {
  for (auto vertex = plan.vertices.rbegin(); vertex != plan.vertices.rend(); ++vertex) {
    if (const Op* op = std::get_if<Op>(&vertex->op)) return *op;
  }
  throw Error(ErrorKind::kBug, "the plan has no such op");
}

using Lines = std::vector<std::string>;

inline Lines paths(const CopyOp& op) {
  Lines out;
  for (const CopySource& source : op.sources) out.push_back(source.path);
  return out;
}

}  // namespace cairn::plan
