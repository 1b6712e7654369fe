// SPDX-License-Identifier: Apache-2.0
//
// Checks that compare instructions of the whole file: names of stages, and the case of keywords,
// where the majority wins. BuildKit ignores the comments above an instruction for these rules, so
// they are ignored here too.
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
    // FROM scratch and the build context could not be told from such a stage.
    if (name == "scratch" || name == "context") {
      linter.report(rules::kReservedStageName, span, {}, go_quote(name));
    }
    if (!seen.insert(name).second) {
      linter.report(rules::kDuplicateStageName, span, {}, go_quote(name));
    }
  }
}

// Every FROM and the instructions after it. ARGs above the first FROM do not count, as in BuildKit.
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
  // A tie asks for upper case, the convention.
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
