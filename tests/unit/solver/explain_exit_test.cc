// SPDX-License-Identifier: Apache-2.0
//
// E18: what an exit status means.
#include "solver/run/explain_exit.h"

#include <doctest/doctest.h>

#include "tests/support/temp_tree.h"

using namespace cairn;
using namespace cairn::solver;
using cairn::test::TempTree;

TEST_CASE("an exit status names the signal that is behind it") {
  CHECK(exit_text({.code = 1, .signal = 0}) == "exit code: 1");
  CHECK(exit_text({.code = 128, .signal = 0}) == "exit code: 128");
  CHECK(exit_text({.code = 255, .signal = 0}) == "exit code: 255");
  CHECK(exit_text({.code = 143, .signal = 0}) == "exit code: 143: killed by SIGTERM");
  CHECK(exit_text({.code = 0, .signal = 11}) == "exit code: 139: killed by SIGSEGV");
  CHECK(exit_text({.code = 137, .signal = 0}) ==
        "exit code: 137: killed by SIGKILL (out of memory, or killed by hand)");
}

TEST_CASE("a program whose interpreter is missing is found in the text of a command") {
  TempTree tree;
  tree.dir("bin");
  tree.file("bin/tool", "#!/usr/bin/python9 -u\n", 0755);
  tree.file("bin/fine", "#!/bin/tool\n", 0755);
  tree.file("bin/text", "#!/usr/bin/python9\n", 0644);
  sys::RootDir root = sys::RootDir::open(tree.root());
  auto explain = [&](const std::string& script) {
    return explain_not_found(root, {"/bin/sh", "-c", script}, {"A=1", "PATH=/x:/bin"}, "/bin");
  };
  std::string found =
      "/bin/tool is there, but /usr/bin/python9 that it needs to run is not in the image";
  for (const char* script : {"tool", "/bin/tool", "./tool", "../bin/tool", "true && tool; x",
                             "\"/bin/tool\" a", "(tool)", "cd /\ntool\n"}) {
    CHECK_MESSAGE(explain(script) == found, script);
  }
  for (const char* script : {"", "fine", "text", "nothing", "/", "a/b/c", "../../etc/passwd"}) {
    CHECK_MESSAGE(explain(script).empty(), script);
  }
}
