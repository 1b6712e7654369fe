// SPDX-License-Identifier: Apache-2.0
//
// Memory holds the last lines. The file starts when memory drops its first line, and contains all
// lines from the start. If the file cannot be written, the build goes on without it. Names of kept
// files begin with the time, so the oldest sort first.
#include "cli/display/step_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/attempt.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/time.h"

namespace cairn::cli {
namespace {

constexpr std::size_t kWriteSize = std::size_t{64} << 10;
constexpr const char* kPrefix = "step-";

// "20261128T210509", which sorts by time.
std::string time_name(Timestamp time) {
  std::time_t seconds = time.seconds;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::size_t size = std::strftime(text, sizeof text, "%Y%m%dT%H%M%S", &parts);
  return {text, size};
}

void remove_oldest(const std::string& directory) {
  sys::Fd dir = sys::open_path(directory, O_RDONLY | O_DIRECTORY);
  std::vector<std::string> names;
  for (const sys::DirEntry& entry : sys::list_dir(dir)) {
    if (entry.name.starts_with(kPrefix)) names.push_back(entry.name);
  }
  if (names.size() <= limits::kLogFiles) return;
  std::sort(names.begin(), names.end());
  names.resize(names.size() - limits::kLogFiles);
  for (const std::string& name : names) sys::unlink_at(dir, name.c_str());
}

}  // namespace

void StepLog::add(std::string line, std::size_t lines, const LogPlace& place) {
  if (file_) spill(line, place);
  bytes_ += line.size();
  lines_.push_back(std::move(line));
  while (lines_.size() > lines || (bytes_ > limits::kFailedLogBytes && lines_.size() > 1)) {
    // The first line is about to be dropped: start the file with all lines in memory.
    if (!file_ && !cannot_spill_ && !place.root.empty()) {
      for (const std::string& one : lines_) spill(one, place);
    }
    ++left_out_;
    bytes_ -= lines_.front().size();
    lines_.pop_front();
  }
}

void StepLog::spill(std::string_view line, const LogPlace& place) {
  if (cannot_spill_ || written_ + unwritten_.size() > limits::kLogFile) return;
  cannot_spill_ = !best_effort([&] {
    if (!file_) file_.emplace(place.tmp_dir());
    unwritten_ += line;
    unwritten_ += '\n';
    if (unwritten_.size() >= kWriteSize) flush();
  });
  if (cannot_spill_) file_.reset();
}

void StepLog::flush() {
  sys::write_all(file_->fd(), unwritten_);
  written_ += unwritten_.size();
  unwritten_.clear();
}

std::string StepLog::keep(const LogPlace& place) noexcept {
  if (!file_ || cannot_spill_) return "";
  std::string path;
  std::optional<Error> failure = last_failure_of([&] {
    flush();
    std::string directory = place.root + "/logs";
    sys::make_dirs(directory, 0700);
    // Two failures in one second get different numbers; the process id separates two builds.
    for (int number = 0; number == 0 || sys::exists(path); ++number) {
      path = fmt::format("{}/{}{}-{}-{}.log", directory, kPrefix, time_name(now()), ::getpid(),
                         number);
    }
    file_->publish(path);
    file_.reset();
    remove_oldest(directory);
  });
  return failure ? "" : path;
}

}  // namespace cairn::cli
