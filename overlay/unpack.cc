// SPDX-License-Identifier: Apache-2.0
//
// The door to the extractor for layers. The root gets fixed metadata first: it would otherwise keep
// the mode and owner of the directory that the store made, if no entry names it.
#include "overlay/unpack.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/sys/ids.h"
#include "overlay/internal/extractor.h"

namespace cairn::overlay {

UnpackResult unpack_layer(ByteSource& tar, const std::string& dir, const UnpackLimits& limits,
                          LayerPlace place, UnmappedOwners owners) {
  sys::Fd root = sys::open_path(dir, O_RDONLY | O_DIRECTORY);
  sys::chmod_fd(root, 0755);
  sys::chown_at(root, "", {});
  internal::ExtractPolicy policy{.what = internal::Extract::kLayer,
                                 .view = internal::XattrForm::kLayer,
                                 .drop_whiteouts = place == LayerPlace::kLowest,
                                 .unmapped = owners};
  internal::Extractor extractor(std::move(root), policy, limits);
  return extractor.run(tar);
}

}  // namespace cairn::overlay
