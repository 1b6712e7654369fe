// SPDX-License-Identifier: Apache-2.0
//
// dlopen(3) with RTLD_NOW, so that a broken installation fails here with a message and not at a
// later call, and RTLD_LOCAL, so that the library's symbols never replace ours.
#include "base/sys/library.h"

#include <dlfcn.h>

#include "base/error.h"

namespace cairn::sys {

Library::Library(const char* soname, const char* package)
    : handle_(::dlopen(soname, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ != nullptr) return;
  throw Error::of(ErrorKind::kHost, "cannot load {}: {}", soname, ::dlerror())
      .with_hint(fmt::format("install it, on Debian: apt-get install {}", package));
}

void* Library::address(const char* name) const {
  void* found = ::dlsym(handle_, name);
  CAIRN_ASSERT(found != nullptr, "a library has what its headers declare");
  return found;
}

}  // namespace cairn::sys
