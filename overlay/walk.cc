// SPDX-License-Identifier: Apache-2.0
//
// An iterative walk over the upper layers, with the tree below at hand as a second chain where it
// has the same directory. A directory is emitted when something in it is, or when it differs
// itself, so each change has its parents before it. Hard links need a memory: an unchanged name of
// an inode matters only if another name of it changed, which may be met later.
#include "overlay/internal/walk.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/layer_path.h"
#include "overlay/internal/compare.h"
#include "overlay/internal/dir_chain.h"
#include "overlay/mount.h"

namespace cairn::overlay::internal {
namespace {

// A directory being walked.
struct Frame {
  std::vector<LayerEntry> entries{};
  std::size_t next = 0;
  Change self{};
  bool emitted = false;    // the visitor has this directory already
  bool has_below = false;  // below_ stands in the same directory
  // The layer directory of the last file met, shared with the contents that are opened later.
  std::shared_ptr<const sys::Fd> dir = {};
  std::size_t layer = 0;
};

// The names of one inode. Unchanged names wait until a changed one gives them a link target, along
// with those of their parent directories that were not emitted then.
struct Links {
  std::string source;
  std::vector<Change> waiting;
};

class Walk {
 public:
  Walk(LayerDirs upper, std::optional<Tree> below, ChangeVisitor& visitor, const Clamp& clamp)
      : upper_(std::move(upper)), visitor_(visitor), clamp_(clamp) {
    if (below) {
      below_.emplace(std::move(below->root));
      below_view_ = below->view;
    }
  }

  void run() {
    Frame root{.emitted = true, .has_below = below_.has_value()};
    fill(root);
    frames_.push_back(std::move(root));
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      if (frame.next == frame.entries.size()) {
        leave();
        continue;
      }
      LayerEntry entry = std::move(frame.entries[frame.next++]);
      handle(entry);
    }
  }

 private:
  void fill(Frame& frame);
  void handle(const LayerEntry& entry);
  bool is_below(const std::string& name) const;
  void handle_dir(const LayerEntry& entry, Change change);
  void handle_file(const LayerEntry& entry, Change change, const struct stat& st);
  void handle_linked(Change change, Content content, bool same, const struct stat& st);
  Content content_of(const LayerEntry& entry);
  void wait_for_source(Links& links, Change change);
  void leave();
  void emit_parents();
  void emit(Change change, Content content = {});
  void emit_dir(const Change& dir);
  std::string path_of(const std::string& name) const;

  LayerDirs upper_;
  std::optional<DirChain> below_;
  XattrForm below_view_ = XattrForm::kLayer;
  ChangeVisitor& visitor_;
  Clamp clamp_;
  std::vector<Frame> frames_;
  std::map<std::pair<dev_t, ino_t>, Links> links_;
  std::map<std::string, bool>
      waited_for_;  // parent directories of waiting names, and whether they were emitted
};

std::string Walk::path_of(const std::string& name) const {
  const std::string& dir = frames_.back().self.path;
  std::string path = dir.empty() ? name : dir + "/" + name;
  check_layer_path(path);
  return path;
}

// Lists the current directory. A name that is only below, and hidden, is an entry without a layer.
void Walk::fill(Frame& frame) {
  frame.entries = upper_.list();
  if (!upper_.hides_below() || !frame.has_below) return;
  std::size_t own = frame.entries.size();
  for (sys::DirEntry& entry : sys::list_dir(below_->top())) {
    auto mine = std::span(frame.entries).first(own);
    if (std::ranges::binary_search(mine, entry.name, {}, &LayerEntry::name)) continue;
    frame.entries.push_back({.name = std::move(entry.name)});
  }
  std::ranges::sort(frame.entries, {}, &LayerEntry::name);
}

void Walk::handle(const LayerEntry& entry) {
  std::optional<struct stat> st;
  if (entry.layer) {
    st = sys::find_stat_at(upper_.dir(entry), entry.name.c_str());
    // In a merged view, a bottom layer's whiteout may be listed although stat(2) does not find it.
    if (!st) return;
  }
  if (!st || upper_.is_whiteout(entry, *st)) {
    if (is_below(entry.name)) {
      emit({.kind = ChangeKind::kDeleted, .path = path_of(entry.name)});
    }
    return;
  }
  if (S_ISSOCK(st->st_mode)) return;
  Change change = describe(path_of(entry.name), *st);
  if (S_ISDIR(st->st_mode)) {
    handle_dir(entry, std::move(change));
  } else {
    handle_file(entry, std::move(change), *st);
  }
}

// A whiteout below is as good as nothing: the tree below does not show the name.
bool Walk::is_below(const std::string& name) const {
  if (!frames_.back().has_below) return false;
  std::optional<struct stat> st = sys::find_stat_at(below_->top(), name.c_str());
  return st && !is_whiteout_device(*st);
}

// Descends in both chains at once; the directory itself is emitted only if it differs.
void Walk::handle_dir(const LayerEntry& entry, Change change) {
  upper_.push(entry);
  change.xattrs = image_xattrs(upper_.dir(entry), upper_.view());
  Frame frame{.self = std::move(change)};
  const char* name = entry.name.c_str();
  if (is_below(entry.name) && S_ISDIR(sys::stat_at(below_->top(), name).st_mode)) {
    frame.has_below = true;
    below_->push(sys::open_at(below_->top(), name, sys::kOpenDir));
  }
  bool same = frame.has_below && same_directory(frame.self, below_->top(), below_view_, clamp_);
  fill(frame);
  frames_.back().dir.reset();  // only the innermost frame keeps one open
  frames_.push_back(std::move(frame));
  if (!same) emit_parents();
}

// Mirrors handle_dir(): pops exactly the chains that were pushed.
void Walk::leave() {
  bool had_below = frames_.back().has_below;
  frames_.pop_back();
  if (frames_.empty()) return;
  upper_.pop();
  if (had_below) below_->pop();
}

// Says where a regular file is, without opening it: the reader threads do that.
Content Walk::content_of(const LayerEntry& entry) {
  Frame& frame = frames_.back();
  if (!frame.dir || frame.layer != *entry.layer) {
    frame.dir = std::make_shared<const sys::Fd>(sys::duplicate(upper_.dir(entry)));
    frame.layer = *entry.layer;
  }
  return {.open = {}, .dir = frame.dir, .name = entry.name, .view = upper_.view()};
}

void Walk::handle_file(const LayerEntry& entry, Change change, const struct stat& st) {
  const sys::Fd& dir = upper_.dir(entry);
  const char* name = entry.name.c_str();
  if (S_ISLNK(st.st_mode)) change.link_target = sys::read_link_at(dir, name);
  Content content;
  if (S_ISREG(st.st_mode)) content = content_of(entry);
  // A further name of an inode that is in the layer already is a link, whatever is below.
  auto known = st.st_nlink > 1 ? links_.find({st.st_dev, st.st_ino}) : links_.end();
  if (known != links_.end() && !known->second.source.empty()) {
    open_content(change, content);
    change.size = 0;
    change.hardlink_to = known->second.source;
    emit(std::move(change));
    return;
  }
  bool same = false;
  // The cheap comparison first; a file is opened only if its metadata are equal.
  if (frames_.back().has_below && !upper_.replaces(entry) &&
      is_like_below(change, below_->top(), name)) {
    open_content(change, content);
    same = same_as_below(change, content.open, below_->top(), name, below_view_);
  }
  if (st.st_nlink > 1) {
    handle_linked(std::move(change), std::move(content), same, st);
  } else if (!same) {
    emit(std::move(change), std::move(content));
  }
}

void Walk::handle_linked(Change change, Content content, bool same, const struct stat& st) {
  Links& links = links_[{st.st_dev, st.st_ino}];
  if (same) {
    wait_for_source(links, std::move(change));
    return;
  }
  links.source = change.path;
  emit(std::move(change), std::move(content));
  // Only now is there a target that the waiting names can link to.
  for (Change& waiting : std::exchange(links.waiting, {})) {
    if (S_ISDIR(waiting.mode)) {
      emit_dir(waiting);
      continue;
    }
    waiting.size = 0;
    waiting.hardlink_to = links.source;
    visitor_.visit(std::move(waiting), {});
  }
}

// Keeps the parents too, since by the time a link is emitted the walk has left them.
void Walk::wait_for_source(Links& links, Change change) {
  for (const Frame& frame : frames_) {
    if (frame.emitted) continue;
    waited_for_.try_emplace(frame.self.path, false);
    links.waiting.push_back(frame.self);
  }
  links.waiting.push_back(std::move(change));
}

// Emits the parent directories of the current one, which until now had no change.
void Walk::emit_parents() {
  for (Frame& frame : frames_) {
    if (!frame.emitted) emit_dir(frame.self);
    frame.emitted = true;
  }
}

void Walk::emit(Change change, Content content) {
  emit_parents();
  visitor_.visit(std::move(change), std::move(content));
}

void Walk::emit_dir(const Change& dir) {
  // As the parent of a waiting name, a directory may come up a second time.
  auto waited = waited_for_.find(dir.path);
  if (waited != waited_for_.end() && std::exchange(waited->second, true)) return;
  visitor_.visit(dir, {});
}

}  // namespace

void open_content(Change& change, Content& content) {
  if (!content.dir) return;
  content.open = sys::open_file_at(*content.dir, content.name.c_str());
  content.dir.reset();
  change.xattrs = image_xattrs(content.open, content.view);
}

Tree open_layer(const std::string& upperdir) {
  return {.root = sys::open_path(upperdir, O_RDONLY | O_DIRECTORY),
          .view = XattrForm::kLayer,
          .mount = {}};
}

LayerDirs open_layers(const LayerStack& layers) {
  std::vector<sys::Fd> roots;
  for (const std::string& dir : layers.lowers) {
    roots.push_back(sys::open_path(dir, O_RDONLY | O_DIRECTORY));
  }
  return LayerDirs(std::move(roots), XattrForm::kLayer);
}

std::optional<Tree> open_stack(const LayerStack& stack) {
  if (stack.lowers.empty()) return std::nullopt;
  if (stack.lowers.size() == 1) return open_layer(stack.lowers[0]);
  sys::MountTree mount = mount_overlay(stack, std::nullopt, Durability::kVolatile);
  sys::Fd root = sys::open_at(mount.fd(), ".", O_RDONLY | O_DIRECTORY);
  return Tree{.root = std::move(root), .view = XattrForm::kMounted, .mount = std::move(mount)};
}

void walk_changes(LayerDirs upper, const LayerStack& stack, ChangeVisitor& visitor,
                  const Clamp& clamp) {
  if (!upper.hides_below() && upper.list().empty()) return;  // a RUN that changed nothing
  std::optional<Tree> below = open_stack(stack);
  // The walk takes the root out of `below`, but the mount must outlive the walk.
  sys::MountTree below_mount = below ? std::move(below->mount) : sys::MountTree();
  Walk(std::move(upper), std::move(below), visitor, clamp).run();
}

}  // namespace cairn::overlay::internal
