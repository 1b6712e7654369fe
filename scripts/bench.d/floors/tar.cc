// SPDX-License-Identifier: Apache-2.0
//
// tar TREE FILE: a tar by hand (ustar headers, no names beyond them) with its SHA-256, in one
// thread.
#include <cstring>

#include "floor.h"

namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kBuffer = 1 << 20;

class Output {
 public:
  explicit Output(int file) : file_(file), buffer_(kBuffer) { SHA256_Init(&hash_); }

  // Room for `size` bytes (at most 64 KiB) that become part of the output.
  unsigned char* take(std::size_t size) {
    if (used_ + size > buffer_.size()) flush();
    used_ += size;
    return buffer_.data() + used_ - size;
  }
  void give_back(std::size_t size) { used_ -= size; }

  void flush() {
    SHA256_Update(&hash_, buffer_.data(), used_);
    floors::write_all(file_, buffer_.data(), used_);
    used_ = 0;
  }
  void finish() {
    std::memset(take(2 * kBlock), 0, 2 * kBlock);
    flush();
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_Final(digest, &hash_);
  }

 private:
  int file_;
  std::vector<unsigned char> buffer_;
  std::size_t used_ = 0;
  SHA256_CTX hash_ = {};
};

void octal(char* field, std::size_t width, std::uint64_t value) {
  field[--width] = '\0';
  for (; width > 0; value >>= 3) field[--width] = static_cast<char>('0' + (value & 7));
}

void header(const floors::Entry& entry, Output& out) {
  auto* block = reinterpret_cast<char*>(out.take(kBlock));
  std::memset(block, 0, kBlock);
  std::memcpy(block, entry.path.data(), std::min<std::size_t>(entry.path.size(), 100));
  octal(block + 100, 8, entry.mode & 07777);
  octal(block + 108, 8, entry.uid);
  octal(block + 116, 8, entry.gid);
  octal(block + 124, 12, entry.is_directory ? 0 : entry.size);
  octal(block + 136, 12, static_cast<std::uint64_t>(entry.mtime));
  std::memset(block + 148, ' ', 8);
  block[156] = entry.is_directory ? '5' : '0';
  std::memcpy(block + 257, "ustar\00000", 8);
  unsigned sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) sum += static_cast<unsigned char>(block[i]);
  octal(block + 148, 7, sum);
}

void body(int tree, const floors::Entry& entry, Output& out) {
  constexpr std::size_t kRead = 64 << 10;
  int file = floors::must(openat(tree, entry.path.c_str(), O_RDONLY), entry.path.c_str());
  std::size_t total = 0;
  while (true) {
    auto got = static_cast<std::size_t>(floors::must(read(file, out.take(kRead), kRead), "read"));
    out.give_back(kRead - got);
    if (got == 0) break;
    total += got;
  }
  close(file);
  std::size_t padding = (kBlock - total % kBlock) % kBlock;
  std::memset(out.take(padding), 0, padding);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace floors;
  if (argc < 3) return 2;
  int tree = must(open(argv[1], O_PATH), argv[1]);
  Output out(must(open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644), argv[2]));
  for (const Entry& entry : walk(argv[1], Stat::kYes)) {
    header(entry, out);
    if (!entry.is_directory) body(tree, entry, out);
  }
  out.finish();
}
