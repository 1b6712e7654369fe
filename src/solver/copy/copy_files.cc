// SPDX-License-Identifier: Apache-2.0
//
// One source after the other is copied, unpacked or written. What is known of the files decides
// which observer the copier gets, and only one of them applies: it digests what has no digest yet,
// links what an earlier copy of the line has, or links what lies in the layers of a stage.
#include "solver/copy/copy_files.h"

#include <fcntl.h>

#include <algorithm>

#include "base/error.h"
#include "base/sys/ids.h"
#include "base/text.h"
#include "overlay/copy.h"
#include "overlay/unpack.h"
#include "sandbox/user.h"
#include "solver/copy/copy_history.h"
#include "solver/copy/link_from_stage.h"

namespace cairn::solver {
namespace {

// The owner of --chown. Names are looked up in the root that is copied to.
std::optional<Owner> chosen_owner(const Job& job, const plan::CopyOp& op) {
  if (op.chown.empty()) return std::nullopt;
  auto parent =
      job.services.snapshotter.view(op.link ? SnapshotId::empty_root() : job.parent().snapshot);
  auto explain_link = [&](Error& error) {
    if (op.link)
      error.set_hint("--link copies to an empty tree, which knows no names: use numbers");
  };
  return amend(explain_link, [&] { return sandbox::resolve_chown(parent->root(), op.chown); });
}

// One execution of the op on the root it changes.
class Copying {
 public:
  // `earlier` and `fresh` may be null. With `fresh`, files are digested while they are copied.
  Copying(const Job& job, const plan::CopyOp& op, std::optional<Owner> owner,
          ActiveSnapshot& active, std::shared_ptr<const PreviousCopy> earlier,
          DigestWhileCopying* fresh)
      : job_(job),
        op_(op),
        owner_(owner),
        active_(active),
        earlier_(std::move(earlier)),
        fresh_(fresh) {}

  void run(const std::vector<SelectedSource>& sources) {
    is_single_ = sources.size() == 1;
    is_alone_ = sources.size() + op_.inline_files.size() == 1;
    for (const SelectedSource& source : sources) {
      if (!unpack(source)) copy(source);
    }
    for (const plan::InlineFile& file : op_.inline_files) write(file);
    if (has_replaced_) {
      active_.mark_replacing();
    }
  }

  // The sources that were written to one file name, one after the other (C04); only the last
  // survives.
  const std::vector<std::string>& overwritten() const { return onto_one_name_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  // How many archive members became root's because this host has no id for their owner.
  std::uint64_t lost_owners() const { return lost_owners_; }

  // Whether files changed between digest and copy.
  bool have_sources_changed() const { return changed_; }
  // The layers that files were linked from.
  const LayerIds& link_sources() const { return link_sources_; }
  // Bytes that the new layer does not share, if some of its files were linked.
  std::int64_t copied_bytes() const { return copied_bytes_; }
  // The real path of the last directory that contents were copied to.
  const std::string& into() const { return into_; }

 private:
  overlay::CopyOptions options() const {
    return {
        .owner = owner_.value_or(Owner{}), .mode = op_.chmod, .filter = nullptr, .stop = job_.stop};
  }

  void copy(const SelectedSource& source) {
    overlay::CopyOptions copying = options();
    copying.owner = owner_ ? owner_ : source.owner();
    copying.filter = source.filter.get();
    into_ = rooted_path(op_.dest);
    // The empty root of --link is the upper directory itself, so there is no mount to bypass.
    if (!op_.link && job_.services.snapshotter.capabilities().bypasses_mount) {
      copying.bypass_mount = [this](const std::string& dir) {
        into_ = dir;
        return active_.bypass_mount(dir);
      };
    }
    std::optional<ReusePreviousCopy> known;
    std::optional<LinkFromStage> stage;
    // Three ways to know the files: none digested yet, digested before, or in a snapshot.
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
    if (!source.is_directory) note_if_onto_name(shown_path(source));
    overlay::TreeCopier copier(source.tree->root(), active_.root(), copying);
    copier.copy(source.path, op_.dest);
    has_replaced_ |= copier.has_replaced();
    changed_ |= known && known->have_changed();
    if (known && known->have_links()) link_sources_ = {earlier_->snapshot};
    if (known) copied_bytes_ += known->copied_bytes();
    if (!stage) return;
    link_sources_ = stage->link_sources();
    copied_bytes_ += stage->copied_bytes();
  }

  // Linking needs a copy that changes no metadata, and a single source, so that no file gets two
  // names.
  bool may_link(const SelectedSource& source) const {
    return job_.services.snapshotter.capabilities().links && source.tree->context() == nullptr &&
           is_single_ && !owner_ && !op_.chmod &&
           !job_.results[source.tree->from()].snapshot.is_empty_root();
  }

  // Asked before each of several sources: an earlier one may have made the destination a directory.
  void note_if_onto_name(const std::string& path) {
    if (is_alone_ || op_.dest.ends_with('/')) return;
    std::optional<struct stat> there = active_.root().find_stat(op_.dest, sys::Follow::kYes);
    if (!there || !S_ISDIR(there->st_mode)) onto_one_name_.push_back(path);
  }

  // The name in messages: a remote file's URL, and in a context the path as users write it,
  // relative.
  std::string shown_path(const SelectedSource& source) const {
    const plan::Op& from = job_.plan.vertices[source.tree->from()].op;
    if (const auto* http = std::get_if<plan::HttpOp>(&from)) return http->url.redacted();
    return source.tree->context() != nullptr ? rooted_path(source.path).substr(1) : source.path;
  }

  // ADD of an archive unpacks its members (D01); false if the file is no archive. A symlink is
  // followed, as for every named source.
  bool unpack(const SelectedSource& source) {
    if (!source.unpack) return false;
    const sys::RootDir& root = source.tree->root();
    std::optional<struct stat> st = root.find_stat(source.path, sys::Follow::kYes);
    if (!st || !S_ISREG(st->st_mode)) return false;
    sys::Fd file = root.open_in(source.path, O_RDONLY);
    if (!overlay::looks_like_archive(file)) return false;
    overlay::ArchiveOptions options{
        .kind = op_.link ? overlay::RootKind::kLayer : overlay::RootKind::kMounted,
        .unmapped = job_.services.snapshotter.unmapped_owners()};
    if (owner_) options.owner = owner_;
    ErrorContext while_here([&] { return "unpacking " + source.name; });
    overlay::UnpackResult result = overlay::unpack_archive(file, active_.root(), op_.dest, options);
    for (std::string& warning : result.warnings) warnings_.push_back(std::move(warning));
    has_replaced_ |= result.has_replaced;
    lost_owners_ += result.lost_owners;
    return true;
  }

  void write(const plan::InlineFile& file) {
    const sys::RootDir& dest = active_.root();
    std::optional<struct stat> there = dest.find_stat(op_.dest, sys::Follow::kYes);
    bool into = op_.dest.ends_with('/') || (there && S_ISDIR(there->st_mode));
    std::string path = into ? op_.dest + "/" + file.name : op_.dest;
    note_if_onto_name(file.name);
    overlay::TreeCopier(dest, dest, options()).make_dirs(path.substr(0, path.rfind('/') + 1));
    sys::RootDir::Parent parent = dest.open_parent(path);
    const char* name = parent.name.c_str();
    // Unlink first, so that nothing is written through a symlink or into a hard link.
    if (sys::find_stat_at(parent.dir, name)) {
      sys::unlink_at(parent.dir, name);
      has_replaced_ = true;
    }
    sys::Fd made = sys::open_at(parent.dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    sys::write_all(made, file.content);
    sys::chown_at(made, "", owner_.value_or(Owner{}));
    sys::chmod_fd(made, op_.chmod ? op_.chmod->apply(0644, false) : 0644);
  }

  const Job& job_;
  const plan::CopyOp& op_;
  std::optional<Owner> owner_;
  ActiveSnapshot& active_;
  std::shared_ptr<const PreviousCopy> earlier_;
  DigestWhileCopying* fresh_;
  bool changed_ = false;
  bool is_single_ = false;  // one source; inline files may come in addition
  bool is_alone_ = false;   // one source or inline file in all
  bool has_replaced_ = false;
  std::vector<std::string> onto_one_name_;
  std::vector<std::string> warnings_;
  std::uint64_t lost_owners_ = 0;
  LayerIds link_sources_;
  std::int64_t copied_bytes_ = 0;
  std::string into_;
};

// The owner of --chown, if this host has ids for it. Otherwise root under --ignore-owners, else an
// error.
std::optional<Owner> representable_owner(const Job& job, const plan::CopyOp& op, Copied& copied) {
  std::optional<Owner> owner = chosen_owner(job, op);
  if (!owner || sys::has_ids(*owner)) return owner;
  if (!job.services.store.snapshots().allows_lost_owners()) {
    throw sys::unmapped_id(op.dest, *owner);
  }
  copied.active->mark_lost_owners();
  copied.warnings.push_back(
      fmt::format("what --chown={} is for is root's: there are no ids here for {} "
                  "(--ignore-owners)",
                  op.chown, *owner));
  return Owner{};
}

// BuildKit lets each of several files overwrite the one before (C04), which is rarely intended.
std::string overwritten_text(const std::string& dest, const std::vector<std::string>& paths) {
  constexpr std::size_t kShown = 3;
  std::size_t lost = paths.size() - 1;
  std::string gone = join(
      {paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(std::min(lost, kShown))}, ", ");
  if (lost > kShown) gone += fmt::format(" and {} more", lost - kShown);
  return fmt::format(
      "{} files were written onto {} one after the other, and only the last is left: {}, without "
      "{}; "
      "a slash at the end makes it a directory that all of them go into: {}/",
      paths.size(), dest, paths.back(), gone, dest);
}

std::vector<std::string> warnings_of(const plan::CopyOp& op, const Copying& copying) {
  std::vector<std::string> warnings = copying.warnings();
  const std::vector<std::string>& paths = copying.overwritten();
  if (paths.size() > 1) warnings.push_back(overwritten_text(op.dest, paths));
  if (copying.lost_owners() > 0) {
    warnings.push_back(fmt::format(
        "{} members of archives belong to users that there are no ids for here, and are root's now "
        "(--ignore-owners)",
        copying.lost_owners()));
  }
  return warnings;
}

}  // namespace

Copied copy_files(const Job& job, const plan::CopyOp& op, const CopySelection& selection,
                  DigestWhileCopying* fresh) {
  Copied copied{.active = job.services.snapshotter.prepare(
                    job.parent().snapshot, op.link ? Start::kEmpty : Start::kParent)};
  std::optional<Owner> owner = representable_owner(job, op, copied);
  copied.line = copy_line(job, op, owner);
  std::shared_ptr<const PreviousCopy> earlier;
  if (copied.line && fresh == nullptr) earlier = find_previous_copy(job, *copied.line);
  Copying copying(job, op, owner, *copied.active, earlier, fresh);
  copying.run(selection.sources());
  if (copying.lost_owners() > 0) copied.active->mark_lost_owners();
  copied.have_sources_changed = copying.have_sources_changed();
  copied.link_sources = copying.link_sources();
  copied.bytes = copying.copied_bytes();
  copied.into = copying.into();
  std::ranges::move(warnings_of(op, copying), std::back_inserter(copied.warnings));
  return copied;
}

}  // namespace cairn::solver
