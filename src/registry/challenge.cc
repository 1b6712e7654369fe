// SPDX-License-Identifier: Apache-2.0
//
// A tolerant scanner instead of a strict grammar: challenges and their parameters are both
// separated by commas, so a word is a parameter if "=" follows, and a new scheme otherwise. Garbage
// is skipped.
#include "registry/internal/challenge.h"

#include "base/text.h"

namespace cairn::registry {
namespace {

bool token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return at_ >= text_.size(); }
  void skip(std::string_view any) {
    while (!done() && any.find(text_[at_]) != std::string_view::npos) ++at_;
  }
  std::string token() {
    std::size_t start = at_;
    while (!done() && token_char(text_[at_])) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }
  bool take(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // A quoted string, or text up to a comma or blank.
  std::string value() {
    std::string out;
    if (take('"')) {
      while (!done() && text_[at_] != '"') {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        out += text_[at_++];
      }
      take('"');
      return out;
    }
    while (!done() && text_[at_] != ',' && text_[at_] != ' ') out += text_[at_++];
    return out;
  }
  void drop_one() { ++at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view header) {
  std::vector<Challenge> out;
  Reader reader(header);
  while (true) {
    reader.skip(" \t,");
    if (reader.done()) return out;
    std::string word = reader.token();
    if (word.empty()) {
      reader.drop_one();  // no token starts here
      continue;
    }
    reader.skip(" \t");
    // A word before "=" is a parameter of the current challenge; any other starts a new one.
    if (reader.take('=')) {
      reader.skip(" \t");
      std::string value = reader.value();
      if (!out.empty()) out.back().params.emplace(to_lower(word), value);
    } else {
      out.push_back({.scheme = to_lower(word), .params = {}});
    }
  }
}

}  // namespace cairn::registry
