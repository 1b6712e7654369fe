// SPDX-License-Identifier: Apache-2.0
//
// URLs that may carry a login, "https://user:password@host/path", as people write them for
// repositories, remote files and mirrors. The type formats in the redacted form of BuildKit
// ("https://xxxxx:xxxxx@host/path"), so a login is never printed by accident; code that needs it
// calls login(). Pure values, safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/format.h"

namespace cairn {

class RemoteUrl {
 public:
  struct Login {
    std::string user;
    std::string password;
    bool operator==(const Login&) const = default;
  };

  RemoteUrl() = default;
  RemoteUrl(std::string text) : text_(std::move(text)) {}
  RemoteUrl(std::string_view text) : text_(text) {}
  RemoteUrl(const char* text) : text_(text) {}

  bool empty() const { return text_.empty(); }
  // The form for messages, step names and history.
  std::string redacted() const;
  // The URL to request, without its login. With ssh and git a user name without a password stays:
  // it is not secret and part of the address. Equal to the text if there is no login.
  std::string without_login() const;
  // User and password, percent-decoded. nullopt for a URL without a login.
  std::optional<Login> login() const;
  // "sha256:..." of the login as it is written, for cache keys. nullopt if there is none.
  std::optional<std::string> login_digest() const;

  bool operator==(const RemoteUrl&) const = default;

 private:
  std::string text_;
};

// fmt prints the redacted form.
std::string format_as(const RemoteUrl& url);

// Decodes "%20" and its like. An incomplete escape stays as it is, and so does '+', as in the path
// of a URL.
std::string percent_decode(std::string_view text);

}  // namespace cairn
