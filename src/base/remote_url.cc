// SPDX-License-Identifier: Apache-2.0
//
// The text stays as it was written. Each function finds the login in it again, which costs little:
// URLs are few and short.
#include "base/remote_url.h"

#include "base/digest.h"
#include "base/logins.h"
#include "base/text.h"

namespace cairn {
namespace {

int hex_digit(char c) {
  std::string_view digits = "0123456789abcdef";
  std::size_t at = digits.find(to_lower(std::string_view(&c, 1)));
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::string RemoteUrl::redacted() const {
  return mask_logins(text_);
}

std::string RemoteUrl::without_login() const {
  std::optional<LoginSpan> span = find_login(text_);
  if (!span) return text_;
  std::size_t colon = text_.find(':', span->begin);
  bool has_password = colon < span->end;
  if (span->web) return text_.substr(0, span->begin) + text_.substr(span->end + 1);
  if (!has_password) return text_;
  return text_.substr(0, colon) + text_.substr(span->end);
}

std::optional<RemoteUrl::Login> RemoteUrl::login() const {
  std::optional<LoginSpan> span = find_login(text_);
  if (!span || without_login() == text_) return std::nullopt;
  std::string_view both = std::string_view(text_).substr(span->begin, span->end - span->begin);
  std::size_t colon = both.find(':');
  Login login{.user = percent_decode(both.substr(0, colon)), .password = {}};
  if (colon != std::string_view::npos) login.password = percent_decode(both.substr(colon + 1));
  return login;
}

std::optional<std::string> RemoteUrl::login_digest() const {
  std::optional<LoginSpan> span = find_login(text_);
  if (!span || without_login() == text_) return std::nullopt;
  return Digest::of(text_.substr(span->begin, span->end - span->begin)).str();
}

std::string format_as(const RemoteUrl& url) {
  return url.redacted();
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool escape = text[i] == '%' && i + 2 < text.size();
    int high = escape ? hex_digit(text[i + 1]) : -1, low = escape ? hex_digit(text[i + 2]) : -1;
    if (high >= 0 && low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace cairn
