// SPDX-License-Identifier: Apache-2.0
//
// How a store is opened.
#pragma once

namespace cairn::store {

// kMayBeReadOnly is for commands that only read: they may open a store on a read-only filesystem,
// and then nothing is created in it or beside it.
enum class Access { kWrite, kMayBeReadOnly };

}  // namespace cairn::store
