// SPDX-License-Identifier: Apache-2.0
//
// The rules of Go's encoding/csv, which BuildKit uses for these options, and its error texts. Only
// one record is read, so a newline is an ordinary character.
#include "base/csv.h"

namespace cairn {
namespace {

// Removes a quoted field, up to and including its closing quote, from the front of `text`.
std::string take_quoted(std::string_view& text, ErrorKind kind, std::string_view what) {
  std::string field;
  text.remove_prefix(1);
  while (true) {
    std::size_t end = text.find('"');
    if (end == std::string_view::npos) {
      throw Error::of(kind, "failed to parse csv {}: unclosed quote", what);
    }
    field += text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!text.starts_with('"')) break;
    // RFC 4180, 2.7: a doubled quote inside a quoted field is one quote.
    field += '"';
    text.remove_prefix(1);
  }
  if (!text.empty() && text[0] != ',') {
    throw Error::of(kind, "failed to parse csv {}: text behind a quoted field", what);
  }
  return field;
}

}  // namespace

std::vector<std::string> parse_csv(std::string_view text, ErrorKind kind, std::string_view what) {
  std::vector<std::string> fields;
  while (true) {
    std::string field;
    if (text.starts_with('"')) {
      field = take_quoted(text, kind, what);
    } else {
      field = text.substr(0, text.find(','));
      if (field.find('"') != std::string::npos) {
        throw Error::of(kind, "failed to parse csv {}: bare \" in non-quoted field {}", what,
                        field);
      }
      text.remove_prefix(field.size());
    }
    // A text that ends in a comma has an empty last field, so the end is checked before the comma
    // is dropped.
    fields.push_back(std::move(field));
    if (text.empty()) return fields;
    text.remove_prefix(1);
  }
}

}  // namespace cairn
