// SPDX-License-Identifier: Apache-2.0
//
// Combines the flags of ADD with the query of a git URL. Both can set keep-git-dir and the
// checksum; a contradiction is an error, as in BuildKit.
#include "plan/internal/remote_source.h"

#include "base/error.h"
#include "base/text.h"
#include "plan/git_ref.h"

namespace cairn::plan {
namespace {

GitOp repository(const dockerfile::Add& add, GitRef ref, const std::string& checksum) {
  std::optional<bool> keep = add.keep_git_dir;
  if (keep && ref.keep_git_dir && *keep != *ref.keep_git_dir) {
    throw dockerfile_error("inconsistent keep-git-dir configuration");
  }
  ref.op.keep_git_dir = ref.keep_git_dir.value_or(keep.value_or(false));
  if (!checksum.empty() && !ref.op.checksum.empty() && checksum != ref.op.checksum) {
    throw dockerfile_error("checksum mismatch {} != {}", go_quote(checksum),
                           go_quote(ref.op.checksum));
  }
  // --checksum and ?checksum= mean the same.
  if (ref.op.checksum.empty()) ref.op.checksum = checksum;
  check_git_op(ref.op);
  return std::move(ref.op);
}

HttpOp web_file(const std::string& url, const std::string& checksum) {
  HttpOp http{.url = url, .filename = file_name_of(url)};
  if (checksum.empty()) return http;
  http.checksum = Digest::find(checksum);
  if (http.checksum) return http;
  throw dockerfile_error("invalid checksum {}: it must be of the form sha256:HEX",
                         go_quote(checksum));
}

}  // namespace

std::optional<RemoteSource> remote_source(const dockerfile::Add& add, const std::string& path,
                                          const std::string& checksum) {
  std::optional<GitRef> git = find_git_ref(path);
  if (git && !git->looks_local) return repository(add, *std::move(git), checksum);
  if (is_url(path)) return web_file(path, checksum);
  return std::nullopt;
}

bool is_url(std::string_view path) {
  return path.starts_with("http://") || path.starts_with("https://");
}

}  // namespace cairn::plan
