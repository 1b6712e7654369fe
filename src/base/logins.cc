// SPDX-License-Identifier: Apache-2.0
//
// Logins are masked in any text, not only in parsed URLs: messages of git and curl quote them in
// the middle of a sentence. When in doubt a word is masked, since a masked word is harmless and a
// shown password is not. Two readers share the scan: kUrl reads a URL as a client does, kText masks
// all that may be one.
#include "base/logins.h"

#include <algorithm>

#include "base/text.h"

namespace cairn {
namespace {

constexpr std::string_view kMask = "xxxxx";

// How a text is read.
enum class Where {
  kUrl,   // one URL: a login follows "://"
  kText,  // any text, which may hold parts of URLs
};

bool ends_word(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' ||
         c == '`';
}

bool is_port(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The digest of an image name also follows an '@': "app@sha256:0123...".
bool is_digest(std::string_view text) {
  constexpr std::size_t kAlgorithm = 7, kShortest = 32;
  if (!text.starts_with("sha256:") && !text.starts_with("sha512:")) return false;
  std::size_t end = text.find_first_not_of("0123456789abcdef", kAlgorithm);
  return std::min(end, text.size()) >= kAlgorithm + kShortest;
}

// The login of the URL whose authority starts at `begin`, in the word that ends at `end`. The last
// '@' of the authority ends the login, as browsers and git read it. A password must not contain
// '/', but people write it: then what looks like a port is not a number, and the next '@' of the
// word ends the login.
std::optional<LoginSpan> login_at(std::string_view text, std::size_t begin, std::size_t end) {
  std::string_view rest = text.substr(begin, end - begin);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  std::size_t at = authority.rfind('@');
  // "name@sha256:..." is no login: look for an earlier '@'.
  while (at != std::string_view::npos && is_digest(rest.substr(at + 1))) {
    at = at == 0 ? std::string_view::npos : authority.rfind('@', at - 1);
  }
  if (at != std::string_view::npos) return LoginSpan{begin, begin + at};
  std::size_t colon = authority.find(':');
  if (authority.starts_with('[') || colon == std::string_view::npos ||
      is_port(authority.substr(colon + 1))) {
    return std::nullopt;
  }
  at = rest.find('@');
  if (at == std::string_view::npos || is_digest(rest.substr(at + 1))) return std::nullopt;
  return LoginSpan{begin, begin + at};
}

bool is_web(std::string_view scheme) {
  return equal_fold(scheme, "http") || equal_fold(scheme, "https");
}

bool is_known_scheme(std::string_view scheme) {
  return is_web(scheme) || equal_fold(scheme, "ssh") || equal_fold(scheme, "git") ||
         equal_fold(scheme, "ftp");
}

// The letters before the ':' at `colon`; empty when there is no ':'.
std::string_view scheme_before(std::string_view text, std::size_t colon) {
  if (colon >= text.size() || text[colon] != ':') return {};
  std::size_t begin = colon;
  while (begin > 0 && (text[begin - 1] | 0x20) >= 'a' && (text[begin - 1] | 0x20) <= 'z') --begin;
  return text.substr(begin, colon - begin);
}

// A package version, as "18.2.0" or "^18" in "react@18.2.0", is not a host. Four numbers
// ("10.0.0.1") may be one.
bool is_version(std::string_view text) {
  if (text.starts_with('^') || text.starts_with('~')) text.remove_prefix(1);
  std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  if (end == 0 || std::ranges::count(text.substr(0, end), '.') >= 3) return false;
  return end == text.size() || std::string_view("\"'`,;)]}>?#").find(text[end]) != text.npos;
}

// Whether a word of a text ends at `i`. A quote alone does not end it, as a password may contain
// one. It does where JSON or HTML continues behind it: "a":"b", "a","b", ["a"], {"a"}, <a
// href="b">.
bool ends_text_word(std::string_view text, std::size_t i) {
  if (static_cast<unsigned char>(text[i]) <= ' ') return true;
  if (text[i] != '"' && text[i] != '\'') return false;
  std::string_view rest = text.substr(i + 1);
  if (rest.starts_with(']') || rest.starts_with('}') || rest.starts_with('>')) return true;
  if (!rest.starts_with(',') && !rest.starts_with(':')) return false;
  return rest.size() > 1 && (rest[1] == text[i] || rest[1] == '{' || rest[1] == '[');
}

// A word, and the last '@' signs in it that may end a login. The last ones, since a password may
// contain '@' and '/'.
struct Word {
  std::size_t end = 0;
  std::size_t sign = std::string_view::npos;
  // As `sign`, but for a word that starts with a host and a port. "h:4873/@scope/name" and
  // "h:80/react@18.2.0" are paths, so such '@' signs do not count.
  std::size_t sign_of_path = std::string_view::npos;
};

// The word that `begin` is in, from `begin` on.
Word word_at(std::string_view text, std::size_t begin, Where where) {
  Word word{.end = begin};
  for (std::size_t& i = word.end; i < text.size(); ++i) {
    if (where == Where::kUrl ? ends_word(text[i]) : ends_text_word(text, i)) break;
    if (text[i] != '@' || where == Where::kUrl) continue;
    std::string_view rest = text.substr(i + 1);
    if (is_digest(rest)) continue;
    word.sign = i;
    if ((i == 0 || text[i - 1] != '/') && !is_version(rest)) word.sign_of_path = i;
  }
  return word;
}

// "[::1]" or "[::1]:80".
bool is_ipv6(std::string_view authority) {
  if (!authority.starts_with('[')) return false;
  std::size_t end = authority.find_first_not_of("0123456789abcdefABCDEF:.", 1);
  if (end == std::string_view::npos || authority[end] != ']') return false;
  authority.remove_prefix(end + 1);
  return authority.empty() || (authority.starts_with(':') && is_port(authority.substr(1)));
}

// What a message masks in the word whose authority starts at `begin`: if there is a ':', all up to
// the last '@', even where a client would read the URL otherwise.
std::optional<LoginSpan> login_to_mask(std::string_view text, std::size_t begin, const Word& word) {
  std::string_view rest = text.substr(begin, word.end - begin);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  std::size_t colon = authority.find(':');
  if (colon == std::string_view::npos || is_ipv6(authority)) return login_at(text, begin, word.end);
  bool has_port = is_port(authority.substr(colon + 1));
  std::size_t at = has_port ? word.sign_of_path : word.sign;
  if (at == std::string_view::npos || at < begin) return std::nullopt;
  return LoginSpan{begin, at};
}

// The first login at or after `from`. A text may have a URL without its scheme, if it was split at
// the colon ("//user:password@host"), or with one slash, if it was cleaned as a path. Foreign text
// may be long, so the time is linear: each word, and the text before each '@', is scanned once.
std::optional<LoginSpan> next_login(std::string_view text, std::size_t from, Where where) {
  Word word;
  std::size_t at = text.find('@', from);
  for (std::size_t slash = text.find('/', from); slash != std::string_view::npos;) {
    std::size_t begin = std::min(text.find_first_not_of('/', slash), text.size());
    bool is_double = begin - slash >= 2;
    bool has_colon = slash > 0 && text[slash - 1] == ':';
    std::string_view scheme = has_colon ? scheme_before(text, slash - 1) : std::string_view();
    bool is_url =
        where == Where::kUrl ? has_colon && is_double : is_double || is_known_scheme(scheme);
    // A client takes exactly two slashes: "https:///x" has no host.
    if (where == Where::kUrl) begin = std::min(begin, slash + 2);
    if (word.end < begin) word = word_at(text, begin, where);
    if (at < begin) at = text.find('@', begin);
    if (at == std::string_view::npos) return std::nullopt;
    std::optional<LoginSpan> found;
    if (is_url && at < word.end) {
      found =
          where == Where::kUrl ? login_at(text, begin, word.end) : login_to_mask(text, begin, word);
    }
    if (found) {
      found->web = is_web(scheme);
      return found;
    }
    slash = text.find('/', std::max({begin, slash + 1, at > word.end ? word.end : 0}));
  }
  return std::nullopt;
}

enum class Scheme { kWeb, kOther };

// A user name alone may be a token on the web. With ssh and git it is a part of the address.
std::string masked(std::string_view login, Scheme scheme) {
  std::size_t colon = login.find(':');
  if (colon == std::string_view::npos) return std::string(scheme == Scheme::kWeb ? kMask : login);
  // As BuildKit writes it: an empty user stays empty.
  std::string user(colon == 0 ? "" : kMask);
  return user + ":" + std::string(kMask);
}

// The first ':' of a word that no '/' follows, so it is not the one of a scheme.
std::size_t login_colon(std::string_view text, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i + 1 < end; ++i) {
    if (text[i] == ':' && text[i + 1] != '/') return i;
  }
  return std::string_view::npos;
}

// Where an image name or a host may start, in a word that ends at `end` at the latest:
// "docker.io=user", "--from=user", "(user", "/dir/user".
std::size_t name_start(std::string_view text, std::size_t begin, std::size_t end) {
  while (end > begin && std::string_view("/=\"'`<>([{,|").find(text[end - 1]) == text.npos) --end;
  return end;
}

// "git@host:path" is an address of git, "npm:react@next" a package, "mailto:me@host" a mail
// address.
bool is_no_login(std::string_view login) {
  return login.starts_with("git@") || login.starts_with("mailto:") || login.starts_with("npm:");
}

// The login of an image name or a server written without a scheme, "user:password@host", in the
// word that starts at `begin`.
std::optional<LoginSpan> login_of_name(std::string_view text, std::size_t begin, const Word& word) {
  if (word.sign == std::string_view::npos) return std::nullopt;
  std::size_t colon = login_colon(text, begin, word.end);
  if (colon == std::string_view::npos) return std::nullopt;
  std::size_t start = name_start(text, begin, colon);
  if (start == colon) return std::nullopt;
  std::optional<LoginSpan> found = login_to_mask(text, start, word);
  if (!found || found->end <= colon + 1) return std::nullopt;
  std::string_view host = text.substr(found->end + 1, word.end - found->end - 1);
  // A digest that was cut short for display is still no host.
  bool is_short_digest = host.starts_with("sha256:") || host.starts_with("sha512:");
  if (is_short_digest || is_no_login(text.substr(start, found->end - start))) return std::nullopt;
  bool is_in_path = start > begin && text[start - 1] == '/';
  bool is_bare = host.find_first_of("/:") == std::string_view::npos;
  if (is_bare && (is_in_path || is_version(host))) return std::nullopt;
  return found;
}

std::string mask_names(std::string_view text) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    Word word = word_at(text, begin, Where::kText);
    if (std::optional<LoginSpan> found = login_of_name(text, begin, word)) {
      out += text.substr(done, found->begin - done);
      out += masked(text.substr(found->begin, found->end - found->begin), Scheme::kWeb);
      done = found->end;
    }
    begin = word.end;
    while (begin < text.size() &&
           (ends_text_word(text, begin) || text[begin] == ':' || text[begin] == ',')) {
      ++begin;
    }
  }
  return out + std::string(text.substr(done));
}

}  // namespace

std::optional<LoginSpan> find_login(std::string_view url) {
  return next_login(url, 0, Where::kUrl);
}

std::string mask_logins(std::string_view text) {
  // The fast path: every message comes through here.
  if (text.find('@') == std::string_view::npos) return std::string(text);
  std::string out;
  std::size_t done = 0;
  while (std::optional<LoginSpan> span = next_login(text, done, Where::kText)) {
    out += text.substr(done, span->begin - done);
    out += masked(text.substr(span->begin, span->end - span->begin),
                  span->web ? Scheme::kWeb : Scheme::kOther);
    done = span->end;
  }
  return mask_names(out + std::string(text.substr(done)));
}

}  // namespace cairn
