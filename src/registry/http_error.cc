// SPDX-License-Identifier: Apache-2.0
//
// A registry's own message is used if the body is the JSON of the distribution spec, cleaned and
// bounded, as it is untrusted and will be printed. The status alone decides about the wording: 401
// and 403 are one case, since registries answer either for repositories that do not exist.
#include "registry/internal/http_error.h"

#include "base/attempt.h"
#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"

namespace cairn::registry {
namespace {

constexpr std::size_t kMaxErrorBody = 64 << 10;

// The first message of {"errors":[{"code":...,"message":...}]} (distribution spec, "Error Codes").
std::string server_words(Response& response) {
  auto read = [&] {
    Json json = parse_json(read_body(response, kMaxErrorBody), "the answer");
    const Json& first = json.at("errors").at(0);
    std::string code = first.value("code", "");
    std::string message = first.value("message", "");
    return clean_text(code.empty() || message.empty() ? code + message : code + ": " + message);
  };
  // Proxies answer in HTML: then the status alone is used.
  return if_possible([&] { return reading_json("the answer", read); }).value_or("");
}

std::string login_hint(const Asked& asked) {
  if (asked.login.empty()) {
    return "no login for this registry was found; \"docker login\" or \"podman login\" makes one";
  }
  return "asked with the login from " + asked.login;
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= limit) return out + "...";
    Rune rune = decode_rune(text);
    // C0 and C1 control characters could start an escape sequence.
    bool control = rune.value < 0x20 || (rune.value >= 0x7f && rune.value < 0xa0);
    append_rune(out, control || is_stray_byte(rune.value) ? ' ' : rune.value);
    text.remove_prefix(rune.size);
  }
  return std::string(trim(out));
}

Error http_error(Response& response, const Asked& asked) {
  std::string words = server_words(response);
  std::string said = words.empty() ? "" : " (" + words + ")";
  std::string_view verb = asked.access == Access::kPush ? "push" : "pull";
  switch (response.status) {
    case 401:
    case 403:
      return Error::of(ErrorKind::kRegistry,
                       "{} access denied for {}: the repository does not exist or needs "
                       "authorization{}",
                       verb, asked.image, said)
          .with_hint(login_hint(asked));
    case 404:
      return Error::of(ErrorKind::kRegistry, "{} was not found at {}{}", asked.what,
                       response.url.origin(), said);
    case 429:
      return Error::of(ErrorKind::kRegistry, "{} refuses more requests for now{}",
                       response.url.origin(), said)
          .with_hint("wait a while, log in for a higher limit, or use --registry-mirror");
    default:
      return Error::of(ErrorKind::kRegistry, "{}: {} answered HTTP {}{}", asked.what,
                       response.url.origin(), response.status, said);
  }
}

Error unreachable(const Url& url, const Failure& failure) {
  return Error::of(ErrorKind::kRegistry, "cannot reach {}: {}", url.origin(),
                   clean_text(failure.reason))
      .with_hint(failure.hint);
}

}  // namespace cairn::registry
