// SPDX-License-Identifier: Apache-2.0
//
// The functions of isa-l that cairn uses. The library is loaded at the first call of isal()
// (sys/library.h).
#pragma once

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "base/sys/library.h"

namespace cairn::internal {

struct Isal {
  sys::Library library{"libisal.so.2", "libisal2"};
  CAIRN_FUNCTION_OF(library, crc32_gzip_refl);
  CAIRN_FUNCTION_OF(library, isal_deflate_stateless);
  CAIRN_FUNCTION_OF(library, isal_deflate_stateless_init);
  CAIRN_FUNCTION_OF(library, isal_inflate);
  CAIRN_FUNCTION_OF(library, isal_inflate_init);
  CAIRN_FUNCTION_OF(library, isal_inflate_reset);
};

inline const Isal& isal() {
  static const Isal loaded;
  return loaded;
}

}  // namespace cairn::internal
