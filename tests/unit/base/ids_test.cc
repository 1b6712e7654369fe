// SPDX-License-Identifier: Apache-2.0
//
// Which ids a namespace has, and what a person is told who needs others. The texts of /proc are
// given, so no namespace is needed.
#include "base/sys/ids.h"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace cairn;

namespace {

Error told(const char* uids, const char* gids, bool has_newuidmap = true) {
  return sys::unmapped_id("/f", {.uid = 12, .gid = 345},
                          {.uid_map = uids,
                           .gid_map = gids,
                           .user = [](uid_t uid) { return "user" + std::to_string(uid); },
                           .has_newuidmap = has_newuidmap});
}

bool says(const std::string& text, const char* what) {
  return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("an owner without an id is told with the ids that there are, and the way to more") {
  const char* single = "         0       1000          1\n";
  const char* lent = "0 1000 1\n1 100000 200\n201 500000 100\n";
  const char* outer = "0 0 1\n";
  Error one = told(single, single);
  CHECK(one.kind() == ErrorKind::kHost);
  CHECK(one.message() == "cannot give /f to 12:345: there is no uid 12 here, uids are 0 alone");
  CHECK(says(one.hint(),
             "as root: usermod --add-subuids 100000-165535 --add-subgids "
             "100000-165535 user1000"));
  CHECK(!says(one.hint(), "newuidmap"));
  CHECK(says(told(single, single, false).hint(), "install newuidmap"));
  Error larger = told(lent, lent);
  CHECK(larger.message() == "cannot give /f to 12:345: there is no gid 345 here, gids are 0-300");
  CHECK(says(larger.hint(), "larger range in /etc/subuid and /etc/subgid"));
  CHECK(says(told(outer, outer).hint(), "run cairn outside of it"));
  CHECK(says(told("0 1000 1\n5 7 2\n", single).message(), "uids are 0, 5-6"));
  for (const Error& error : {one, larger}) CHECK(says(error.hint(), "--ignore-owners"));
  CHECK(says(told("0 0 4294967295\n", "0 0 4294967295\n").message(), "not permitted"));
}

TEST_CASE("root is somebody everywhere, and nobody has the id that means none") {
  CHECK(sys::has_ids({.uid = ::geteuid(), .gid = ::getegid()}));
  CHECK(!sys::has_ids({.uid = UINT32_MAX}));
  CHECK(!sys::is_overflow_id({}));
}
