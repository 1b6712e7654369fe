// SPDX-License-Identifier: Apache-2.0
#include "solver/earlier_copies.h"

#include "base/json.h"
#include "base/sys/file.h"
#include "solver/context_index.h"
#include "solver/shared_files.h"

namespace cairn::solver {
namespace {

constexpr const char* kInto = "into";
// Below this, copying again is cheaper than remembering.
constexpr std::size_t kWorthRemembering = 64 << 10;  // some 600 files
// Each link of the chain is on record; after so many a copy starts a new one.
constexpr std::size_t kMaxOrigins = 200;

std::string files_of(const Job& job, const std::string& snapshot) {
  return job.shop.store.contexts_dir() + "/" + snapshot + ".files";
}

Json json_of(const std::optional<store::CacheRecord>& record) {
  return record ? Json::parse(record->inputs, nullptr, false) : Json();
}

void put(const Job& job, const Digest& key, const std::string& snapshot, const Json& value) {
  job.shop.store.records().put_record({.key = key,
                                       .snapshot = snapshot,
                                       .inputs = canonical(value),
                                       .created = now(),
                                       .last_used = now()});
}

Digest contents_key(const Job& job, const plan::CopyOp& op) {
  std::vector<Digest> any(op.sources.size(), Digest::of(""));
  cache::CacheKey key = cache::copy_definition_key(op, job.parent().key, any);
  key.add("of", "any contents");
  return key.digest();
}

}  // namespace

std::optional<cache::CacheKey> copy_line(const Job& job, const plan::CopyOp& op,
                                         const std::string& owner) {
  if (op.sources.size() != 1 || !op.inline_files.empty() || op.sources[0].unpack) {
    return std::nullopt;
  }
  const auto* local = std::get_if<plan::LocalOp>(&job.plan.vertices[op.sources[0].from].op);
  if (local == nullptr) return std::nullopt;
  const source::LocalContext& context = job.shop.contexts.at(local->name);
  cache::CacheKey line = cache::copy_definition_key(op, Digest::of(""), {Digest::of("")});
  line.add("owner", owner);
  line.add("context", context_index_name(context, op.sources[0].path));
  return line;
}

std::shared_ptr<const EarlierCopy> find_earlier_copy(const Job& job, const cache::CacheKey& line) {
  std::optional<store::CacheRecord> record = job.shop.store.records().find_record(line.digest());
  Json known = json_of(record);
  if (!known.is_object() || !known.contains(kInto) || record->snapshot.empty()) return nullptr;
  LayerIds from = origins(job, record->snapshot);
  if (from.size() > kMaxOrigins || StackBelow(job).shares_with(from)) return nullptr;
  std::optional<cache::StatIndex> files =
      cache::StatIndex::find(files_of(job, record->snapshot), file_clock());
  if (!files) return nullptr;
  return std::make_shared<const EarlierCopy>(
      EarlierCopy{.snapshot = record->snapshot,
                  .files = *std::move(files),
                  .layer = sys::RootDir::open(job.shop.store.snapshots().path(record->snapshot)),
                  .into = known.value(kInto, "")});
}

std::optional<sys::PassingLock> claim_first_copy(const Job& job, const plan::CopyOp& op) {
  Digest line = contents_key(job, op);
  auto is_first = [&] {
    return job.vertex().no_cache || !job.shop.store.records().find_record(line);
  };
  if (!is_first()) return std::nullopt;
  std::optional<sys::PassingLock> ours = job.shop.store.try_claim(line);
  if (!ours || !is_first()) return std::nullopt;  // one that was made just now
  return ours;
}

void remember_contents(const Job& job, const plan::CopyOp& op, const std::string& snapshot) {
  put(job, contents_key(job, op), snapshot, Json::object());
}

void remember_copy(const Job& job, const cache::CacheKey& line, const std::string& snapshot,
                   const cache::StatIndex& files, const std::string& into) {
  if (files.bytes().size() < kWorthRemembering) return;
  sys::TempFile file(job.shop.store.tmp_dir());
  sys::write_all(file.fd(), files.bytes());
  file.publish(files_of(job, snapshot));
  put(job, line.digest(), snapshot, {{kInto, into}});
}

}  // namespace cairn::solver
