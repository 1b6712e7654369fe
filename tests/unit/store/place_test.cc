// SPDX-License-Identifier: Apache-2.0
//
// Which directory becomes a store, what in it is open to whom, and what is left alone.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/sys/scope_exit.h"
#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using namespace cairn::store;
using cairn::test::refusal;
using cairn::test::StoreFixture;

namespace fs = std::filesystem;

namespace {

// Everything of cairn's own that others could open: not what lies in trees.
std::vector<std::string> open_to_others(const std::string& root) {
  std::vector<std::string> out;
  auto look = [&](const fs::path& path) {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    mode_t wanted = S_ISDIR(status.st_mode) ? 0700 : 0600;
    if ((status.st_mode & 07777) != wanted)
      out.push_back(fmt::format("{} {:o}", path.string(), status.st_mode & 07777));
  };
  look(root);
  for (auto entry = fs::recursive_directory_iterator(root);
       entry != fs::recursive_directory_iterator(); ++entry) {
    look(entry->path());
    std::string place = entry->path().filename();
    if (place == "snapshots") entry.disable_recursion_pending();
  }
  return out;
}

void fill(StoreFixture& f) {
  Image image = f.image({"a"});
  image.manifest = f.manifest_for(image, {"a"});
  image.names = {oci::Reference::parse("app:1")};
  f.store.images().add(image);
  f.bottom({"a"});
  f.store.tmp_dir();
}

}  // namespace

TEST_CASE("a store is closed to other users, whatever the umask") {
  for (mode_t mask : {0, 022, 0777}) {
    CAPTURE(mask);
    sys::TempDir dir("/tmp");
    std::string root = dir.path() + "/store";
    mode_t before = ::umask(mask);
    sys::ScopeExit restore([&] { ::umask(before); });
    StoreFixture f{.dir = std::move(dir), .store = Store::open(root)};
    Image image = f.image({"a"});
    image.manifest = f.manifest_for(image, {"a"});
    f.store.images().add(image);
    f.store.tmp_dir();
    CHECK(open_to_others(root) == std::vector<std::string>());
  }
}

TEST_CASE("a store that was made open is closed when it is opened, once") {
  sys::TempDir dir("/tmp");
  {
    StoreFixture f{.dir = sys::TempDir("/tmp"), .store = Store::open(dir.path())};
    fill(f);
  }
  for (const auto& entry : fs::recursive_directory_iterator(dir.path())) {
    ::chmod(entry.path().c_str(), entry.is_directory() ? 0755 : 0644);
  }
  REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
  std::string marker = dir.path() + "/cairn-store";
  REQUIRE(::unlink(marker.c_str()) == 0);  // as it was before there were markers
  Store::open(dir.path());
  CHECK(sys::exists(marker));
  CHECK(open_to_others(dir.path()) == std::vector<std::string>());
  // Opened with a marker, no file is looked at again unless a directory was open.
  std::string blob = dir.path() + "/oci/blobs/sha256/" + Digest::of("a").hex();
  REQUIRE(::chmod(blob.c_str(), 0644) == 0);
  Store::open(dir.path());
  CHECK(open_to_others(dir.path()).size() == 1);
  REQUIRE(::chmod((dir.path() + "/oci/blobs").c_str(), 0755) == 0);
  Store::open(dir.path());
  CHECK(open_to_others(dir.path()) == std::vector<std::string>());
}

TEST_CASE(
    "a directory that is neither empty nor a store is refused, and nothing in it is touched") {
  for (const char* name :
       {"tmp/thesis/draft", "oci/oci-layout", "cairn.db", ".hidden", "lost+found2"}) {
    CAPTURE(name);
    sys::TempDir dir("/tmp");
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    fs::create_directories((fs::path(dir.path()) / name).parent_path());
    sys::replace_file(dir.path() + "/" + name, "x");
    CHECK(refusal([&] {
            Store::open(dir.path());
          }).starts_with(dir.path() + " is neither empty nor a store of cairn"));
    CHECK(refusal([&] { open_tmp(dir.path()); }).find("neither empty") != std::string::npos);
    CHECK(sys::read_file(dir.path() + "/" + name) == "x");
    CHECK(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()) == 1);
    CHECK(sys::stat_of(sys::open_path(dir.path(), O_RDONLY)).st_mode == (S_IFDIR | 0755));
  }
}

TEST_CASE("an empty directory, a fresh filesystem and a link to either become a store") {
  sys::TempDir dir("/tmp");
  sys::make_dirs(dir.path() + "/disk/lost+found", 0700);
  REQUIRE(::symlink("disk", (dir.path() + "/link").c_str()) == 0);
  Store::open(dir.path() + "/link").blobs().put("x");
  CHECK(Store::open(dir.path() + "/disk").blobs().has(Digest::of("x")));
  CHECK(fs::is_symlink(dir.path() + "/link"));
}

TEST_CASE("a part of a store that is a link is refused, and what it leads to stays") {
  for (const char* part : {"tmp", "oci", "oci/blobs", "snapshots", "contexts", "cache-mounts",
                           "cairn.db", "cairn.db-wal", "lock", "layout.lock"}) {
    CAPTURE(part);
    sys::TempDir dir("/tmp"), elsewhere("/tmp");
    { Store::open(dir.path()); }
    sys::replace_file(elsewhere.path() + "/tmp-abcdef", "precious");
    std::string path = dir.path() + "/" + part;
    fs::remove_all(path);
    bool is_file = std::string(part).find("cairn.db") == 0 || std::string(part).ends_with("lock");
    fs::create_symlink(elsewhere.path() + (is_file ? "/tmp-abcdef" : ""), path);
    CHECK(
        refusal([&] { Store::open(dir.path()).sweep(); }).starts_with(path + " is no plain part"));
    CHECK(sys::read_file(elsewhere.path() + "/tmp-abcdef") == "precious");
  }
}

TEST_CASE("a marker alone makes a directory a store: one may have been killed just then") {
  sys::TempDir dir("/tmp");
  sys::replace_file(dir.path() + "/cairn-store", "");
  Store::open(dir.path()).blobs().put("x");
  CHECK(Store::open(dir.path()).blobs().has(Digest::of("x")));
}
