// SPDX-License-Identifier: Apache-2.0
//
// The scheduler alone, on a cache, snapshots and commands that the test makes: random plans, of
// which is known what must have run before what.
#include <doctest/doctest.h>
#include <fcntl.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "base/error.h"
#include "tests/unit/solver/scheduler_fixture.h"

using namespace cairn;
using namespace cairn::solver;
using cairn::test::AnyStore;
using cairn::test::Scheduler;

namespace {

constexpr plan::VertexId kScratch{0};

// kScratch is an empty root, and each other vertex a RUN on an earlier one that may wait for more.
plan::Plan random_plan(std::mt19937& random) {
  plan::Plan plan;
  plan.vertices.add(
      {.op = plan::ScratchOp{}, .inputs = {}, .name = "scratch", .stage = {}, .span = {}});
  std::size_t size = 2 + random() % 25;
  for (std::size_t number = 1; number < size; ++number) {
    std::vector<plan::VertexId> inputs = {{random() % number}};
    while (random() % 3 == 0) inputs.push_back({random() % number});
    plan::RunOp op;
    op.argv = {std::to_string(number)};
    plan.root = plan.vertices.add({.op = std::move(op),
                                   .inputs = std::move(inputs),
                                   .name = "RUN " + std::to_string(number),
                                   .stage = {},
                                   .span = {}});
  }
  return plan;
}

// What ran, as the commands themselves saw it.
class Watch {
 public:
  explicit Watch(const plan::Plan& plan) : plan_(plan) {}

  // A command that notes when it runs, writes a file of its number, and ends with `code`.
  int run(const std::vector<std::string>& argv, const sys::RootDir& root, int code) {
    plan::VertexId id{std::stoul(argv.at(0))};
    {
      std::lock_guard lock(mutex_);
      for (plan::VertexId input : plan_.vertices[id].inputs) {
        if (input != kScratch && !over_.contains(input)) ++too_early_;
      }
      if (!begun_.insert(id).second) ++twice_;
      most_ = std::max(most_, ++now_);
    }
    std::this_thread::yield();
    root.open_in(argv[0], O_WRONLY | O_CREAT, sys::Follow::kNo, 0644);
    std::lock_guard lock(mutex_);
    --now_;
    if (code == 0) over_.insert(id);
    return code;
  }

  std::set<plan::VertexId> begun() const { return begun_; }
  int too_early() const { return too_early_; }
  int twice() const { return twice_; }
  std::size_t most_at_once() const { return most_; }

 private:
  const plan::Plan& plan_;
  std::mutex mutex_;
  std::set<plan::VertexId> begun_, over_;
  int too_early_ = 0, twice_ = 0;
  std::size_t now_ = 0, most_ = 0;
};

// The numbers of a vertex and of all that it lies on.
std::set<std::string> files_of(const plan::Plan& plan, plan::VertexId id) {
  std::set<std::string> files;
  for (; id != kScratch; id = plan.vertices[id].inputs[0]) files.insert(format_as(id));
  return files;
}

bool waits_for(const plan::Plan& plan, plan::VertexId id, plan::VertexId other) {
  if (id == other) return true;
  for (plan::VertexId input : plan.vertices[id].inputs) {
    if (waits_for(plan, input, other)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("every step runs once, after all that it waits for, and never more than jobs at once") {
  AnyStore any;
  for (unsigned seed = 0; seed < 25; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    plan::Plan plan = random_plan(random);
    std::size_t jobs = 1 + random() % 6;
    Scheduler scheduler(any);
    Watch watch(plan);
    StepResults results =
        scheduler.solve(plan, jobs, [&](const auto& argv, const auto& root, std::stop_token) {
          return watch.run(argv, root, 0);
        });
    CHECK(watch.begun().size() == plan.vertices.size() - 1);
    CHECK(watch.too_early() == 0);
    CHECK(watch.twice() == 0);
    CHECK(watch.most_at_once() <= jobs);
    for (plan::VertexId id{1}; id < plan.vertices.end_id(); ++id) {
      std::set<std::string> found;
      auto view = scheduler.snapshotter.view(results[id].snapshot);
      for (const sys::DirEntry& entry : sys::list_dir(view->root().fd())) found.insert(entry.name);
      CHECK(found == files_of(plan, id));
    }
  }
}

TEST_CASE("a second build runs nothing and gives the same") {
  AnyStore any;
  for (unsigned seed = 0; seed < 10; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    plan::Plan plan = random_plan(random);
    Scheduler scheduler(any);
    Watch watch(plan), again(plan);
    auto first = scheduler.solve(plan, 3, [&](const auto& argv, const auto& root, std::stop_token) {
      return watch.run(argv, root, 0);
    });
    auto second =
        scheduler.solve(plan, 3, [&](const auto& argv, const auto& root, std::stop_token) {
          return again.run(argv, root, 0);
        });
    CHECK(again.begun().empty());
    for (plan::VertexId id{1}; id < plan.vertices.end_id(); ++id) {
      CHECK(second[id].cached);
      CHECK(second[id].snapshot == first[id].snapshot);
    }
  }
}

TEST_CASE("a failure is the one thrown, and what waits for the failed step does not run") {
  AnyStore any;
  for (unsigned seed = 0; seed < 25; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    plan::Plan plan = random_plan(random);
    plan::VertexId bad{1 + random() % (plan.vertices.size() - 1)};
    Scheduler scheduler(any);
    Watch watch(plan);
    std::string message;
    try {
      scheduler.solve(plan, 1 + random() % 6,
                      [&](const auto& argv, const auto& root, std::stop_token) {
                        return watch.run(argv, root, argv[0] == format_as(bad) ? 7 : 0);
                      });
    } catch (const Error& error) {
      message = error.message();
    }
    CHECK(message.find("\"" + format_as(bad) + "\" did not complete successfully: exit code: 7") !=
          std::string::npos);
    CHECK(watch.too_early() == 0);
    for (plan::VertexId id : watch.begun()) CHECK((id == bad || !waits_for(plan, id, bad)));
  }
}

TEST_CASE("a build that is stopped ends what runs, begins nothing more, and says that it was") {
  AnyStore any;
  for (unsigned seed = 0; seed < 10; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    plan::Plan plan = random_plan(random);
    Scheduler scheduler(any);
    std::stop_source stop;
    std::atomic<int> begun = 0, running = 0;
    ErrorKind kind = ErrorKind::kBug;
    try {
      scheduler.solve(
          plan, 4,
          [&](const auto&, const auto&, const std::stop_token& asked) {
            ++running;
            // The first is stopped from outside, as the others are by then.
            if (++begun == 1) stop.request_stop();
            while (!asked.stop_requested()) std::this_thread::yield();
            --running;
            return 137;
          },
          stop.get_token());
    } catch (const Error& error) {
      kind = error.kind();
    }
    CHECK(kind == ErrorKind::kCancelled);
    CHECK(running == 0);
    CHECK(begun <= 4);
  }
}
