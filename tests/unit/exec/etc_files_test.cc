// SPDX-License-Identifier: Apache-2.0
//
// The texts of /etc/hosts and /etc/resolv.conf of a step, and which steps share a file.
#include "exec/etc_files.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include "base/sys/file.h"
#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::exec;
using cairn::test::TempTree;

namespace {

std::string shown(const sys::Fd& file) {
  return sys::read_all(sys::reopen(file, O_RDONLY));
}

}  // namespace

TEST_CASE("the hosts file of a step has the extra hosts last, one file for equal ones") {
  TempTree tmp;
  EtcFiles etc(tmp.root());
  sandbox::NetworkLease host(sandbox::NetworkMode::kHost);
  sys::Fd plain = etc.open_hosts("box", {}, host), again = etc.open_hosts("box", {}, host);
  sys::Fd extra = etc.open_hosts("box", {{"db", "10.0.0.1"}, {"v6", "::2"}}, host);
  CHECK(shown(plain).find("127.0.0.1\tlocalhost") == 0);
  CHECK(shown(extra) == shown(plain) + "10.0.0.1\tdb\n::2\tv6\n");
  CHECK(sys::stat_of(plain).st_ino == sys::stat_of(again).st_ino);
  CHECK(sys::stat_of(plain).st_ino != sys::stat_of(extra).st_ino);
  CHECK((sys::stat_of(extra).st_mode & 07777) == 0644);
}

TEST_CASE("a step's resolver configuration is the host's, in a file of our own") {
  TempTree tmp;
  {
    EtcFiles etc(tmp.root());
    sys::Fd file = etc.open_resolv_conf("");
    CHECK(shown(file) == sys::find_file("/etc/resolv.conf").value_or(""));
    CHECK(sys::list_dir(tmp.fd()).size() == 1);
  }
  CHECK(sys::list_dir(tmp.fd()).empty());
}
