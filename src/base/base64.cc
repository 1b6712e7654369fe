// SPDX-License-Identifier: Apache-2.0
//
// Both ways through libcrypto's block functions, which work on whole texts and need no set-up. They
// write a terminating NUL and count padding as data; both are cut off here.
#include "base/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace cairn {

std::string encode_base64(const std::string& bytes) {
  // One byte more than the text: EVP_EncodeBlock() writes a NUL behind it.
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                             reinterpret_cast<const unsigned char*>(bytes.data()),
                             static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<std::string> decode_base64(std::string text) {
  // EVP_DecodeBlock() takes whole groups of four only.
  while (text.size() % 4 != 0) text += '=';
  std::string out(text.size() / 4 * 3 + 1, '\0');
  int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                             reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  // OpenSSL counts the padding as zero bytes.
  auto padding = std::min<std::ptrdiff_t>(2, std::ranges::count(text, '='));
  out.resize(static_cast<std::size_t>(size - padding));
  return out;
}

}  // namespace cairn
