// SPDX-License-Identifier: Apache-2.0
//
// Runs a function at the end of the scope, unless released. The function must not throw.
#pragma once

#include <utility>

namespace cairn::sys {

template <typename Function>
class ScopeExit {
 public:
  explicit ScopeExit(Function function) : function_(std::move(function)) {}
  ~ScopeExit() {
    if (armed_) function_();
  }
  ScopeExit(const ScopeExit&) = delete;
  ScopeExit& operator=(const ScopeExit&) = delete;
  void release() { armed_ = false; }

 private:
  Function function_;
  bool armed_ = true;
};

}  // namespace cairn::sys
