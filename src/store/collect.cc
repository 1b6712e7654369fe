// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/sys/fd.h"
#include "store/internal/collect.h"

namespace cairn::store {
namespace {

struct Marked {
  std::set<std::string> snapshots;
  std::set<std::string> blobs;  // hex names, as files are called
};

void mark_stack(Store& store, const std::string& top, Marked& marked) {
  if (marked.snapshots.contains(top)) return;
  for (const std::string& id : store.snapshots().stack(top)) marked.snapshots.insert(id);
}

void mark_image(Store& store, const Image& image, Marked& marked) {
  marked.blobs.insert(image.id.hex());
  if (std::optional<oci::Manifest> manifest = store.images().manifest(image)) {
    marked.blobs.insert(image.manifest->hex());
    for (const oci::Descriptor& layer : manifest->layers) marked.blobs.insert(layer.digest.hex());
  }
  if (!store.blobs().has(image.id)) return;
  for (const ImageLayer& layer : store.images().layers(image.id)) {
    if (layer.view) mark_stack(store, layer.view->snapshot, marked);
    for (const oci::Descriptor& blob : store.layer_blobs().find(layer.diff_id)) {
      marked.blobs.insert(blob.digest.hex());
    }
  }
}

Marked mark(Store& store) {
  Marked marked;
  for (const Image& image : store.images().list()) mark_image(store, image, marked);
  // The layout may name manifests of its own: those of Docker's types have a twin there.
  oci::Index layout = oci::parse_index(sys::read_file(store.root() + "/oci/index.json"));
  for (const oci::Descriptor& manifest : layout.manifests) {
    marked.blobs.insert(manifest.digest.hex());
  }
  for (const CacheRecord& record : store.records().list()) {
    if (!record.snapshot.empty() && store.snapshots().find(record.snapshot)) {
      mark_stack(store, record.snapshot, marked);
    }
  }
  return marked;
}

sys::Fd open_dir(const std::string& path) {
  return sys::open_path(path, O_RDONLY | O_DIRECTORY);
}

void sweep_snapshots(Store& store, const Marked& marked, Collected& collected) {
  for (const SnapshotRecord& record : store.snapshots().list()) {
    if (marked.snapshots.contains(record.id)) continue;
    store.snapshots().drop(record.id);  // the row first: a name never points at half a tree
    collected.bytes += record.size;
    ++collected.snapshots;
  }
  std::string path = store.root() + "/snapshots";
  std::vector<std::string> unnamed;
  for (const sys::DirEntry& entry : sys::list_dir(open_dir(path))) {
    if (!marked.snapshots.contains(entry.name)) unnamed.push_back(entry.name);
  }
  remove_entries(path, unnamed);  // what stays is gone with the next collection that may
}

void sweep_blobs(Store& store, const Marked& marked, Collected& collected) {
  std::string path = store.root() + "/oci/blobs/sha256";
  sys::Fd dir = open_dir(path);
  std::vector<std::string> unnamed;
  for (const sys::DirEntry& entry : sys::list_dir(dir)) {
    if (marked.blobs.contains(entry.name)) continue;
    collected.bytes += sys::stat_at(dir, entry.name.c_str()).st_size;
    ++collected.blobs;
    unnamed.push_back(entry.name);
  }
  remove_entries(path, unnamed);
}

// Files that go with a snapshot, and the most recent of all others: what is lost is read again.
void sweep_contexts(Store& store, const Marked& marked) {
  constexpr std::size_t kKept = 200;
  sys::Fd dir = open_dir(store.contexts_dir());
  std::vector<std::pair<std::int64_t, std::string>> others;
  std::vector<std::string> old;
  for (const sys::DirEntry& entry : sys::list_dir(dir)) {
    std::size_t dot = entry.name.find('.');
    if (dot == std::string::npos) {
      others.emplace_back(-sys::stat_at(dir, entry.name.c_str()).st_mtim.tv_sec, entry.name);
    } else if (!marked.snapshots.contains(entry.name.substr(0, dot))) {
      old.push_back(entry.name);
    }
  }
  std::ranges::sort(others);
  for (std::size_t i = kKept; i < others.size(); ++i) old.push_back(others[i].second);
  remove_entries(store.contexts_dir(), old);
}

}  // namespace

Collected collect_garbage(Store& store) {
  Collected collected;
  Marked marked = mark(store);
  sweep_snapshots(store, marked, collected);
  sweep_blobs(store, marked, collected);
  sweep_contexts(store, marked);
  empty_directory(store.tmp_dir());
  return collected;
}

std::vector<std::string> empty_directory(const std::string& path) {
  std::vector<std::string> names;
  for (const sys::DirEntry& entry : sys::list_dir(open_dir(path))) names.push_back(entry.name);
  return remove_entries(path, names);
}

std::vector<std::string> remove_entries(const std::string& path,
                                        const std::vector<std::string>& names) {
  if (names.empty()) return {};
  sys::Fd dir = open_dir(path);
  std::vector<std::string> stayed;
  for (const std::string& name : names) {
    try {
      sys::remove_tree_at(dir, name.c_str());
    } catch (const Error&) {
      stayed.push_back(name);
    }
  }
  return stayed;
}

}  // namespace cairn::store
