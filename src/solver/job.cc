// SPDX-License-Identifier: Apache-2.0
#include "solver/job.h"

#include "base/error.h"
#include "base/json.h"

namespace cairn::solver {
namespace {

// How each op runs. Sources that have no step of their own show nothing.
struct Runner {
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

struct Recaller {
  using Result = std::optional<StepResult>;
  Job& job;
  progress::VertexScope& scope;

  Result operator()(const plan::ImageOp& op) const { return recall_image(job, op); }
  // What the web and repositories have now is not known here.
  Result operator()(const plan::HttpOp&) const { return std::nullopt; }
  Result operator()(const plan::GitOp&) const { return std::nullopt; }
  Result operator()(const plan::CopyOp& op) const { return recall_copy(job, op, scope); }
  Result operator()(const plan::RunOp& op) const { return recall_exec(job, op); }
  Result operator()(const plan::WorkdirOp& op) const { return recall_workdir(job, op); }
  Result operator()(const plan::ScratchOp&) const { return StepResult{}; }
  Result operator()(const plan::LocalOp&) const { return StepResult{}; }
};

// Holds back what a step says until it is known whether it is shown at all.
class HeldWarnings final : public progress::Sink {
 public:
  void send(progress::Event event) override {
    if (auto* warning = std::get_if<progress::Warning>(&event))
      messages.push_back(std::move(warning->message));
  }
  std::vector<std::string> messages;
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

std::optional<StepResult> recall_vertex(Job& job) {
  const plan::Vertex& vertex = job.vertex();
  HeldWarnings warnings;
  std::optional<StepResult> result;
  try {
    progress::VertexScope unseen(warnings, vertex.name);
    result = std::visit(Recaller{job, unseen}, vertex.op);
  } catch (const Error&) {
    return std::nullopt;  // who runs the step meets it again, and says where
  }
  if (!result || !is_shown(vertex.op)) return result;
  progress::VertexScope scope(job.shop.sink, vertex.name);
  for (std::string& message : warnings.messages) scope.warn(std::move(message));
  scope.cached();
  return result;
}

StepResult run_vertex(Job& job) {
  const plan::Vertex& vertex = job.vertex();
  progress::VertexScope scope(job.shop.sink, vertex.name);
  try {
    ErrorContext while_here([&] { return "running step " + first_line(vertex.name); });
    StepResult result = std::visit(Runner{job, scope}, vertex.op);
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

std::optional<StepResult> find_cached(const Job& job, const Digest& key) {
  if (job.vertex().no_cache) return std::nullopt;
  std::optional<store::CacheRecord> record = job.shop.store.records().find_record(key);
  if (!record) return std::nullopt;
  // A step is its layer *and* what is below: a parent that was made anew under the same key (by
  // --no-cache) must not be mixed with layers that were made on the old one.
  if (!record->snapshot.empty()) {
    auto snapshot = job.shop.store.snapshots().find(record->snapshot);
    if (!snapshot || snapshot->parent != job.parent().snapshot) return std::nullopt;
  }
  return StepResult{.key = key_to_stand_on(*record), .snapshot = record->snapshot, .cached = true};
}

std::optional<sys::PassingLock> claim(const Job& job, const cache::CacheKey& key,
                                      const progress::VertexScope& scope) {
  if (job.vertex().no_cache) return std::nullopt;
  // On another parent it is another step: find_cached() would not take it.
  Digest work = Digest::of(key.digest().str() + " on " + job.parent().snapshot);
  return wait_for(
      job, [&] { return job.shop.store.try_claim(work); },
      [&] {
        scope.log(progress::Stream::kStderr,
                  "another build is running this step: waiting for its result\n");
      });
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

StepResult commit(const Job& job, Workspace& workspace, const cache::CacheKey& key,
                  const std::function<void(const std::string& snapshot)>& beside) {
  workspace.release_tree();  // an unmount may take its time, and others wait for the lock
  std::optional<StepResult> result;
  job.shop.store.atomically([&] {
    result = find_cached(job, key);
    if (result) return;
    result = StepResult{.key = key.digest(), .snapshot = workspace.commit(), .cached = false};
    job.shop.store.records().put_record(record_of(result->key, result->snapshot, key.to_json()));
    if (beside) beside(result->snapshot);
  });
  // Not before it is on record, which would wait for what the disk has to do.
  if (!result->cached) job.shop.store.wrote_some();
  return *result;
}

}  // namespace cairn::solver
