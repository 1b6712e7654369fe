// SPDX-License-Identifier: Apache-2.0
//
// An executor without a sandbox: commands are functions of the test.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "exec/executor.h"

namespace cairn::test {

class FakeExecutor final : public exec::Executor {
 public:
  // Gets the arguments of the command and the root of its snapshot, and gives an exit code.
  using Command = std::function<int(const std::vector<std::string>& argv, const sys::RootDir& root,
                                    std::stop_token stop)>;
  // Each command is said to have used `usage`.
  explicit FakeExecutor(Command command, std::optional<rusage> usage = {})
      : command_(std::move(command)), usage_(usage) {}

  exec::StepOutcome run(exec::StepSpec spec, const exec::StepEvents&,
                        std::stop_token stop) override {
    const sys::RootDir& root = std::get<snapshots::ActiveSnapshot*>(spec.root)->root();
    int code = command_(spec.sandbox.argv, root, std::move(stop));
    return {.status = {.code = code}, .refused_nodes = {}, .usage = usage_};
  }

 private:
  Command command_;
  std::optional<rusage> usage_;
};

}  // namespace cairn::test
