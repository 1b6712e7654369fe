// SPDX-License-Identifier: Apache-2.0
//
// How much of a step's log is kept, and where.
#include "cli/display/step_log.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <numeric>

#include "base/limits.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::cli;
using cairn::test::TempTree;

namespace {

std::size_t bytes_of(const StepLog& log) {
  return std::accumulate(
      log.last_lines().begin(), log.last_lines().end(), std::size_t{0},
      [](std::size_t sum, const std::string& line) { return sum + line.size(); });
}

LogPlace in_store(const TempTree& root) {
  return {.root = root.root(), .tmp_dir = [&root] { return root.at("tmp"); }};
}

}  // namespace

TEST_CASE("a log that fits leaves no file") {
  TempTree root;
  root.dir("tmp");
  StepLog log;
  for (int i = 0; i < 5; ++i) log.add(std::to_string(i), 5, in_store(root));
  CHECK(log.last_lines().size() == 5);
  CHECK(log.left_out() == 0);
  CHECK(log.keep(in_store(root)).empty());
  CHECK(sys::list_dir(root.fd()).size() == 1);
}

TEST_CASE("of a log that does not fit the last lines stay, and a file has them all") {
  TempTree root;
  root.dir("tmp");
  std::string whole;
  {
    StepLog log;
    for (int i = 0; i < 100'000; ++i) {
      log.add(std::to_string(i), 7, in_store(root));
      whole += std::to_string(i) + "\n";
    }
    CHECK(log.last_lines().size() == 7);
    CHECK(log.last_lines().back() == "99999");
    CHECK(log.left_out() == 99'993);
    std::string path = log.keep(in_store(root));
    REQUIRE(path.starts_with(root.at("logs/step-")));
    CHECK(sys::read_file(path) == whole);
    CHECK((sys::stat_of(sys::open_path(path, O_RDONLY)).st_mode & 07777) == 0600);
  }
  CHECK(sys::list_dir(sys::open_path(root.at("tmp"), O_RDONLY)).empty());
}

TEST_CASE("memory is bounded in bytes too, and so is the file") {
  TempTree root;
  root.dir("tmp");
  StepLog log;
  std::string line(limits::kLogLine, 'x');
  for (int i = 0; i < 1100; ++i) log.add(line, limits::kFailedLogLines, in_store(root));
  CHECK(bytes_of(log) <= limits::kFailedLogBytes);
  std::string path = log.keep(in_store(root));
  auto size = sys::stat_of(sys::open_path(path, O_RDONLY)).st_size;
  CHECK(static_cast<std::size_t>(size) <= limits::kLogFile + 2 * limits::kLogLine);
}

TEST_CASE("a step that succeeds leaves no file, and ten of those that fail stay") {
  TempTree root;
  root.dir("tmp");
  for (int i = 0; i < 14; ++i) {
    StepLog log;
    for (int line = 0; line < 3; ++line) log.add("x", 1, in_store(root));
    if (i >= 2) CHECK(!log.keep(in_store(root)).empty());
  }
  CHECK(sys::list_dir(sys::open_path(root.at("tmp"), O_RDONLY)).empty());
  CHECK(sys::list_dir(sys::open_path(root.at("logs"), O_RDONLY)).size() == limits::kLogFiles);
}

TEST_CASE("where nothing can be kept the lines are counted all the same") {
  for (const LogPlace& place : {LogPlace{}, LogPlace{.root = "/nowhere",
                                            .tmp_dir = [] { return std::string("/nowhere"); }}}) {
    StepLog log;
    for (int i = 0; i < 3; ++i) log.add(std::to_string(i), 1, place);
    CHECK(log.left_out() == 2);
    CHECK(log.keep(place).empty());
  }
}
