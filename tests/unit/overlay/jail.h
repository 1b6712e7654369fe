// SPDX-License-Identifier: Apache-2.0
//
// A place to unpack hostile archives in: what escapes would have to touch the canary beside it.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "base/error.h"
#include "overlay/unpack.h"
#include "support/temp_tree.h"

namespace cairn::test {

// A layer directory beside a canary that no archive may touch.
struct Jail {
  TempTree outside;
  std::string dir;

  Jail() {
    outside.file("canary", "alive");
    outside.dir("layer");
    dir = outside.at("layer");
  }
  ~Jail() { CHECK(intact()); }

  overlay::UnpackResult unpack(const std::string& tar, const overlay::UnpackLimits& limits = {},
                               overlay::LayerPlace place = overlay::LayerPlace::kAboveOthers) {
    MemorySource source(tar);
    return overlay::unpack_layer(source, dir, limits, place);
  }
  ErrorKind failure(const std::string& tar, const overlay::UnpackLimits& limits = {}) {
    try {
      unpack(tar, limits);
    } catch (const Error& error) {
      return error.kind();
    }
    FAIL("it was unpacked");
    return ErrorKind::kBug;
  }
  bool has(const std::string& path) const { return outside.has("layer/" + path); }
  std::string text(const std::string& path) const { return outside.text("layer/" + path); }
  struct stat stat(const std::string& path) const {
    return outside.stat("layer/" + path);
  }
  bool intact() const {
    return outside.text("canary") == "alive" && outside.stat("canary").st_nlink == 1 &&
           sys::list_dir(outside.fd()).size() == 2;
  }
  bool opaque(const std::string& path) const {
    sys::Fd fd = sys::open_path(dir + "/" + path, O_RDONLY);
    return sys::find_xattr(fd, "user.overlay.opaque") == "y";
  }
};

}  // namespace cairn::test
