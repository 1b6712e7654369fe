// SPDX-License-Identifier: Apache-2.0
//
// The contents of a directory into another one, by several threads: each directory is a task, and a
// large one several. A directory gets its metadata when the last of its own entries is there; what
// is further down does not touch it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/task_stack.h"
#include "overlay/copy.h"

namespace cairn::overlay::internal {

class TreeCopy {
 public:
  explicit TreeCopy(const CopyOptions& options) : options_(options) {}

  // `source` has `source_path` in its root, `dest` is called `dest_path` in messages; neither gets
  // metadata. What is not in `dest.upper` may still be in `dest.lower`.
  void run(sys::Fd source, const std::string& source_path, BareDirectory dest,
           const std::string& dest_path);

 private:
  struct Node;
  using Shared = std::shared_ptr<Node>;
  struct Item {
    std::string name;
    std::optional<struct stat> st;  // nothing for a file that nobody has looked at
    bool is_directory() const { return st && S_ISDIR(st->st_mode); }
  };
  struct Batch;

  void open(Node& node) const;
  void list(const Shared& node);
  static bool is_whiteout(const sys::Fd& dir, const Item& item, bool marks);
  bool takes(const Node& node, const Item& item) const;
  void make_directory(const Shared& node, const Item& item);
  std::optional<struct stat> find_at_dest(const Node& node, const std::string& name) const;
  void push_batch(const Shared& node, std::vector<Item> items, std::size_t weight_of_one = 1);
  void copy_batch(const Shared& node, std::span<Item> items);
  void share(Batch& batch);
  void copy_one(Batch& batch, const Item& item);
  void copy_regular(Batch& batch, const Item& item);
  void clear_target(const Node& node, const std::string& name) const;
  bool waits_for_other_name(Batch& batch, const std::string& name, const struct stat& st);
  void done_with_one(Node& node) const;
  void make_later_links(const sys::Fd& top);

  const CopyOptions& options_;
  std::string dest_path_;
  bool is_bare_ = false;  // the source is a layer's own directory
  TaskStack tasks_;
  std::mutex mutex_;
  // Where each inode with several names went first, by (device, inode); and the other names, which
  // are linked when all else is there. Paths are below the top.
  std::map<std::pair<dev_t, ino_t>, std::string> seen_;
  std::vector<std::pair<std::string, std::string>> later_;
};

}  // namespace cairn::overlay::internal
