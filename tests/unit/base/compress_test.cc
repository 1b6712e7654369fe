// SPDX-License-Identifier: Apache-2.0
#include "base/compress.h"

#include <doctest/doctest.h>

#include <random>

#include "base/background.h"
#include "base/error.h"
#include "support/crumb_source.h"
#include "support/string_sink.h"

using namespace cairn;
using test::CrumbSource;
using test::StringSink;

namespace {

// Half noise, half words: compressible, and several blocks long.
std::string sample(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) {
    text += random() % 2 == 0 ? "the same words again and again, " : std::to_string(random());
  }
  text.resize(size);
  return text;
}

std::string compress(std::string_view text, Compression compression, std::size_t threads) {
  StringSink out;
  std::unique_ptr<CompressingSink> sink = compressing(compression, out, threads);
  // Odd pieces: the output must not depend on how the input was cut.
  for (std::size_t at = 0; at < text.size(); at += 100'003 * threads) {
    sink->write(as_bytes(text.substr(at, 100'003 * threads)));
  }
  sink->finish();
  return std::move(out.text);
}

std::string plain(ByteSource& source, const DecompressLimits& limits = {}) {
  StringSink out;
  copy_all(*decompressing(source, limits), out);
  return std::move(out.text);
}

std::string plain(std::string_view text) {
  MemorySource source(text);
  return plain(source);
}

}  // namespace

TEST_CASE("what was compressed reads back, and is recognised by its first bytes") {
  for (Compression kind : {Compression::kNone, Compression::kGzip, Compression::kZstd}) {
    for (std::size_t size : {0ul, 1ul, 1024ul * 1024, 3'500'000ul}) {
      CAPTURE(size);
      std::string text = sample(size);
      std::string packed = compress(text, kind, 2);
      if (size > 0) CHECK(sniff_compression(as_bytes(packed)) == kind);
      CHECK(plain(packed) == text);
    }
  }
}

TEST_CASE("every level reads back, and a higher one packs no worse") {
  std::string text = sample(2'500'000);
  auto packed = [&](Compression kind, int level) {
    StringSink out;
    std::unique_ptr<CompressingSink> sink = compressing(kind, out, 2, level);
    sink->write(as_bytes(text));
    sink->finish();
    CHECK(plain(out.text) == text);
    return out.text.size();
  };
  for (int level = 0; level <= 9; ++level) packed(Compression::kGzip, level);
  CHECK(packed(Compression::kGzip, 0) > text.size());
  CHECK(packed(Compression::kGzip, 9) <= packed(Compression::kGzip, 4));
  CHECK(packed(Compression::kZstd, 19) < packed(Compression::kZstd, 1));
  CHECK(has_level(Compression::kZstd, 22));
  for (int level : {-1, 0, 23}) CHECK(!has_level(Compression::kZstd, level));
  for (int level : {-1, 10}) CHECK(!has_level(Compression::kGzip, level));
  CHECK(!has_level(Compression::kNone, 1));
}

TEST_CASE("the number of threads does not show in the output") {
  std::string text = sample(5'000'000);
  for (Compression kind : {Compression::kGzip, Compression::kZstd}) {
    std::string one = compress(text, kind, 1);
    CHECK(one.size() < text.size() * 2 / 3);
    CHECK(compress(text, kind, 2) == one);
    CHECK(compress(text, kind, 5) == one);
  }
}

TEST_CASE("bytes that cannot be compressed are stored") {
  std::mt19937 random(1);
  std::string noise(2'500'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  std::string packed = compress(noise, Compression::kGzip, 2);
  CHECK(packed.size() < noise.size() + 4096);
  CHECK(plain(packed) == noise);
}

TEST_CASE("members and frames one after another read as one, however they arrive") {
  std::string text = sample(70'000);
  for (Compression kind : {Compression::kGzip, Compression::kZstd}) {
    std::string packed = compress(text, kind, 1) + compress("", kind, 1) + compress("end", kind, 1);
    for (std::size_t step : {1ul, 2ul, 7ul, 8ul, 13ul, 1000ul, 1ul << 20}) {
      CAPTURE(step);
      CrumbSource source(packed, step);
      CHECK(plain(source) == text + "end");
    }
  }
}

TEST_CASE("zeros after a gzip stream are padding, anything else is damage") {
  std::string packed = compress("text", Compression::kGzip, 1);
  CHECK(plain(packed + std::string(100, '\0')) == "text");
  CHECK_THROWS_AS(plain(packed + "more"), Error);
}

TEST_CASE("every early end and every flipped bit is told") {
  std::string text = sample(3000);
  for (Compression kind : {Compression::kGzip, Compression::kZstd}) {
    std::string packed = compress(text, kind, 1);
    for (std::size_t end = 4; end < packed.size(); ++end) {
      CAPTURE(end);
      CHECK_THROWS_AS(plain(std::string_view(packed).substr(0, end)), Error);
    }
    for (std::size_t at = packed.size() / 2; at < packed.size() / 2 + 20; ++at) {
      std::string damaged = packed;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      CHECK_THROWS_AS(plain(damaged), Error);
    }
  }
}

TEST_CASE("a bomb is stopped by size and by ratio") {
  std::string packed = compress(std::string(20'000'000, '\0'), Compression::kZstd, 1);
  DecompressLimits by_size{.max_bytes = 1'000'000};
  DecompressLimits by_ratio{.free_bytes = 1'000'000, .max_ratio = 100};
  for (const DecompressLimits& limits : {by_size, by_ratio}) {
    MemorySource source(packed);
    try {
      plain(source, limits);
      FAIL("the bomb went off");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kLimit);
    }
  }
}

TEST_CASE("a zstd window larger than the limit is refused as a limit, not as damage") {
  // A frame header without a content size, and an empty last block (RFC 8878, 3.1.1).
  auto frame = [](char exponent) {
    return std::string("\x28\xb5\x2f\xfd\x00", 5) + static_cast<char>((exponent - 10) << 3) +
           std::string("\x01\x00\x00", 3);
  };
  CHECK(plain(frame(27)).empty());
  try {
    plain(frame(28));
    FAIL("a window of 256 MiB is made");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kLimit);
    CHECK(error.message() == "zstd data asks for a window of more than 128 MiB");
    CHECK(error.hint().find("--long=27") != std::string::npos);
  }
}

TEST_CASE("streams pass through a thread unchanged, and failures come back") {
  std::string text = sample(3'000'000);
  CrumbSource source(text, 1000);
  ReadAheadSource ahead(source);
  StringSink out;
  WriteBehindSink behind(out);
  CHECK(copy_all(ahead, behind) == text.size());
  behind.finish();
  CHECK(out.text == text);

  class FailingSink final : public ByteSink {
    void write(std::span<const std::byte>) override {
      throw Error::of(ErrorKind::kHost, "disk full");
    }
  } failing;
  WriteBehindSink doomed(failing);
  CHECK_THROWS_AS(
      [&] {
        for (int i = 0; i < 100; ++i) doomed.write(as_bytes(text));
      }(),
      Error);

  MemorySource damaged("\x1f\x8b nonsense");
  std::unique_ptr<ByteSource> gunzip = decompressing(damaged);
  ReadAheadSource reading(*gunzip);
  std::byte buffer[16];
  CHECK_THROWS_AS(reading.read(buffer), Error);
}

TEST_CASE("a reader that stops early leaves no thread behind") {
  std::string text = sample(10'000'000);
  MemorySource source(text);
  ReadAheadSource ahead(source);
  std::byte buffer[16];
  CHECK(ahead.read(buffer) == 16);
}
