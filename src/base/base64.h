// SPDX-License-Identifier: Apache-2.0
//
// Base64 (RFC 4648, section 4), as HTTP and the files of logins use it.
#pragma once

#include <optional>
#include <string>

namespace cairn {

std::string encode_base64(const std::string& bytes);
// Padding may be missing; nothing for what is not base64.
std::optional<std::string> decode_base64(std::string text);

}  // namespace cairn
