// SPDX-License-Identifier: Apache-2.0
//
// Checks that compare the instructions of a whole file: names of stages, letter case of keywords.
// BuildKit does not ask the comments above an instruction here, so neither do we.
#include <set>

#include "base/text.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/lint.h"

namespace cairn::dockerfile {
namespace {

void lint_names(const Dockerfile& file, Linter& linter) {
  std::set<std::string_view> seen;
  for (const Stage& stage : file.stages) {
    const std::string& name = stage.from.name;
    if (name.empty()) continue;
    const SourceSpan& span = stage.from.origin.span;
    if (name == "scratch" || name == "context") {
      linter.report(rules::kReservedStageName, span, {}, go_quote(name));
    }
    if (!seen.insert(name).second) {
      linter.report(rules::kDuplicateStageName, span, {}, go_quote(name));
    }
  }
}

// Every FROM and what follows it; ARGs above the first FROM have no vote.
std::vector<const Origin*> keywords_of(const Dockerfile& file) {
  std::vector<const Origin*> out;
  for (const Stage& stage : file.stages) {
    out.push_back(&stage.from.origin);
    for (const Instruction& instruction : stage.instructions) {
      out.push_back(&origin_of(instruction));
    }
  }
  return out;
}

void lint_casing(const Dockerfile& file, Linter& linter) {
  std::vector<const Origin*> origins = keywords_of(file);
  int lower = 0;
  int upper = 0;
  for (const Origin* origin : origins) {
    if (origin->keyword == to_lower(origin->keyword)) {
      ++lower;
    } else if (origin->keyword == to_upper(origin->keyword)) {
      ++upper;
    }
  }
  bool to_be_lower = lower > upper;
  for (const Origin* origin : origins) {
    const std::string& keyword = origin->keyword;
    if (keyword == (to_be_lower ? to_lower(keyword) : to_upper(keyword))) continue;
    linter.report(rules::kConsistentInstructionCasing, origin->span, {}, keyword,
                  to_be_lower ? "lowercase" : "uppercase");
  }
}

}  // namespace

void lint_stages(const Dockerfile& file, Linter& linter) {
  lint_names(file, linter);
  lint_casing(file, linter);
}

}  // namespace cairn::dockerfile
