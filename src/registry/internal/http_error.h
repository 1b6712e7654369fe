// SPDX-License-Identifier: Apache-2.0
//
// Turns a registry's answer into an Error that the user can act on.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "oci/reference.h"
#include "registry/transport.h"

namespace cairn::registry {

enum class Access { kPull, kPush };

// What was requested and with which login: everything a message needs.
struct Asked {
  std::string what;   // "manifest alpine:3.20", "blob sha256:..."
  std::string image;  // as the user wrote it
  Access access = Access::kPull;
  std::string login;  // source of the login; empty for none
};

// The error of a response that is not 2xx. Reads its body, bounded.
Error http_error(Response& response, const Asked& asked);
// The error when there was no answer.
Error unreachable(const Url& url, const Failure& failure);

// Makes a server's text safe for a terminal: one line, printable, at most about `limit` bytes.
std::string clean_text(std::string_view text, std::size_t limit = 300);

}  // namespace cairn::registry
