// SPDX-License-Identifier: Apache-2.0
//
// COPY and ADD: from the build context, another stage or image, the web, a repository, or out of
// the Dockerfile itself. The step is known by the content of what it copies; one that takes nothing
// from the client also by its definition, so that an unchanged stage is not even read.
#include <fcntl.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "overlay/copy.h"
#include "overlay/unpack.h"
#include "sandbox/user.h"
#include "solver/context_index.h"
#include "solver/copy_selection.h"
#include "solver/earlier_copies.h"
#include "solver/fresh_files.h"
#include "solver/stage_contents.h"
#include "solver/stage_files.h"

namespace cairn::solver {
namespace {

// D10, C04: BuildKit lets each source overwrite the one before; that is never what was meant.
void refuse_overwriting(const plan::CopyOp& op, const std::vector<SelectedSource>& sources,
                        const sys::RootDir& dest) {
  if (sources.size() + op.inline_files.size() < 2 || op.dest.ends_with('/')) return;
  std::optional<struct stat> there = dest.find_stat(op.dest, sys::Follow::kYes);
  if (there && S_ISDIR(there->st_mode)) return;
  if (std::ranges::all_of(sources, &SelectedSource::is_directory) && op.inline_files.empty())
    return;
  throw Error::of(ErrorKind::kDockerfile, "several sources, and the destination {} is no directory",
                  op.dest)
      .with_hint(fmt::format("end it with a slash: {}/", op.dest));
}

// What --chown says, with names looked up in the root that is copied to.
std::optional<overlay::Owner> chosen_owner(const Job& job, const plan::CopyOp& op) {
  if (op.chown.empty()) return std::nullopt;
  View parent(job.shop.store, op.link ? "" : job.parent().snapshot);
  try {
    sandbox::Owner owner = sandbox::resolve_chown(parent.root(), op.chown);
    return overlay::Owner{.uid = owner.uid, .gid = owner.gid};
  } catch (Error& error) {
    if (op.link)
      error.set_hint("--link copies to an empty tree, which knows no names: use numbers");
    throw;
  }
}

// One run of the op on the root it changes.
class Copying {
 public:
  // `earlier` may be null, so may `fresh`.
  Copying(const Job& job, const plan::CopyOp& op, std::optional<overlay::Owner> owner,
          Workspace& workspace, std::shared_ptr<const EarlierCopy> earlier, FreshFiles* fresh)
      : job_(job),
        op_(op),
        owner_(owner),
        workspace_(workspace),
        earlier_(std::move(earlier)),
        fresh_(fresh) {}

  void run(const std::vector<SelectedSource>& sources) {
    refuse_overwriting(op_, sources, workspace_.root());
    is_single_ = sources.size() == 1;
    for (const SelectedSource& source : sources) {
      if (!unpack(source)) copy(source);
    }
    for (const plan::InlineFile& file : op_.inline_files) write(file);
  }

  // Whether what was copied is no longer what was digested.
  bool have_sources_changed() const { return changed_; }
  // The layers that files were linked from.
  const LayerIds& donors() const { return donors_; }
  // What the new layer has of its own, if it has donors.
  std::int64_t copied_bytes() const { return copied_bytes_; }
  // The real path of the last directory whose contents were copied to.
  const std::string& into() const { return into_; }

 private:
  overlay::CopyOptions options() const {
    return {.owner = owner_.value_or(overlay::Owner{}),
            .mode = op_.chmod,
            .filter = nullptr,
            .stop = job_.stop};
  }

  void copy(const SelectedSource& source) {
    overlay::CopyOptions copying = options();
    copying.owner = owner_ ? owner_ : source.owner();
    copying.filter = source.filter.get();
    into_ = rooted_path(op_.dest);
    // An empty root is the upper layer itself.
    if (!op_.link) {
      copying.lay_bare = [this](const std::string& dir) {
        into_ = dir;
        return workspace_.lay_bare(dir);
      };
    }
    std::optional<KnownFiles> known;
    std::optional<StageFiles> stage;
    if (fresh_ != nullptr) {
      copying.known = fresh_;
    } else if (source.files) {
      known.emplace(source.files, source.is_directory ? earlier_ : nullptr);
      copying.known = &*known;
    } else if (may_link(source)) {
      stage.emplace(job_, job_.results[source.tree->from()].snapshot,
                    source.tree->root().find_real_path(source.path).value(), source.is_directory);
      copying.known = &*stage;
    }
    overlay::TreeCopier(source.tree->root(), workspace_.root(), copying)
        .copy(source.path, op_.dest);
    changed_ |= known && known->have_changed();
    if (known && known->have_links()) donors_ = {earlier_->snapshot};
    if (known) copied_bytes_ += known->copied_bytes();
    if (!stage) return;
    donors_ = stage->donors();
    copied_bytes_ += stage->copied_bytes();
  }

  // A copy that differs in nothing, and gives no file two names.
  bool may_link(const SelectedSource& source) const {
    return source.tree->context() == nullptr && is_single_ && !owner_ && !op_.chmod &&
           !job_.results[source.tree->from()].snapshot.empty();
  }

  // ADD of an archive gives its members (D01); false when it is none.
  bool unpack(const SelectedSource& source) {
    if (!source.unpack) return false;
    const sys::RootDir& root = source.tree->root();
    std::optional<struct stat> st = root.find_stat(source.path, sys::Follow::kNo);
    if (!st || !S_ISREG(st->st_mode)) return false;
    sys::Fd file = root.open_in(source.path, O_RDONLY);
    if (!overlay::looks_like_archive(file)) return false;
    std::optional<std::pair<uid_t, gid_t>> forced;
    if (owner_) forced = {owner_->uid, owner_->gid};
    ErrorContext while_here([&] { return "unpacking " + source.name; });
    const sys::RootDir& dest = workspace_.root();
    dest.make_dirs(op_.dest, 0755, [&](const sys::Fd& made) {
      if (owner_) sys::chown_at(made, "", owner_->uid, owner_->gid);
    });
    overlay::unpack_archive(file, dest, op_.dest, forced,
                            op_.link ? overlay::RootKind::kLayer : overlay::RootKind::kMounted);
    return true;
  }

  void write(const plan::InlineFile& file) {
    const sys::RootDir& dest = workspace_.root();
    std::optional<struct stat> there = dest.find_stat(op_.dest, sys::Follow::kYes);
    bool into = op_.dest.ends_with('/') || (there && S_ISDIR(there->st_mode));
    std::string path = into ? op_.dest + "/" + file.name : op_.dest;
    overlay::TreeCopier(dest, dest, options()).make_dirs(path.substr(0, path.rfind('/') + 1));
    sys::RootDir::Parent parent = dest.open_parent(path);
    const char* name = parent.name.c_str();
    if (sys::find_stat_at(parent.dir, name)) sys::unlink_at(parent.dir, name);
    sys::Fd made = sys::open_at(parent.dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    sys::write_all(made, file.content);
    overlay::Owner owner = owner_.value_or(overlay::Owner{});
    sys::chown_at(made, "", owner.uid, owner.gid);
    sys::chmod_fd(made, op_.chmod ? op_.chmod->apply(0644, false) : 0644);
  }

  const Job& job_;
  const plan::CopyOp& op_;
  std::optional<overlay::Owner> owner_;
  Workspace& workspace_;
  std::shared_ptr<const EarlierCopy> earlier_;
  FreshFiles* fresh_;
  bool changed_ = false;
  bool is_single_ = false;
  LayerIds donors_;
  std::int64_t copied_bytes_ = 0;
  std::string into_;
};

// What was copied, until it is known by a key.
struct Copied {
  Workspace workspace;
  std::optional<cache::CacheKey> line = {};  // see copy_line()
  bool have_sources_changed = false;
  LayerIds donors = {};
  std::int64_t bytes = 0;
  std::string into = {};
};

Copied copy_files(const Job& job, const plan::CopyOp& op, const CopySelection& selection,
                  FreshFiles* fresh) {
  std::optional<overlay::Owner> owner = chosen_owner(job, op);
  std::string owner_text = owner ? fmt::format("{}:{}", owner->uid, owner->gid) : "";
  Copied copied{.workspace =
                    Workspace(job.shop.store, job.parent().snapshot,
                              op.link ? Workspace::Start::kEmpty : Workspace::Start::kParent)};
  copied.line = copy_line(job, op, owner_text);
  std::shared_ptr<const EarlierCopy> earlier;
  if (copied.line && fresh == nullptr) earlier = find_earlier_copy(job, *copied.line);
  Copying copying(job, op, owner, copied.workspace, earlier, fresh);
  copying.run(selection.sources());
  copied.have_sources_changed = copying.have_sources_changed();
  copied.donors = copying.donors();
  copied.bytes = copying.copied_bytes();
  copied.into = copying.into();
  return copied;
}

StepResult keep(const Job& job, const plan::CopyOp& op, const CopySelection& selection,
                const cache::CacheKey& key, Copied copied) {
  StepResult result = commit(job, copied.workspace, key, [&](const std::string& snapshot) {
    if (copied.line) remember_contents(job, op, snapshot);
    if (copied.donors.empty()) return;
    record_origins(job, snapshot, copied.donors);
    job.shop.store.snapshots().set_size(snapshot, copied.bytes + 1);
  });
  if (!copied.line || result.cached || selection.sources().size() != 1) return result;
  const SelectedSource& source = selection.sources()[0];
  if (source.is_directory && source.files) {
    remember_copy(job, *copied.line, result.snapshot, *source.files, copied.into);
  }
  return result;
}

// Copies what was selected to a new snapshot; nothing when the client's files changed meanwhile.
std::optional<StepResult> copy_anew(const Job& job, const plan::CopyOp& op,
                                    const CopySelection& selection, const cache::CacheKey& key) {
  Copied copied = copy_files(job, op, selection, nullptr);
  if (copied.have_sources_changed) return std::nullopt;
  return keep(job, op, selection, key, std::move(copied));
}

// A directory that was copied before it was digested.
struct Unread {
  sys::PassingLock ours;  // see claim_first_copy()
  std::unique_ptr<FreshFiles> files;
  Copied copied;

  // Whether that is what was digested since.
  bool is_of(const CopySelection& digested) const {
    const SelectedSource& source = digested.sources()[0];
    return source.files && files->are(*source.files);
  }
};

// Where the cache can have nothing of a line, since this is the first time on this parent, and
// nothing of what it copies was read before, it is copied without asking, so that all is read once.
std::optional<Unread> copy_unread(const Job& job, const plan::CopyOp& op,
                                  const CopySelection& selection) {
  if (selection.sources().size() != 1 || !copy_line(job, op, "")) return std::nullopt;
  const SelectedSource& source = selection.sources()[0];
  if (!source.is_directory || source.tree->keeps_owners()) return std::nullopt;
  auto place = context_index_place(job.shop.store, *source.tree->context(), source.path);
  if (!place || cache::StatIndex::find(place->file, place->now)) return std::nullopt;
  std::optional<sys::PassingLock> ours = claim_first_copy(job, op);
  if (!ours) return std::nullopt;
  auto files = std::make_unique<FreshFiles>(*std::move(place));
  Copied copied = copy_files(job, op, selection, files.get());
  files->finish();
  return Unread{*std::move(ours), std::move(files), std::move(copied)};
}

// Nothing of the stages changes meanwhile.
StepResult run_stage_copy(Job& job, const plan::CopyOp& op, CopySelection& selection,
                          StageCopyKeys keys, const progress::VertexScope& scope) {
  std::optional<sys::PassingLock> ours = claim(job, keys.definition, scope);
  std::optional<StepResult> result = find_cached(job, keys.definition);
  if (result) return *result;
  result = find_same_content(job, op, selection, keys);
  if (result) {
    remember(job, keys.definition, *result);
    remember_sources(job, op, keys, *result);
    return *result;
  }
  result = copy_anew(job, op, selection, keys.definition);
  remember_content(job, op, keys, *result);
  remember_sources(job, op, keys, *result);
  return *result;
}

}  // namespace

std::optional<StepResult> recall_copy(Job& job, const plan::CopyOp& op,
                                      progress::VertexScope& scope) {
  if (auto keys = stage_copy_keys(job, op)) return find_cached(job, keys->definition);
  if (!is_all_local(job.plan, op) || job.vertex().no_cache) return std::nullopt;
  job.read = CopySelection(job, op, scope).contents_at_hand(job.stop);
  return find_cached(job, cache::copy_key(op, job.parent().key, *job.read));
}

StepResult run_copy(Job& job, const plan::CopyOp& op, progress::VertexScope& scope) {
  constexpr int kAttempts = 3;
  CopySelection selection(job, op, scope);
  if (auto keys = stage_copy_keys(job, op)) {
    return run_stage_copy(job, op, selection, *std::move(keys), scope);
  }
  std::optional<Unread> unread =
      job.read ? std::optional<Unread>() : copy_unread(job, op, selection);
  for (int i = 0; i < kAttempts; ++i) {
    if (!job.read || !selection.take(*job.read)) job.read = selection.contents(job.stop);
    cache::CacheKey key = cache::copy_key(op, job.parent().key, *job.read);
    std::optional<sys::PassingLock> ours = claim(job, key, scope);
    std::optional<StepResult> result = find_cached(job, key);
    if (!result && unread && unread->is_of(selection)) {
      result = keep(job, op, selection, key, std::move(unread->copied));
    }
    if (!result) result = copy_anew(job, op, selection, key);
    if (result) return *result;
    unread.reset();
    job.read.reset();
  }
  throw Error(ErrorKind::kHost, "files changed while they were copied")
      .with_hint("run the build again when nothing writes to the build context");
}

}  // namespace cairn::solver
