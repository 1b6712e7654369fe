// SPDX-License-Identifier: Apache-2.0
//
// Copies the contents of a directory into another with several threads. Each directory is a task,
// and a large one several. A directory gets its metadata when its last own entry is there; what
// happens further down does not touch its mtime.
#pragma once

#include <atomic>
#include <cstdint>
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
  explicit TreeCopy(const CopyOptions& options);

  // `source_path` is the path of `source` in its root, for the filter and messages; `dest_path`
  // names `dest` in messages. Neither directory gets metadata. What is not in `dest.upper` may
  // still be in `dest.lower`.
  void run(sys::Fd source, const std::string& source_path, LayerDirectory dest,
           const std::string& dest_path);
  bool has_replaced() const { return has_replaced_; }  // see TreeCopier

 private:
  struct Node;
  using Shared = std::shared_ptr<Node>;
  struct Item {
    std::string name;
    std::optional<struct stat> st;  // nullopt for a regular file not looked at yet
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
  template <typename Make>
  void put(const sys::Fd& dir, const std::string& name, Make make);
  void clear_target(const Node& node, const std::string& name);
  bool waits_for_other_name(Batch& batch, const std::string& name, const struct stat& st);
  void done_with_one(Node& node) const;
  void make_later_links(const sys::Fd& top);

  const CopyOptions& options_;
  std::string dest_path_;
  bool is_bare_ = false;  // the source is a layer's own directory
  std::atomic<bool> has_replaced_ = false;
  // Temporary names, for a later rename: a random prefix for this process, and a number.
  std::string beside_;
  std::atomic<std::uint64_t> named_beside_ = 0;
  TaskStack tasks_;
  std::mutex mutex_;
  // The first path of each inode with several names, by (device, inode); and the other names with
  // that path, hard-linked after all else. Paths are below the top. Guarded by mutex_.
  std::map<std::pair<dev_t, ino_t>, std::string> seen_;
  std::vector<std::pair<std::string, std::string>> later_;
};

}  // namespace cairn::overlay::internal
