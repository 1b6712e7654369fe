// SPDX-License-Identifier: Apache-2.0
//
// Logs are split into lines first: an escape sequence or a character may be cut by the bytes of two
// events. The lines of an event then travel as one text, so a step that writes much costs one event
// and not one for each line.
#include "cli/display/legible_sink.h"

#include <utility>

#include "base/logins.h"

namespace cairn::cli {
namespace {

std::string legible_name(const std::string& foreign) {
  return one_line(mask_logins(foreign));
}

std::string legible_text(const std::string& foreign) {
  return legible(mask_logins(foreign));
}

// Makes the texts of an event safe. A step's own output is its own: logins in it stay.
struct MadeLegible {
  void operator()(progress::VertexStarted& started) const {
    started.name = legible_name(started.name);
    started.stage = one_line(started.stage);
    started.platform = one_line(started.platform);
  }
  void operator()(progress::LogBytes&) const {}  // line by line
  void operator()(progress::Transfer& transfer) const {
    if (auto* url = std::get_if<std::string>(&transfer.item)) *url = legible_name(*url);
  }
  void operator()(progress::Status& status) const { status.name = legible_name(status.name); }
  void operator()(progress::LayerMade&) const {}  // has no foreign text
  void operator()(progress::VertexCompleted& end) const {
    if (end.error) end.error = std::make_shared<const Error>(end.error->with_texts(legible_text));
  }
  void operator()(progress::Warning& warning) const {
    warning.message = legible_text(warning.message);
    warning.detail = legible_text(warning.detail);
    warning.url = one_line(warning.url);
  }
};

}  // namespace

void LegibleSink::send(progress::Event event) {
  std::lock_guard lock(mutex_);
  if (auto* log = std::get_if<progress::LogBytes>(&event)) return send_lines(std::move(*log));
  if (const auto* end = std::get_if<progress::VertexCompleted>(&event)) send_rest(*end);
  std::visit(MadeLegible(), event);
  to_.send(std::move(event));
}

void LegibleSink::send_lines(progress::LogBytes log) {
  Unfinished& unfinished = logs_[log.vertex];
  unfinished.stream = log.stream;
  std::string lines;
  lines.reserve(log.data.size());
  unfinished.buffer.feed(log.data, [&](std::string_view line) {
    lines += log_line(line, log_colors_);
    lines += '\n';
  });
  if (lines.empty()) return;
  log.data = std::move(lines);
  to_.send(std::move(log));
}

void LegibleSink::send_rest(const progress::VertexCompleted& end) {
  auto found = logs_.find(end.vertex);
  if (found == logs_.end()) return;
  std::string rest = found->second.buffer.take_rest();
  progress::Stream stream = found->second.stream;
  logs_.erase(found);
  if (rest.empty()) return;
  to_.send(progress::LogBytes{.vertex = end.vertex,
                              .stream = stream,
                              .data = log_line(rest, log_colors_) + "\n",
                              .time = end.time});
}

}  // namespace cairn::cli
