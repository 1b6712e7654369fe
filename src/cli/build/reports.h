// SPDX-License-Identifier: Apache-2.0
//
// Answers about a Dockerfile, for people and for programs: the findings of build checks, its
// stages, and the arguments a stage takes. Texts and JSON are those of buildx, except that logins
// in URLs are masked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"
#include "base/source_span.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/lint.h"
#include "plan/outline.h"

namespace cairn::cli {

// --- build checks ---

// For `check`: the number of findings, then each with its URL and the lines it is about. `shown` is
// the Dockerfile's path for people.
std::string check_text(const std::vector<dockerfile::Diagnostic>& found, const std::string& shown);
// `failure` is the error that ended the check early, if any.
Json check_json(const std::vector<dockerfile::Diagnostic>& found, const SourceText& source,
                const std::optional<Error>& failure);

// For below the progress of a build: " 2 warnings found (...):" and a line for each; "" for none.
std::string warnings_text(const std::vector<dockerfile::Diagnostic>& found, bool colored);
// For --metadata-file.
Json warnings_json(const std::vector<dockerfile::Diagnostic>& found);

// --- stages and arguments ---

std::string targets_text(const dockerfile::Dockerfile& file);
Json targets_json(const dockerfile::Dockerfile& file);
std::string outline_text(const plan::Outline& outline);
Json outline_json(const plan::Outline& outline, const SourceText& source);
std::string describe_text();
Json describe_json();

// One range for each line, as BuildKit has it.
Json location_json(const SourceSpan& span);

}  // namespace cairn::cli
