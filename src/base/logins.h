// SPDX-License-Identifier: Apache-2.0
//
// Logins in URLs and in text that may hold URLs. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

// The place of a login in a text: [begin, end), and the '@' is at `end`.
struct LoginSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool web = false;  // the scheme is http or https
};

// The login of a URL, "user:password" of "https://user:password@host", read as a client does.
std::optional<LoginSpan> find_login(std::string_view url);

// Free text with all logins masked: those of URLs, of parts of URLs ("//user:password@h",
// "http:/user:password@h"), and of image names and servers ("user:password@host:5000"). It masks
// more than a client would read as a login: in a word with a ':', all up to the last '@'. Text
// without a login is returned unchanged.
std::string mask_logins(std::string_view text);

}  // namespace cairn
