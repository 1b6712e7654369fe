// SPDX-License-Identifier: Apache-2.0
//
// Base64 (RFC 4648, section 4), as HTTP headers and credential files use it. Pure functions.
#pragma once

#include <optional>
#include <string>

namespace cairn {

std::string encode_base64(const std::string& bytes);
// Accepts missing padding. nullopt when the text is not base64.
std::optional<std::string> decode_base64(std::string text);

}  // namespace cairn
