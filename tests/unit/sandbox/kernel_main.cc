// SPDX-License-Identifier: Apache-2.0
//
// Steps run for real, so this program needs what cairn needs: user namespaces and a static busybox.
// Where they are missing it says so and exits 77.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>

#include "kernel_support.h"

using namespace cairn;
using namespace cairn::sandbox;

int main(int argc, char** argv) {
  serve_as_launcher(argc, argv);
  if (::access(test::kBusybox, X_OK) != 0) {
    std::puts("skipped: no static busybox (Debian: busybox-static)");
    return 77;
  }
  try {
    BuilderNamespace builder = enter_builder_namespace({});
    std::string rungs = text(choose(
        [&] {
          probe_steps(builder.probe, "");
          return builder.probe;
        }(),
        {}));
    std::printf("%s\n", rungs.c_str());
    Launcher launcher = Launcher::start(builder);
    test::builder = &builder;
    test::launcher = &launcher;
    return doctest::Context(argc, argv).run();
  } catch (const Error& error) {
    std::printf("skipped: %s\nhint: %s\n", error.what(), error.hint().c_str());
    return 77;
  }
}
