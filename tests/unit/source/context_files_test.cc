// SPDX-License-Identifier: Apache-2.0
#include "source/context_files.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>

#include "base/error.h"
#include "base/sys/file.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::source;
using cairn::test::TempTree;

namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    read = sys::Fd(ends[0]);
    write = sys::Fd(ends[1]);
  }
  sys::Fd read, write;
};

bool is_empty(const TempTree& tree) {
  return sys::list_dir(sys::open_path(tree.root(), O_RDONLY | O_DIRECTORY)).empty();
}

}  // namespace

TEST_CASE("the bytes of a pipe become a file without a name, at its start") {
  TempTree tmp;
  Pipe pipe;
  sys::write_all(pipe.write, "some bytes");
  pipe.write = sys::Fd();
  sys::Fd file = spool(pipe.read, tmp.root(), {});
  CHECK(S_ISREG(sys::stat_of(file).st_mode));
  CHECK(sys::read_all(file, 100) == "some bytes");
  CHECK(is_empty(tmp));
}

TEST_CASE("a regular file is not copied") {
  TempTree tmp;
  tmp.file("archive", "bytes");
  sys::Fd given = sys::open_path(tmp.at("archive"), O_RDONLY);
  CHECK(sys::stat_of(spool(given, tmp.root(), {})).st_ino == sys::stat_of(given).st_ino);
}

TEST_CASE("the wait for a pipe that says nothing can be stopped") {
  TempTree tmp;
  Pipe pipe;
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_AS(spool(pipe.read, tmp.root(), stop.get_token()), Error);
}

TEST_CASE("an empty context is gone with its last copy") {
  TempTree tmp;
  std::optional<LocalContext> context = empty_context(tmp.root());
  std::optional<LocalContext> copy;
  CHECK(context->keeps_owners);
  copy.emplace(LocalContext{.name = {},
                            .root = sys::RootDir(sys::duplicate(context->root.fd())),
                            .filter = {},
                            .alive = context->alive});
  context.reset();
  CHECK(!is_empty(tmp));
  copy.reset();
  CHECK(is_empty(tmp));
}
