// SPDX-License-Identifier: Apache-2.0
//
// The compressions that archives have and layers do not.
#include <doctest/doctest.h>
#include <lzma.h>

#include <array>

#include "base/compress.h"
#include "base/error.h"
#include "base/limits.h"
#include "support/crumb_source.h"
#include "support/string_sink.h"

using namespace cairn;
using test::CrumbSource;

namespace {

// As xz(1) writes it: without sizes in the block header.
std::string xz(std::string_view text) {
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  lzma_stream stream = LZMA_STREAM_INIT;
  REQUIRE(lzma_easy_encoder(&stream, 0, LZMA_CHECK_CRC64) == LZMA_OK);
  stream.next_in = reinterpret_cast<const std::uint8_t*>(text.data());
  stream.avail_in = text.size();
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = out.size();
  REQUIRE(lzma_code(&stream, LZMA_FINISH) == LZMA_STREAM_END);
  out.resize(stream.total_out);
  lzma_end(&stream);
  return out;
}

// Asks for another dictionary. A stream header has 12 bytes; in the block header behind it, byte 4
// is the size of LZMA2's dictionary, and a CRC32 is at its end (xz file format, 3.1 and 5.3.1).
std::string with_dictionary(std::string packed, std::uint8_t size_code) {
  auto* block = reinterpret_cast<std::uint8_t*>(packed.data()) + 12;
  std::size_t crc_at = block[0] * 4u;
  block[4] = size_code;
  std::uint32_t crc = lzma_crc32(block, crc_at, 0);
  for (int i = 0; i < 4; ++i) block[crc_at + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  return packed;
}

// "text of a block"
std::string bzip2() {
  constexpr std::array<unsigned char, 52> kBytes = {
      0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0xa1, 0xbd, 0x28,
      0x31, 0x00, 0x00, 0x06, 0x91, 0x80, 0x40, 0x00, 0x3b, 0x0c, 0x84, 0x40, 0x20,
      0x00, 0x31, 0x00, 0xd3, 0x4d, 0x04, 0x03, 0x43, 0x20, 0x93, 0x4c, 0x66, 0x33,
      0x08, 0x49, 0x78, 0xbb, 0x92, 0x29, 0xc2, 0x84, 0x85, 0x0d, 0xe9, 0x41, 0x88};
  return {kBytes.begin(), kBytes.end()};
}

std::string unpacked(std::string_view bytes, std::size_t step = 1 << 20,
                     const DecompressLimits& limits = {}) {
  CrumbSource source(bytes, step);
  test::StringSink out;
  copy_all(*decompressing_archive(source, limits), out);
  return out.text;
}

Error archive_refusal(std::string_view bytes, const DecompressLimits& limits = {}) {
  try {
    unpacked(bytes, 1 << 20, limits);
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::kBug, "nothing was refused"};
}

std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i * 7919) + ",";
  return text;
}

}  // namespace

TEST_CASE("an archive reads as what was packed, whatever compressed it and however it arrives") {
  std::string text = numbers(40'000);
  test::StringSink gzip;
  std::unique_ptr<CompressingSink> sink = compressing(Compression::kGzip, gzip, 1);
  sink->write(as_bytes(text));
  sink->finish();
  for (std::size_t step : {1ul, 7ul, 1000ul, 1ul << 20}) {
    CAPTURE(step);
    CHECK(unpacked(text, step) == text);
    CHECK(unpacked(gzip.text, step) == text);
    CHECK(unpacked(xz(text), step) == text);
    CHECK(unpacked(bzip2(), step) == "text of a block");
  }
  CHECK(unpacked("").empty());
  CHECK(unpacked("\3757zX") == "\3757zX");
  CHECK(unpacked(xz("")).empty());
}

TEST_CASE("streams of xz and bzip2 follow one another, with zeros between those of xz") {
  std::string text = numbers(3000);
  std::string padding(8, '\0');
  std::string streams = xz(text) + xz("") + padding + xz("end") + padding;
  for (std::size_t step : {1ul, 5ul, 1ul << 20}) CHECK(unpacked(streams, step) == text + "end");
  CHECK(unpacked(bzip2() + bzip2()) == "text of a blocktext of a block");
  for (const char* more : {"more", "\x1f\x8b"}) {
    CAPTURE(more);
    CHECK(archive_refusal(xz("text") + more).kind() == ErrorKind::kCorrupt);
  }
  CHECK(archive_refusal(xz("text") + std::string(3, '\0')).kind() == ErrorKind::kCorrupt);
}

TEST_CASE("one compression is undone, not one after the other") {
  CHECK(unpacked(xz(xz("text"))) == xz("text"));
  CHECK(unpacked(xz(bzip2())) == bzip2());
  // bzip2() by bzip2.
  constexpr std::array<unsigned char, 116> kTwice = {
      0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x22, 0xb6, 0x1e, 0xeb, 0x00,
      0x00, 0x0d, 0x5f, 0xff, 0x4d, 0x46, 0x41, 0x60, 0x28, 0x28, 0x78, 0x26, 0x08, 0x30, 0x01,
      0x40, 0x00, 0x40, 0x46, 0x40, 0x38, 0x00, 0x20, 0x00, 0x00, 0x0a, 0x10, 0x00, 0x08, 0x00,
      0x00, 0x20, 0x20, 0x00, 0x54, 0x63, 0x26, 0x99, 0x03, 0x26, 0x86, 0x41, 0x91, 0xa6, 0x04,
      0x61, 0x83, 0x4d, 0x0d, 0x0d, 0x0d, 0x0d, 0x01, 0x89, 0xa7, 0x91, 0x1e, 0xa5, 0xb3, 0x57,
      0x81, 0x8e, 0xb3, 0xdf, 0x8b, 0xaa, 0xd3, 0x78, 0x86, 0x68, 0x5b, 0x1a, 0x6e, 0xde, 0xa2,
      0x05, 0xed, 0x02, 0x63, 0x81, 0xe0, 0x23, 0x10, 0x25, 0x20, 0x4a, 0x0d, 0xf8, 0x89, 0x53,
      0xa0, 0xbb, 0x92, 0x29, 0xc2, 0x84, 0x81, 0x15, 0xb0, 0xf7, 0x58};
  CHECK(unpacked(std::string(kTwice.begin(), kTwice.end())) == bzip2());
}

TEST_CASE("every early end and every flipped bit of an archive is told") {
  std::string packed = xz(numbers(200));
  for (std::size_t end = 6; end < packed.size(); ++end) {
    CAPTURE(end);
    Error error = archive_refusal(std::string_view(packed).substr(0, end));
    CHECK(error.kind() == ErrorKind::kCorrupt);
    CHECK(error.message() == "damaged xz data: it ends too early");
  }
  for (std::size_t bit = 6 * 8; bit < packed.size() * 8; ++bit) {
    CAPTURE(bit);
    std::string damaged = packed;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    CHECK(archive_refusal(damaged).kind() == ErrorKind::kCorrupt);
  }
  CHECK(archive_refusal("\3757zXZ" + std::string(1, '\0') + " and no more").kind() ==
        ErrorKind::kCorrupt);
  CHECK(archive_refusal(bzip2().substr(0, 40)).kind() == ErrorKind::kCorrupt);
}

TEST_CASE("an xz dictionary larger than the limit is refused, before there is memory for it") {
  std::string packed = xz("text");
  CHECK(unpacked(with_dictionary(packed, 30)) == "text");  // 128 MiB
  static_assert(limits::kWindow == 128 << 20);
  struct {
    std::uint8_t code;
    const char* size;
  } cases[] = {{31, "192 MiB"}, {34, "512 MiB"}, {40, "4096 MiB"}};
  for (const auto& c : cases) {
    CAPTURE(c.size);
    Error error = archive_refusal(with_dictionary(packed, c.code));
    CHECK(error.kind() == ErrorKind::kLimit);
    CHECK(error.message() ==
          "xz data asks for a dictionary of " + std::string(c.size) + ", more than 128 MiB");
    CHECK(error.hint().find("xz -9") != std::string::npos);
    CHECK(archive_refusal(packed + with_dictionary(packed, c.code)).kind() == ErrorKind::kLimit);
  }
}

TEST_CASE("an archive that is a bomb is stopped") {
  std::string zeros = xz(std::string(20'000'000, '\0'));
  CHECK(archive_refusal(zeros, {.max_bytes = 1'000'000}).kind() == ErrorKind::kLimit);
  CHECK(archive_refusal(zeros, {.free_bytes = 1'000'000, .max_ratio = 100}).kind() ==
        ErrorKind::kLimit);
  CHECK(archive_refusal(bzip2(), {.max_bytes = 10}).kind() == ErrorKind::kLimit);
}

TEST_CASE("xz and bzip2 are no compressions of layers") {
  for (const std::string& packed : {xz("text"), bzip2()}) {
    CHECK(sniff_compression(as_bytes(packed)) == Compression::kNone);
    MemorySource source(packed);
    test::StringSink out;
    copy_all(*decompressing(source), out);
    CHECK(out.text == packed);
  }
}
