// SPDX-License-Identifier: Apache-2.0
#include "solver/job.h"

#include "base/error.h"
#include "base/json.h"

namespace cairn::solver {
namespace {

// How each op runs. Sources that have no step of their own show nothing.
struct Dispatch {
  Job& job;
  progress::VertexScope& scope;

  StepResult operator()(const plan::ImageOp& op) const { return run_image(job, op, scope); }
  StepResult operator()(const plan::HttpOp& op) const { return run_http(job, op, scope); }
  StepResult operator()(const plan::GitOp& op) const { return run_git(job, op, scope); }
  StepResult operator()(const plan::CopyOp& op) const { return run_copy(job, op, scope); }
  StepResult operator()(const plan::RunOp& op) const { return run_exec(job, op, scope); }
  StepResult operator()(const plan::WorkdirOp& op) const { return run_workdir(job, op, scope); }
  StepResult operator()(const plan::ScratchOp&) const { return {}; }
  StepResult operator()(const plan::LocalOp&) const { return {}; }
};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

bool is_shown(const plan::Op& op) {
  return !std::holds_alternative<plan::ScratchOp>(op) && !std::holds_alternative<plan::LocalOp>(op);
}

// A step may be found by several keys; downstream keys stand on one of them, whichever was hit. A
// record under another key says so: {"same as": KEY}.
constexpr const char* kSameAs = "same as";

Digest key_to_stand_on(const store::CacheRecord& record) {
  Json inputs = Json::parse(record.inputs, nullptr, false);
  if (!inputs.is_object()) return record.key;
  return Digest::parse(inputs.value(kSameAs, record.key.str()));
}

store::CacheRecord record_of(const Digest& key, const std::string& snapshot, const Json& inputs) {
  return {.key = key,
          .snapshot = snapshot,
          .inputs = canonical(inputs),
          .created = now(),
          .last_used = now()};
}

}  // namespace

StepResult run_vertex(Job& job) {
  const plan::Vertex& vertex = job.vertex();
  if (!is_shown(vertex.op)) {
    progress::NullSink silent;
    progress::VertexScope scope(silent, vertex.name);
    return std::visit(Dispatch{job, scope}, vertex.op);
  }
  progress::VertexScope scope(job.shop.sink, vertex.name);
  try {
    ErrorContext while_here([&] { return "running step " + first_line(vertex.name); });
    StepResult result = std::visit(Dispatch{job, scope}, vertex.op);
    if (result.cached) {
      scope.cached();
    } else {
      scope.done();
    }
    return result;
  } catch (Error& error) {
    error.set_span_if_none(vertex.span);
    scope.fail(error);
    throw;
  }
}

std::optional<StepResult> find_cached(const Job& job, const cache::CacheKey& key) {
  if (job.vertex().no_cache) return std::nullopt;
  std::optional<store::CacheRecord> record = job.shop.store.records().find_record(key.digest());
  if (!record) return std::nullopt;
  // A step is its layer *and* what is below: a parent that was made anew under the same key (by
  // --no-cache) must not be mixed with layers that were made on the old one.
  if (!record->snapshot.empty()) {
    auto snapshot = job.shop.store.snapshots().find(record->snapshot);
    if (!snapshot || snapshot->parent != job.parent().snapshot) return std::nullopt;
  }
  return StepResult{.key = key_to_stand_on(*record), .snapshot = record->snapshot, .cached = true};
}

void remember(const Job& job, const cache::CacheKey& key, const StepResult& result) {
  remember(job, key, result, Json::object());
}

void remember(const Job& job, const cache::CacheKey& key, const StepResult& result,
              const Json& beside) {
  Digest digest = key.digest();
  if (digest == result.key) return;
  Json inputs = beside;
  inputs[kSameAs] = result.key.str();
  job.shop.store.records().put_record(record_of(digest, result.snapshot, inputs));
}

std::string recorded(const Job& job, const cache::CacheKey& key, const std::string& name) {
  std::optional<store::CacheRecord> record = job.shop.store.records().find_record(key.digest());
  Json inputs = record ? Json::parse(record->inputs, nullptr, false) : Json();
  return inputs.is_object() ? inputs.value(name, "") : "";
}

StepResult commit(const Job& job, Workspace& workspace, const cache::CacheKey& key) {
  workspace.release_tree();  // an unmount may take its time, and others wait for the lock
  std::optional<StepResult> result;
  job.shop.store.atomically([&] {
    result = find_cached(job, key);
    if (result) return;
    result = StepResult{.key = key.digest(), .snapshot = workspace.commit(), .cached = false};
    job.shop.store.records().put_record(record_of(result->key, result->snapshot, key.to_json()));
  });
  return *result;
}

}  // namespace cairn::solver
