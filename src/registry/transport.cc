// SPDX-License-Identifier: Apache-2.0
//
// Headers are a list, not a map: their number is small and bounded, their order is kept for
// requests, and a name may occur more than once (WWW-Authenticate).
#include "registry/transport.h"

#include <array>

#include "base/error.h"
#include "base/text.h"

namespace cairn::registry {

std::string_view name_of(Method method) {
  switch (method) {
    case Method::kHead: return "HEAD";
    case Method::kPost: return "POST";
    case Method::kPut: return "PUT";
    case Method::kGet: break;
  }
  return "GET";
}

void Headers::add(std::string name, std::string value) {
  all_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string name, std::string value) {
  remove(name);
  add(std::move(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(all_, [&](const auto& header) { return equal_fold(header.first, name); });
}

std::optional<std::string> Headers::find(std::string_view name) const {
  for (const auto& header : all_) {
    if (equal_fold(header.first, name)) return header.second;
  }
  return std::nullopt;
}

std::vector<std::string> Headers::find_all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& header : all_) {
    if (equal_fold(header.first, name)) out.push_back(header.second);
  }
  return out;
}

std::string read_body(Response& response, std::size_t limit) {
  std::string out;
  std::array<std::byte, 16384> buffer;
  while (std::size_t count = response.body->read(buffer)) {
    if (out.size() + count > limit) {
      throw Error::of(ErrorKind::kRegistry, "the answer of {} is longer than {} bytes",
                      response.url.origin(), limit);
    }
    out.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  return out;
}

}  // namespace cairn::registry
