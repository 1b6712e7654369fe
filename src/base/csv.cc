// SPDX-License-Identifier: Apache-2.0
#include "base/csv.h"

namespace cairn {
namespace {

// Reads a quoted field and leaves `text` behind its closing quote.
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
    fields.push_back(std::move(field));
    if (text.empty()) return fields;
    text.remove_prefix(1);
  }
}

}  // namespace cairn
