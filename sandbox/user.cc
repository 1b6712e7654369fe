// SPDX-License-Identifier: Apache-2.0
//
// docker's rules. A number works without any files, so errors in them are ignored for it, while a
// name needs them. Both files are read anew at each step, because an earlier RUN may have added a
// user.
#include "sandbox/user.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "base/attempt.h"
#include "base/error.h"
#include "base/text.h"

namespace cairn::sandbox {
namespace {

constexpr std::size_t kMaxFile = 10 << 20;  // BuildKit's bound on both files

struct PasswdEntry {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string home;
};

struct GroupEntry {
  std::string name;
  std::uint32_t gid = 0;
  std::vector<std::string> members;
};

// 4294967295 is (uid_t)-1, which chown(2) and others take for "leave unchanged".
std::optional<std::uint32_t> find_id(std::string_view text) {
  std::optional<std::uint64_t> value = parse_uint(text);
  if (!value || *value >= std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::uint32_t number(std::string_view text) {
  if (std::optional<std::uint32_t> id = find_id(text)) return *id;
  throw dockerfile_error("the id {} is out of range", text)
      .with_hint("ids go from 0 to 4294967294");
}

// The lines of a database file of the image; empty if it is missing.
std::vector<std::string> lines_of(const sys::RootDir& root, const char* path) {
  std::optional<sys::Fd> place = root.find_in(path, O_PATH);
  if (!place) return {};
  if (!S_ISREG(sys::stat_of(*place).st_mode)) {
    throw dockerfile_error("{} in the image is not a regular file", path);
  }
  ErrorContext while_here([&] { return fmt::format("reading {} of the image", path); });
  return split(sys::read_all(sys::reopen(*place, O_RDONLY), kMaxFile), '\n');
}

// Malformed lines are skipped, as in the C library.
std::vector<PasswdEntry> passwd_of(const sys::RootDir& root) {
  std::vector<PasswdEntry> entries;
  for (const std::string& line : lines_of(root, "/etc/passwd")) {
    std::vector<std::string> parts = split(line, ':');  // name:password:uid:gid:gecos:home:shell
    if (parts.size() < 4 || parts[0].empty()) continue;
    std::optional<std::uint32_t> uid = find_id(parts[2]), gid = find_id(parts[3]);
    if (!uid || !gid) continue;
    entries.push_back({.name = parts[0],
                       .uid = *uid,
                       .gid = *gid,
                       .home = parts.size() > 5 ? parts[5] : std::string()});
  }
  return entries;
}

std::vector<GroupEntry> groups_of(const sys::RootDir& root) {
  std::vector<GroupEntry> entries;
  for (const std::string& line : lines_of(root, "/etc/group")) {
    std::vector<std::string> parts = split(line, ':');  // name:password:gid:member,member
    if (parts.size() < 3 || parts[0].empty()) continue;
    std::optional<std::uint32_t> gid = find_id(parts[2]);
    if (!gid) continue;
    entries.push_back(
        {.name = parts[0],
         .gid = *gid,
         .members = parts.size() > 3 ? split(parts[3], ',') : std::vector<std::string>()});
  }
  return entries;
}

std::optional<PasswdEntry> find_user(const sys::RootDir& root, std::string_view user) {
  std::optional<std::uint32_t> uid;
  if (is_number(user)) uid = number(user);
  for (PasswdEntry& entry : passwd_of(root)) {
    if (uid ? entry.uid == *uid : entry.name == user) return std::move(entry);
  }
  return std::nullopt;
}

Error no_such_user(const sys::RootDir& root, std::string_view user) {
  std::vector<std::string> names;
  for (const PasswdEntry& entry : passwd_of(root)) names.push_back(entry.name);
  return dockerfile_error("unable to find user {}: no matching entries in passwd file{}", user,
                          did_you_mean(user, names))
      .with_hint(
          "users are looked up in /etc/passwd of the image at this step; add it in an earlier "
          "RUN, or use a number");
}

std::optional<std::uint32_t> find_gid(const sys::RootDir& root, std::string_view group) {
  if (is_number(group)) return number(group);
  for (const GroupEntry& entry : groups_of(root)) {
    if (entry.name == group) return entry.gid;
  }
  return std::nullopt;
}

Error no_such_group(const sys::RootDir& root, std::string_view group) {
  std::vector<std::string> names;
  for (const GroupEntry& entry : groups_of(root)) names.push_back(entry.name);
  return dockerfile_error("unable to find group {}: no matching entries in group file{}", group,
                          did_you_mean(group, names))
      .with_hint(
          "groups are looked up in /etc/group of the image at this step; add it in an "
          "earlier RUN, or use a number");
}

std::uint32_t gid_of(const sys::RootDir& root, std::string_view group) {
  if (std::optional<std::uint32_t> gid = find_gid(root, group)) return *gid;
  throw no_such_group(root, group);
}

// All groups that list the user as a member, in the order of the file, each once.
std::vector<std::uint32_t> groups_with(const sys::RootDir& root, const std::string& member) {
  std::vector<std::uint32_t> gids;
  for (const GroupEntry& entry : groups_of(root)) {
    bool in = std::find(entry.members.begin(), entry.members.end(), member) != entry.members.end();
    if (in && std::find(gids.begin(), gids.end(), entry.gid) == gids.end())
      gids.push_back(entry.gid);
  }
  return gids;
}

struct Parts {
  std::string_view user;
  std::optional<std::string_view> group;  // what follows ":", perhaps ""
};

Parts parse_parts(std::string_view text) {
  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {.user = text, .group = std::nullopt};
  return {.user = text.substr(0, colon), .group = text.substr(colon + 1)};
}

// The passwd entry. For a bare number without one: gid 0 and no name, as in docker.
PasswdEntry entry_for(const sys::RootDir& root, std::string_view user) {
  if (!is_number(user)) {
    std::optional<PasswdEntry> entry = find_user(root, user);
    if (!entry) throw no_such_user(root, user);
    return std::move(*entry);
  }
  // A number needs no files, so an error in them is ignored.
  std::optional<PasswdEntry> entry = if_possible([&] { return find_user(root, user); });
  if (entry) return std::move(*entry);
  return {.name = "", .uid = number(user), .gid = 0, .home = ""};
}

}  // namespace

// A group in USER replaces all supplementary groups, as in docker.
ResolvedUser resolve_user(const sys::RootDir& root, std::string_view user) {
  Parts parts = parse_parts(user);
  PasswdEntry entry = entry_for(root, parts.user.empty() ? "0" : parts.user);
  ResolvedUser resolved{.uid = entry.uid, .gid = entry.gid, .groups = {}, .home = "/"};
  if (entry.home.starts_with('/')) resolved.home = entry.home;
  if (parts.group && !parts.group->empty()) {
    resolved.gid = gid_of(root, *parts.group);
    resolved.groups = {resolved.gid};
    return resolved;
  }
  auto groups = [&] { return groups_with(root, entry.name); };
  if (!entry.name.empty()) {
    // The default user, root, needs no files.
    resolved.groups =
        user.empty() ? if_possible(groups).value_or(std::vector<std::uint32_t>()) : groups();
  }
  if (std::find(resolved.groups.begin(), resolved.groups.end(), resolved.gid) ==
      resolved.groups.end()) {
    resolved.groups.insert(resolved.groups.begin(), resolved.gid);
  }
  return resolved;
}

// Differs from USER: a number alone is also the gid, as BuildKit's --chown has it.
Owner resolve_chown(const sys::RootDir& root, std::string_view owner, UnknownNames unknown) {
  Parts parts = parse_parts(owner);
  Owner resolved;
  if (is_number(parts.user)) {
    resolved.uid = number(parts.user);
    resolved.gid = resolved.uid;
  } else if (!parts.user.empty()) {
    std::optional<PasswdEntry> entry = find_user(root, parts.user);
    bool may_miss = unknown == UnknownNames::kAreRoot || parts.user == "root";
    if (!entry && !may_miss) throw no_such_user(root, parts.user);
    if (entry) resolved = {.uid = entry->uid, .gid = entry->gid};
  }
  if (!parts.group) return resolved;
  std::optional<std::uint32_t> gid = find_gid(root, *parts.group);
  bool may_miss =
      unknown == UnknownNames::kAreRoot || parts.group->empty() || *parts.group == "root";
  if (!gid && !may_miss) throw no_such_group(root, *parts.group);
  resolved.gid = gid.value_or(0);
  return resolved;
}

}  // namespace cairn::sandbox
