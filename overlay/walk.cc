// SPDX-License-Identifier: Apache-2.0
#include "overlay/internal/walk.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <utility>

#include "overlay/internal/compare.h"
#include "overlay/internal/dir_chain.h"

namespace cairn::overlay::internal {
namespace {

constexpr int kOpenDir = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

// A directory being walked.
struct Frame {
  std::vector<LayerEntry> entries{};
  std::size_t next = 0;
  Change self{};
  bool told = false;       // the visitor knows this directory
  bool has_below = false;  // the same directory exists below
  // Of the layer whose files were met last, for who opens them later.
  std::shared_ptr<const sys::Fd> dir = {};
  std::size_t layer = 0;
};

// The names of one inode. Unchanged names wait until a changed one gives them something to link to,
// with those of their parents that the visitor did not know then.
struct Links {
  std::string source;
  std::vector<Change> waiting;
};

class Walk {
 public:
  Walk(LayerDirs upper, std::optional<Tree> below, ChangeVisitor& visitor)
      : upper_(std::move(upper)), visitor_(visitor) {
    if (below) {
      below_.emplace(std::move(below->root));
      below_view_ = below->view;
    }
  }

  void run() {
    Frame root{.told = true, .has_below = below_.has_value()};
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
  void tell_parents();
  void tell(Change change, Content content = {});
  void tell_dir(const Change& dir);
  std::string path_of(const std::string& name) const;

  LayerDirs upper_;
  std::optional<DirChain> below_;
  View below_view_ = View::kLayer;
  ChangeVisitor& visitor_;
  std::vector<Frame> frames_;
  std::map<std::pair<dev_t, ino_t>, Links> links_;
  std::map<std::string, bool> waited_for_;  // parents of waiting links, and whether they were told
};

std::string Walk::path_of(const std::string& name) const {
  const std::string& dir = frames_.back().self.path;
  return dir.empty() ? name : dir + "/" + name;
}

// Lists the directory both chains stand in; what is hidden below counts as an entry of no layer.
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
    // A merged directory may list a name of a bottom layer's whiteout, and then not know it.
    if (!st) return;
  }
  if (!st || upper_.is_whiteout(entry, *st)) {
    if (is_below(entry.name)) {
      tell({.kind = ChangeKind::kDeleted, .path = path_of(entry.name)});
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

bool Walk::is_below(const std::string& name) const {
  if (!frames_.back().has_below) return false;
  std::optional<struct stat> st = sys::find_stat_at(below_->top(), name.c_str());
  return st && !is_whiteout_device(*st);
}

void Walk::handle_dir(const LayerEntry& entry, Change change) {
  upper_.push(entry);
  change.xattrs = image_xattrs(upper_.dir(entry), upper_.view());
  Frame frame{.self = std::move(change)};
  const char* name = entry.name.c_str();
  if (is_below(entry.name) && S_ISDIR(sys::stat_at(below_->top(), name).st_mode)) {
    frame.has_below = true;
    below_->push(sys::open_at(below_->top(), name, kOpenDir));
  }
  bool same = frame.has_below && same_directory(frame.self, below_->top(), below_view_);
  fill(frame);
  frames_.back().dir.reset();  // one is open, however deep this goes
  frames_.push_back(std::move(frame));
  if (!same) tell_parents();
}

void Walk::leave() {
  bool had_below = frames_.back().has_below;
  frames_.pop_back();
  if (frames_.empty()) return;
  upper_.pop();
  if (had_below) below_->pop();
}

// For a regular file that is not needed open here.
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
  auto known = st.st_nlink > 1 ? links_.find({st.st_dev, st.st_ino}) : links_.end();
  if (known != links_.end() && !known->second.source.empty()) {
    open_content(change, content);
    change.size = 0;
    change.hardlink_to = known->second.source;
    tell(std::move(change));
    return;
  }
  bool same = false;
  if (frames_.back().has_below && is_like_below(change, below_->top(), name)) {
    open_content(change, content);
    same = same_as_below(change, content.open, below_->top(), name, below_view_);
  }
  if (st.st_nlink > 1) {
    handle_linked(std::move(change), std::move(content), same, st);
  } else if (!same) {
    tell(std::move(change), std::move(content));
  }
}

void Walk::handle_linked(Change change, Content content, bool same, const struct stat& st) {
  Links& links = links_[{st.st_dev, st.st_ino}];
  if (same) {
    wait_for_source(links, std::move(change));
    return;
  }
  links.source = change.path;
  tell(std::move(change), std::move(content));
  for (Change& waiting : std::exchange(links.waiting, {})) {
    if (S_ISDIR(waiting.mode)) {
      tell_dir(waiting);
      continue;
    }
    waiting.size = 0;
    waiting.hardlink_to = links.source;
    visitor_.visit(std::move(waiting), {});
  }
}

void Walk::wait_for_source(Links& links, Change change) {
  for (const Frame& frame : frames_) {
    if (frame.told) continue;
    waited_for_.try_emplace(frame.self.path, false);
    links.waiting.push_back(frame.self);
  }
  links.waiting.push_back(std::move(change));
}

// Directories are told when first needed.
void Walk::tell_parents() {
  for (Frame& frame : frames_) {
    if (!frame.told) tell_dir(frame.self);
    frame.told = true;
  }
}

void Walk::tell(Change change, Content content) {
  tell_parents();
  visitor_.visit(std::move(change), std::move(content));
}

void Walk::tell_dir(const Change& dir) {
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
  return {
      .root = sys::open_path(upperdir, O_RDONLY | O_DIRECTORY), .view = View::kLayer, .mount = {}};
}

LayerDirs open_layers(const LayerStack& layers) {
  std::vector<sys::Fd> roots;
  for (const std::string& dir : layers.lowers) {
    roots.push_back(sys::open_path(dir, O_RDONLY | O_DIRECTORY));
  }
  return LayerDirs(std::move(roots), View::kLayer);
}

std::optional<Tree> open_stack(const LayerStack& stack) {
  if (stack.lowers.empty()) return std::nullopt;
  if (stack.lowers.size() == 1) return open_layer(stack.lowers[0]);
  sys::MountTree mount = mount_overlay(stack, std::nullopt, Durability::kVolatile);
  sys::Fd root = sys::open_at(mount.fd(), ".", O_RDONLY | O_DIRECTORY);
  return Tree{.root = std::move(root), .view = View::kMerged, .mount = std::move(mount)};
}

void walk_changes(LayerDirs upper, const LayerStack& stack, ChangeVisitor& visitor) {
  if (!upper.hides_below() && upper.list().empty()) return;  // as a RUN that only tests something
  std::optional<Tree> below = open_stack(stack);
  // The mount must outlive the walk, which takes the root.
  sys::MountTree below_mount = below ? std::move(below->mount) : sys::MountTree();
  Walk(std::move(upper), std::move(below), visitor).run();
}

}  // namespace cairn::overlay::internal
