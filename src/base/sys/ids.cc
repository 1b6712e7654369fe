// SPDX-License-Identifier: Apache-2.0
//
// Reads the id maps of this user namespace as extents; an id in none of them cannot be used here.
// The hint depends on who made the namespace: ours gets more ids from /etc/subuid, one that existed
// before is not ours to change.
#include "base/sys/ids.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/sys/process.h"
#include "base/text.h"

namespace cairn::sys {
namespace {

constexpr std::uint32_t kOverflowId = 65534;

// One line of /proc/self/uid_map: user_namespaces(7).
struct Extent {
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
};

// Lines are padded with spaces: empty words are skipped.
std::vector<Extent> parse_map(std::string_view text) {
  std::vector<Extent> map;
  for (const std::string& line : split(text, '\n')) {
    std::vector<std::uint64_t> numbers;
    for (const std::string& word : split(line, ' ')) {
      if (std::optional<std::uint64_t> number = parse_uint(word)) numbers.push_back(*number);
    }
    if (numbers.size() == 3) map.push_back({numbers[0], numbers[1], numbers[2]});
  }
  return map;
}

bool has(const std::vector<Extent>& map, std::uint32_t id) {
  for (const Extent& extent : map) {
    if (id >= extent.inside && id - extent.inside < extent.count) return true;
  }
  return false;
}

// "0-65536", or "0 alone". Adjacent extents are shown as one range.
std::string ranges(const std::vector<Extent>& map) {
  std::vector<Extent> joined;
  for (const Extent& extent : map) {
    if (!joined.empty() && joined.back().inside + joined.back().count == extent.inside) {
      joined.back().count += extent.count;
    } else {
      joined.push_back(extent);
    }
  }
  std::string text;
  for (const Extent& extent : joined) {
    if (!text.empty()) text += ", ";
    text += std::to_string(extent.inside);
    if (extent.count > 1) text += fmt::format("-{}", extent.inside + extent.count - 1);
  }
  return joined.size() == 1 && joined[0].count == 1 ? text + " alone" : text;
}

std::string how_to_get_more(const std::vector<Extent>& map, const IdFacts& facts) {
  // cairn's own namespace maps root to the calling user. A namespace that existed before may map
  // ids to themselves.
  bool is_ours = !map.empty() && map[0].outside != map[0].inside;
  if (!is_ours) {
    return "this user namespace was made without them: run cairn outside of it, or make one with "
           "more ids (unshare --map-root-user --map-auto)";
  }
  std::string user = facts.user(static_cast<uid_t>(map[0].outside));
  // More than one extent: a range from /etc/subuid is mapped, but it is too small.
  if (map.size() > 1) {
    return fmt::format(
        "as root, lend {0} a larger range in /etc/subuid and /etc/subgid: usermod --add-subuids "
        "FIRST-LAST --add-subgids FIRST-LAST {0}",
        user);
  }
  std::string fix = fmt::format(
      "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {}", user);
  if (!facts.has_newuidmap) fix = "install newuidmap (Debian: apt install uidmap), and " + fix;
  return fix;
}

std::string name_of(uid_t uid) {
  std::vector<char> buffer(16 << 10);
  struct passwd entry {};
  struct passwd* found = nullptr;
  // The reentrant form: other threads may look up names too.
  ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->pw_name : std::to_string(uid);
}

}  // namespace

Error unmapped_id(const std::string& path, const Owner& owner, const IdFacts& facts) {
  std::vector<Extent> uids = parse_map(facts.uid_map), gids = parse_map(facts.gid_map);
  bool lacks_uid = !has(uids, owner.uid), lacks_gid = !has(gids, owner.gid);
  if (!lacks_uid && !lacks_gid) {
    return Error::of(ErrorKind::kHost, "cannot give {} to {}: not permitted", path, owner);
  }
  std::string why =
      lacks_uid ? fmt::format("there is no uid {} here, uids are {}", owner.uid, ranges(uids))
                : fmt::format("there is no gid {} here, gids are {}", owner.gid, ranges(gids));
  return Error::of(ErrorKind::kHost, "cannot give {} to {}: {}", path, owner, why)
      .with_hint(how_to_get_more(lacks_uid ? uids : gids, facts) +
                 "; or do without such owners: --ignore-owners makes these files root's");
}

Error unmapped_id(const std::string& path, const Owner& owner) {
  std::string uids = read_file("/proc/self/uid_map"), gids = read_file("/proc/self/gid_map");
  return unmapped_id(path, owner,
                     {.uid_map = uids,
                      .gid_map = gids,
                      .user = name_of,
                      .has_newuidmap = find_program("newuidmap").has_value()});
}

void chown_at(const Fd& dir, const char* path, const Owner& owner) {
  // AT_EMPTY_PATH: with "" it is `dir` itself, even if that is an O_PATH descriptor of a symlink.
  int done = retry_eintr([&] {
    return ::fchownat(dir.get(), path, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  });
  if (done == 0) return;
  int code = errno;
  std::string what = path_for_message(dir, path);
  while (what.size() > 1 && what.ends_with('/')) what.pop_back();  // the path "" names `dir` itself
  // EINVAL is the kernel's answer for an id without a mapping (user_namespaces(7)).
  if (code == EINVAL) throw unmapped_id(what, owner);
  throw Error::from_errno(code, "change owner of {}", what);
}

bool has_ids(const Owner& owner) {
  return has(parse_map(read_file("/proc/self/uid_map")), owner.uid) &&
         has(parse_map(read_file("/proc/self/gid_map")), owner.gid);
}

bool is_overflow_id(const Owner& owner) {
  if (owner.uid != kOverflowId && owner.gid != kOverflowId) return false;
  // Looked up once, since this is called for every file.
  static const bool has_uid = has_ids({.uid = kOverflowId}),
                    has_gid = has_ids({.gid = kOverflowId});
  return (owner.uid == kOverflowId && !has_uid) || (owner.gid == kOverflowId && !has_gid);
}

}  // namespace cairn::sys
