// SPDX-License-Identifier: Apache-2.0
//
// What a registry said, as an Error a person can act on.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "oci/reference.h"
#include "registry/transport.h"

namespace cairn::registry {

enum class Access { kPull, kPush };

// What was asked for, and as whom: all a message needs.
struct Asked {
  std::string what;   // "manifest alpine:3.20", "blob sha256:..."
  std::string image;  // as the user knows it
  Access access = Access::kPull;
  std::string login;  // where the login came from; empty for none
};

// An answer that is no success, its body (read here, bounded) included.
Error http_error(Response& response, const Asked& asked);
// No answer at all.
Error unreachable(const Url& url, const Failure& failure);

// A server's text made fit for a terminal: one line, printable, at most `limit` bytes.
std::string clean_text(std::string_view text, std::size_t limit = 300);

}  // namespace cairn::registry
