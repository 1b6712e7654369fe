// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>

#include <memory>

#include "source/archive_loader.h"
#include "tests/unit/source/source_fixture.h"

using namespace cairn;
using namespace cairn::test;

namespace {

const std::string kTar = TarMaker().dir("etc").file("etc/motd", std::string(3000, 'm')).end();

// As bzip2(1) and xz(1) would: one stream, through libarchive's raw format.
std::string filtered(int filter, const std::string& bytes) {
  std::string out(1 << 20, '\0');
  std::size_t used = 0;
  std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  archive_write_set_format_raw(writer.get());
  archive_write_add_filter(writer.get(), filter);
  archive_write_set_bytes_in_last_block(writer.get(), 1);
  REQUIRE(archive_write_open_memory(writer.get(), out.data(), out.size(), &used) == ARCHIVE_OK);
  std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                 archive_entry_free);
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  REQUIRE(archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK);
  archive_write_data(writer.get(), bytes.data(), bytes.size());
  archive_write_close(writer.get());
  return out.substr(0, used);
}

source::ImportedLayer import(StoreToFill& f, const std::string& bytes) {
  MemorySource in(bytes);
  return source::import_layer(f.store, in);
}

// A source that gives one byte at a time, as a slow pipe may.
class Trickle final : public ByteSource {
 public:
  explicit Trickle(std::string_view text) : inner_(text) {}
  std::size_t read(std::span<std::byte> buffer) override { return inner_.read(buffer.first(1)); }

 private:
  MemorySource inner_;
};

}  // namespace

TEST_CASE("an imported tar is one layer, the same whatever compressed it") {
  for (const std::string& bytes :
       {kTar, compressed(Compression::kGzip, kTar), compressed(Compression::kZstd, kTar),
        filtered(ARCHIVE_FILTER_XZ, kTar), filtered(ARCHIVE_FILTER_BZIP2, kTar)}) {
    StoreToFill f;
    auto layer = import(f, bytes);
    CHECK(layer.diff_id == oci::DiffId(Digest::of(kTar)));
    CHECK(layer.size == static_cast<std::int64_t>(kTar.size()));
  }
}

TEST_CASE("an imported layer is a gzip blob that unpacks to the tar, byte for byte") {
  StoreToFill f;
  auto layer = import(f, kTar);
  CHECK(layer.blob.media_type == oci::kOciLayerGzip);
  sys::Fd blob = f.store.blobs().open(layer.blob.digest);
  CHECK(f.store.blobs().find_size(layer.blob.digest) == layer.blob.size);
  sys::FdSource bytes(blob);
  CHECK(slurp(*decompressing(bytes)) == kTar);
  auto known = f.store.layer_blobs().find(layer.diff_id);
  REQUIRE(known.size() == 1);
  CHECK(known[0] == layer.blob);
}

TEST_CASE("a tar that trickles in is the same tar") {
  for (const std::string& bytes : {kTar, compressed(Compression::kGzip, kTar)}) {
    StoreToFill f;
    Trickle slow(bytes);
    CHECK(source::import_layer(f.store, slow).diff_id == oci::DiffId(Digest::of(kTar)));
  }
}

TEST_CASE("an import that fails half way leaves nothing in the store") {
  std::string gzip = compressed(Compression::kGzip, kTar);
  std::string xz = filtered(ARCHIVE_FILTER_XZ, kTar);
  std::string bzip2 = filtered(ARCHIVE_FILTER_BZIP2, kTar);
  std::string flipped = gzip;
  flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);  // in the CRC
  for (const std::string& bytes :
       {std::string("no tar"), gzip.substr(0, gzip.size() - 5), flipped,
        xz.substr(0, xz.size() - 20), bzip2.substr(0, bzip2.size() - 5)}) {
    CAPTURE(bytes.size());
    StoreToFill f;
    CHECK_THROWS_AS(import(f, bytes), Error);
    CHECK(f.blobs() == 0);
    CHECK(f.leftovers() == 0);
  }
}

TEST_CASE("what fails while it is read fails as what it is") {
  // Not as damaged data: the reader of bzip2 is C, through which nothing can be thrown.
  class Broken final : public ByteSource {
   public:
    explicit Broken(std::string head) : head_(std::move(head)), inner_(head_) {}
    std::size_t read(std::span<std::byte> buffer) override {
      if (std::size_t count = inner_.read(buffer)) return count;
      throw Error(ErrorKind::kHost, "the disk is gone");
    }

   private:
    std::string head_;
    MemorySource inner_;
  };
  for (const std::string& bytes :
       {kTar, compressed(Compression::kZstd, kTar), filtered(ARCHIVE_FILTER_XZ, kTar),
        filtered(ARCHIVE_FILTER_BZIP2, kTar)}) {
    StoreToFill f;
    Broken in(bytes.substr(0, bytes.size() / 2));
    try {
      source::import_layer(f.store, in);
      FAIL("it was imported");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kHost);
      CHECK(error.message() == "the disk is gone");
    }
  }
}
