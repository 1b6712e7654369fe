// SPDX-License-Identifier: Apache-2.0
//
// Splits the word by hand at "#" and "?", since scp-style addresses are no URLs, then applies the
// fragment and the query to one GitOp. A value that both give must agree. The texts are BuildKit's
// (util/gitutil, frontend/dockerfile/dfgitutil).
#include "plan/git_ref.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/remote_url.h"
#include "base/text.h"

namespace cairn::plan {
namespace {

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int hex_digit(char c) {
  std::string_view digits = "0123456789abcdef";
  std::size_t at = digits.find(to_lower(std::string_view(&c, 1)));
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// In a query or a fragment '+' stands for a space.
std::string form_decode(std::string_view text) {
  std::string words(text);
  std::replace(words.begin(), words.end(), '+', ' ');
  return percent_decode(words);
}

// The three parts of the word: the remote, "ref:subdir", and the query.
struct Parts {
  std::string remote;
  std::string fragment;
  std::string query;
};

Parts split_parts(std::string_view word) {
  Parts parts;
  std::size_t hash = word.find('#');
  if (hash != std::string_view::npos) parts.fragment = form_decode(word.substr(hash + 1));
  word = word.substr(0, hash);
  std::size_t question = word.find('?');
  if (question != std::string_view::npos) parts.query = word.substr(question + 1);
  parts.remote = word.substr(0, question);
  return parts;
}

// "user@host:path"
bool is_scp_style(std::string_view word) {
  auto is_user = [](char c) { return is_alnum(c) || c == '-' || c == '_'; };
  auto is_host = [](char c) { return is_alnum(c) || c == '-' || c == '.'; };
  std::size_t at = word.find('@');
  if (at == std::string_view::npos || at == 0) return false;
  std::size_t colon = word.find(':', at);
  if (colon == std::string_view::npos || colon == at + 1) return false;
  return std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(at), is_user) &&
         std::all_of(word.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                     word.begin() + static_cast<std::ptrdiff_t>(colon), is_host);
}

// "https" for "https://..."; nullopt without a scheme.
std::optional<std::string> scheme_of(std::string_view word) {
  std::size_t end = word.find("://");
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  std::string_view scheme = word.substr(0, end);
  if (!std::all_of(scheme.begin(), scheme.end(), is_alnum)) return std::nullopt;
  return to_lower(scheme);
}

// A web URL is a plain file unless its path ends in ".git".
bool names_repository(std::string_view remote) {
  std::optional<std::string> scheme = scheme_of(remote);
  if (!scheme) return is_scp_style(remote);
  if (*scheme == "http" || *scheme == "https") return remote.ends_with(".git");
  return *scheme == "git" || *scheme == "ssh";
}

void set_once(std::string_view key, std::string& field, const std::string& value) {
  // "#main" and "?ref=main" may both be given if they agree.
  if (!field.empty() && field != value) {
    throw dockerfile_error("{} conflicts: {} vs {}", key, go_quote(field), go_quote(value));
  }
  field = value;
}

std::string full_ref(std::string_view prefix, const std::string& name) {
  return name.starts_with(prefix) ? name : std::string(prefix) + name;
}

bool parse_flag(const std::string& key, const std::string& value) {
  for (std::string_view yes : {"", "1", "t", "T", "TRUE", "true", "True"}) {
    if (value == yes) return true;
  }
  for (std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (value == no) return false;
  }
  throw dockerfile_error("invalid {} value: {}", key, go_quote(value));
}

std::map<std::string, std::string> parse_query(std::string_view query) {
  std::map<std::string, std::string> values;
  for (const std::string& pair : split(query, '&')) {
    if (pair.empty()) continue;
    std::size_t sign = pair.find('=');
    std::string key = form_decode(std::string_view(pair).substr(0, sign));
    std::string value =
        sign == std::string::npos ? "" : form_decode(std::string_view(pair).substr(sign + 1));
    bool is_flag = key == "submodules" || key == "keep-git-dir" || key == "fetch-by-commit";
    // A flag without a value is true.
    if (value.empty() && !is_flag) throw dockerfile_error("query {} has no value", go_quote(key));
    // Otherwise their order would decide.
    if (!values.try_emplace(key, value).second) {
      throw dockerfile_error("query {} has multiple values", go_quote(key));
    }
  }
  return values;
}

void assign(GitRef& ref, const std::string& key, const std::string& value) {
  if (key == "ref") {
    set_once("ref", ref.op.ref, value);
  } else if (key == "subdir") {
    set_once("subdir", ref.op.subdir, rooted_path(value).substr(1));
  } else if (key == "checksum" || key == "commit") {
    ref.op.checksum = value;
  } else if (key == "keep-git-dir") {
    ref.keep_git_dir = parse_flag(key, value);
  } else if (key == "submodules") {
    ref.op.submodules = parse_flag(key, value);
  } else if (key == "fetch-by-commit") {
    ref.op.fetch_by_commit = parse_flag(key, value);
  } else if (key == "mtime") {
    if (value != "checkout" && value != "commit") {
      throw dockerfile_error("invalid mtime value: {} (must be \"checkout\" or \"commit\")",
                             go_quote(value));
    }
    ref.op.commit_time = value == "commit";
  } else if (key != "tag" && key != "branch") {
    throw dockerfile_error(
        "unexpected query {}{}", go_quote(key),
        did_you_mean(key, {"ref", "tag", "branch", "subdir", "checksum", "commit", "keep-git-dir",
                           "submodules", "fetch-by-commit", "mtime"}));
  }
}

void apply_query(GitRef& ref, std::string_view query) {
  std::map<std::string, std::string> values = parse_query(query);
  for (const auto& [key, value] : values) assign(ref, key, value);
  auto tag = values.find("tag"), branch = values.find("branch");
  if (tag != values.end() && branch != values.end())
    throw dockerfile_error("branch conflicts with tag");
  if (tag != values.end()) set_once("ref", ref.op.ref, full_ref("refs/tags/", tag->second));
  if (branch != values.end()) {
    set_once("ref", ref.op.ref, full_ref("refs/heads/", branch->second));
  }
}

}  // namespace

std::optional<GitRef> find_git_ref(std::string_view word) {
  // A relative path is always local, whatever it looks like.
  if (word.starts_with("./") || word.starts_with("../")) return std::nullopt;
  Parts parts = split_parts(word);
  GitRef ref;
  ref.looks_local = word.starts_with("github.com/");
  if (ref.looks_local) parts.remote = "https://" + parts.remote;
  if (!ref.looks_local && !names_repository(parts.remote)) return std::nullopt;
  ref.op.remote = parts.remote;
  std::size_t colon = parts.fragment.find(':');
  ref.op.ref = parts.fragment.substr(0, colon);
  if (colon != std::string::npos) {
    ref.op.subdir = rooted_path(parts.fragment.substr(colon + 1)).substr(1);
  }
  apply_query(ref, parts.query);
  // git would parse these as options.
  if (ref.op.ref.starts_with('-') || parts.remote.starts_with('-')) {
    throw dockerfile_error("invalid git reference {}", go_quote(word));
  }
  return ref;
}

std::string file_name_of(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  std::string_view path = url.substr(url.find("://") + 3);
  std::size_t slash = path.find('/');
  // Decoded before it is split, as Go's url.Parse does: "%2F" separates names too.
  std::string clean =
      slash == std::string_view::npos ? "/" : rooted_path(percent_decode(path.substr(slash)));
  std::string name = clean.substr(clean.rfind('/') + 1);
  bool is_name = !name.empty() && name.find('\0') == std::string::npos;
  return is_name ? name : "__unnamed__";
}

bool is_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         std::all_of(text.begin(), text.end(), [](char c) { return hex_digit(c) >= 0; });
}

void check_git_op(const GitOp& op) {
  const std::string& sum = op.checksum;
  if (!std::all_of(sum.begin(), sum.end(), [](char c) { return hex_digit(c) >= 0; })) {
    throw dockerfile_error("invalid checksum {} for Git URL, expected hex commit hash", sum);
  }
  // A checksum may be the beginning of a commit.
  if (is_commit(op.ref) && !op.ref.starts_with(sum)) {
    throw dockerfile_error("expected checksum to match {}, got {}", sum, op.ref);
  }
  if (!op.fetch_by_commit || is_commit(op.ref)) return;
  if (sum.empty())
    throw dockerfile_error("fetch-by-commit requires a checksum or a commit SHA ref");
  if (!is_commit(sum)) {
    throw dockerfile_error("fetch-by-commit requires a full commit SHA checksum, got {}",
                           go_quote(sum));
  }
}

}  // namespace cairn::plan
