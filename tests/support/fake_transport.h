// SPDX-License-Identifier: Apache-2.0
//
// A transport without a network: answers by "METHOD URL", several in a row where given, and
// remembers what it was asked. A request nobody foresaw is a 404.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "registry/transport.h"

namespace cairn::test {

// Gives its text; breaks after `break_after` bytes where that is less.
class TextBody final : public ByteSource {
 public:
  explicit TextBody(std::string text, std::size_t break_after = SIZE_MAX)
      : text_(std::move(text)), break_after_(break_after) {}
  std::size_t read(std::span<std::byte> buffer) override {
    if (at_ >= break_after_) throw Error(ErrorKind::kRegistry, "connection reset by peer");
    std::size_t count = std::min({buffer.size(), text_.size() - at_, break_after_ - at_});
    std::copy_n(text_.data() + at_, count, reinterpret_cast<char*>(buffer.data()));
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t break_after_;
  std::size_t at_ = 0;
};

struct Answer {
  int status = 200;
  std::string body = {};
  registry::Headers headers = {};
  std::size_t break_after = SIZE_MAX;
  registry::Reach reach = registry::Reach::kPublic;
  std::optional<registry::Failure> failure = {};
  std::string address = {};
};

class FakeTransport final : public registry::Transport {
 public:
  struct Seen {
    std::string line;  // "GET https://host/v2/..."
    registry::Headers headers;
    std::string body;
    registry::OffLimits off_limits = {};
    bool for_registry = false;
    double idle_seconds = 0;
  };

  // The last answer given for a line repeats for ever.
  void answer(const std::string& line, Answer answer) {
    answers_[line].push_back(std::move(answer));
  }

  registry::Response send(const registry::Request& request) override {
    std::lock_guard lock(mutex_);
    Seen seen{.line = std::string(name_of(request.method)) + " " + request.url.str(),
              .headers = request.headers,
              .body = request.body,
              .off_limits = request.off_limits,
              .for_registry = request.for_registry,
              .idle_seconds = request.idle_seconds};
    if (request.upload != nullptr) {
      std::byte buffer[256];
      while (std::size_t count = request.upload->read(buffer)) {
        seen.body.append(reinterpret_cast<const char*>(buffer), count);
      }
    }
    seen_.push_back(seen);
    auto found = answers_.find(seen.line);
    Answer answer{.status = 404};
    if (found != answers_.end()) {
      answer = found->second.front();
      if (found->second.size() > 1) found->second.pop_front();
    }
    registry::Response response{
        .url = request.url, .reach = answer.reach, .address = answer.address};
    if (answer.failure) {
      response.failure = answer.failure;
      return response;
    }
    response.status = answer.status;
    response.headers = answer.headers;
    response.body = std::make_unique<TextBody>(answer.body, answer.break_after);
    return response;
  }

  const std::vector<Seen>& seen() const { return seen_; }
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const Seen& each : seen_) out.push_back(each.line);
    return out;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::deque<Answer>> answers_;
  std::vector<Seen> seen_;
};

// The message and hint of the Error that `action` throws.
template <typename Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message() + (error.hint().empty() ? "" : "; " + error.hint());
  }
  return "accepted";
}

}  // namespace cairn::test
