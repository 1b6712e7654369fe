// SPDX-License-Identifier: Apache-2.0
#include "overlay/unpack.h"

#include <fcntl.h>

#include "base/error.h"
#include "overlay/internal/extractor.h"

namespace cairn::overlay {

UnpackResult unpack_layer(ByteSource& tar, const std::string& dir, const UnpackLimits& limits,
                          LayerPlace place) {
  sys::Fd root = sys::open_path(dir, O_RDONLY | O_DIRECTORY);
  sys::chmod_fd(root, 0755);
  sys::chown_at(root, "", 0, 0);
  // The root is implied until an entry names it.
  internal::ExtractPolicy policy{.base = {},
                                 .view = internal::View::kLayer,
                                 .whiteouts = true,
                                 .drop_whiteouts = place == LayerPlace::kLowest};
  internal::Extractor extractor(std::move(root), std::move(policy), limits);
  return extractor.run(tar);
}

}  // namespace cairn::overlay
