// SPDX-License-Identifier: Apache-2.0
//
// The grammar of github.com/distribution/reference, parsed by hand, so that each part is refused
// with its own reason. A regular expression could only say "invalid reference format".
#include "oci/reference.h"

#include <algorithm>

#include "base/attempt.h"
#include "base/error.h"
#include "base/text.h"

namespace cairn::oci {
namespace {

constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kOfficial = "library/";
constexpr std::size_t kMaxName = 255;

bool lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool alnum(char c) {
  return lower_or_digit(c) || upper(c);
}
bool hex(char c) {
  return digit(c) || (c >= 'a' && c <= 'f');
}

// Runs of [a-z0-9], separated by ".", "_", "__" or any number of "-".
bool valid_component(std::string_view text) {
  if (text.empty() || !lower_or_digit(text.front()) || !lower_or_digit(text.back())) return false;
  for (std::size_t i = 0; i < text.size();) {
    if (lower_or_digit(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    // A run of one separator; which lengths are allowed depends on the character.
    while (end < text.size() && text[end] == text[i]) ++end;
    std::size_t run = end - i;
    bool separator = text[i] == '-' || (text[i] == '_' && run <= 2) || (text[i] == '.' && run == 1);
    if (!separator || !lower_or_digit(text[end])) return false;
    i = end;
  }
  return true;
}

bool valid_host_label(std::string_view label) {
  return !label.empty() && alnum(label.front()) && alnum(label.back()) &&
         std::ranges::all_of(label, [](char c) { return alnum(c) || c == '-'; });
}

bool valid_host(std::string_view host) {
  // An IPv6 address in brackets.
  if (host.starts_with('[')) {
    return host.size() > 2 && host.ends_with(']') &&
           std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
             return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
           });
  }
  return std::ranges::all_of(split(host, '.'), valid_host_label);
}

bool valid_registry(std::string_view registry) {
  std::size_t colon = registry.rfind(':');
  if (colon != std::string_view::npos && registry.find(']', colon) == std::string_view::npos) {
    std::optional<std::uint64_t> port = parse_uint(registry.substr(colon + 1));
    if (!port || *port > 65535) return false;
    registry = registry.substr(0, colon);
  }
  return valid_host(registry);
}

Error invalid(std::string_view text, std::string_view reason) {
  return Error::of(ErrorKind::kUsage, "invalid image name \"{}\": {}", text.substr(0, 300), reason);
}

// Docker's rule to tell "localhost/x" and "a.b/x" from a path on Docker Hub.
bool is_registry(std::string_view first) {
  return first.find_first_of(".:") != std::string_view::npos || first == "localhost" ||
         std::ranges::any_of(first, upper);
}

void check_repository(std::string_view text, std::string_view repository) {
  if (std::ranges::any_of(repository, upper)) {
    throw invalid(text, "the repository must be lower case")
        .with_hint(fmt::format("try {}", to_lower(text)));
  }
  for (const std::string& part : split(repository, '/')) {
    if (valid_component(part)) continue;
    throw part.empty() ? invalid(text, "a part of the path is empty")
                       : invalid(text, fmt::format("\"{}\" may hold a-z and 0-9, joined by single "
                                                   "\".\", \"_\", \"__\" or \"-\"",
                                                   part));
  }
}

// The text before "@" may be a login; then it is not repeated.
Error no_digest(std::string_view text, std::size_t at) {
  std::string_view rest = text.substr(at + 1);
  bool is_login = !rest.starts_with("sha") && text.substr(0, at).find(':') != text.npos;
  if (!is_login) return invalid(text, "after \"@\" must come sha256: and 64 hex digits");
  return invalid("xxxxx:xxxxx" + std::string(text.substr(at)),
                 "after \"@\" must come sha256: and 64 hex digits")
      .with_hint("a login is no part of a name: \"docker login\" and --creds give one");
}

// Removes "@digest" and ":tag" from the end of `rest`. The digest comes first, since it contains a
// ":".
void take_suffixes(std::string_view text, std::string_view& rest, Reference& reference) {
  if (std::size_t at = rest.find('@'); at != std::string_view::npos) {
    reference.digest = Digest::find(rest.substr(at + 1));
    if (!reference.digest) throw no_digest(text, at);
    rest = rest.substr(0, at);
  }
  std::size_t colon = rest.rfind(':');
  std::size_t slash = rest.rfind('/');
  // A ":" before the last "/" is a port.
  if (colon == std::string_view::npos || (slash != std::string_view::npos && slash > colon)) return;
  reference.tag = rest.substr(colon + 1);
  if (!valid_tag(reference.tag)) {
    throw invalid(text, "a tag is up to 128 of A-Z a-z 0-9 _ . -, not starting with . or -");
  }
  rest = rest.substr(0, colon);
}

}  // namespace

bool valid_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= 128 && (alnum(tag.front()) || tag.front() == '_') &&
         std::ranges::all_of(tag,
                             [](char c) { return alnum(c) || c == '_' || c == '.' || c == '-'; });
}

Reference Reference::parse(std::string_view text) {
  if (text.empty()) throw Error(ErrorKind::kUsage, "the image name is empty");
  // It would be ambiguous with an image id on every command line.
  if (text.size() == 64 && std::ranges::all_of(text, hex)) {
    throw invalid(text, "64 hexadecimal digits are an image id, not a name");
  }
  Reference reference;
  std::string_view rest = text;
  take_suffixes(text, rest, reference);
  std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos && is_registry(rest.substr(0, slash))) {
    reference.registry = rest.substr(0, slash);
    rest = rest.substr(slash + 1);
    if (!valid_registry(reference.registry)) throw invalid(text, "this is no host name or port");
    // The old name of Docker Hub.
    if (reference.registry == "index.docker.io") reference.registry = kHub;
  } else {
    reference.registry = kHub;
  }
  check_repository(text, rest);
  reference.repository = rest;
  if (reference.registry == kHub && rest.find('/') == std::string_view::npos) {
    // Official images have a hidden first part.
    reference.repository.insert(0, kOfficial);
  }
  // The limit is on the full name (distribution/reference, NameTotalLengthMax).
  if (reference.name().size() > kMaxName) throw invalid(text, "it is longer than 255 characters");
  if (reference.tag.empty() && !reference.digest) reference.tag = "latest";
  return reference;
}

Reference Reference::parse_tag(std::string_view text) {
  Reference reference = parse(text);
  if (reference.digest) {
    throw Error::of(ErrorKind::kUsage, "refusing to create a tag with a digest reference: {}",
                    text.substr(0, 300))
        .with_hint("a digest says what a name stands for, and is not chosen; give name:tag");
  }
  if (reference.familiar_name() == "sha256") {
    throw Error::of(ErrorKind::kUsage,
                    "refusing to create an ambiguous tag using digest algorithm as name: {}",
                    text.substr(0, 300));
  }
  return reference;
}

std::optional<Reference> Reference::find(std::string_view text) {
  return if_possible([&] { return parse(text); });
}

std::string Reference::name() const {
  return registry + "/" + repository;
}

std::string Reference::familiar_name() const {
  if (registry != kHub) return name();
  std::string_view rest = repository;
  if (rest.starts_with(kOfficial) && rest.find('/', kOfficial.size()) == std::string_view::npos) {
    rest.remove_prefix(kOfficial.size());
  }
  // The short form of "docker.io/a.b/c" would name a repository of registry a.b, so it stays long.
  std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos && is_registry(rest.substr(0, slash))) return name();
  return std::string(rest);
}

static std::string with_suffixes(std::string text, const Reference& reference) {
  if (!reference.tag.empty()) text += ":" + reference.tag;
  if (reference.digest) text += "@" + reference.digest->str();
  return text;
}

std::string Reference::str() const {
  return with_suffixes(name(), *this);
}
std::string Reference::familiar() const {
  return with_suffixes(familiar_name(), *this);
}

}  // namespace cairn::oci
