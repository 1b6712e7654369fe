// SPDX-License-Identifier: Apache-2.0
//
// What the floor programs share. A floor is the least that the kernel and one library must do for a
// row of the benchmark, with no care for errors but to stop: who is compared with it must do the
// same and be careful too. Each program is one idea, and prints nothing unless it says so.
#pragma once

#define OPENSSL_SUPPRESS_DEPRECATED  // the plain functions are the same code, and need no set-up
#include <dirent.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "must.h"

namespace floors {

struct Entry {
  std::string path;  // relative to the root of the walk
  bool is_directory = false;
  std::uint32_t mode = 0, uid = 0, gid = 0;  // from here on only with Stat::kYes
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
};

enum class Stat { kNo, kYes };

// Every entry below `directory`, parents first. Without kYes only names and types are asked for.
inline void walk(int directory, const std::string& prefix, Stat stat, std::vector<Entry>& into) {
  DIR* stream = fdopendir(directory);
  while (dirent* found = readdir(stream)) {
    std::string name = found->d_name;
    if (name == "." || name == "..") continue;
    Entry entry{.path = prefix + name, .is_directory = found->d_type == DT_DIR};
    if (stat == Stat::kYes) {
      struct statx status = {};
      must(statx(dirfd(stream), found->d_name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status),
           "statx");
      entry.mode = status.stx_mode;
      entry.uid = status.stx_uid;
      entry.gid = status.stx_gid;
      entry.size = status.stx_size;
      entry.mtime = status.stx_mtime.tv_sec;
    }
    into.push_back(std::move(entry));
    if (found->d_type != DT_DIR) continue;
    int below = must(openat(dirfd(stream), found->d_name, O_RDONLY | O_DIRECTORY), "openat");
    walk(below, prefix + name + "/", stat, into);
  }
  closedir(stream);
}

inline std::vector<Entry> walk(const char* root, Stat stat) {
  std::vector<Entry> entries;
  walk(must(open(root, O_RDONLY | O_DIRECTORY), root), "", stat, entries);
  return entries;
}

// The size of the pieces in which bytes are moved: large enough to make calls cheap, small enough
// for the caches.
constexpr std::size_t kPiece = 256 << 10;

// Calls `take(bytes, size)` for the pieces of a file.
template <typename Take>
void read_file(int file, Take take) {
  thread_local std::vector<unsigned char> buffer(kPiece);
  while (int size = must(read(file, buffer.data(), buffer.size()), "read")) {
    take(buffer.data(), static_cast<std::size_t>(size));
  }
}

inline void write_all(int file, const void* bytes, std::size_t size) {
  const char* at = static_cast<const char*>(bytes);
  while (size > 0) {
    auto written = static_cast<std::size_t>(must(write(file, at, size), "write"));
    at += written;
    size -= written;
  }
}

// Calls `work(i)` for every i below `count`, on all cores.
template <typename Work>
void on_all_cores(std::size_t count, Work work) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < count; at = next++) work(at);
    });
  }
}

}  // namespace floors
