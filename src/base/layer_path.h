// SPDX-License-Identifier: Apache-2.0
//
// A step, a context or an image can have directories nested so deeply that their paths take
// gigabytes, and a layer with them could not be unpacked. Code that walks a tree which becomes a
// layer, or part of one, checks each path before it descends.
#pragma once

#include <string_view>

namespace cairn {

// Throws kLimit for a path that no layer entry may have (limits::kTarPath, limits::kTarDepth).
// `path` has no "/" at its start.
void check_layer_path(std::string_view path);

}  // namespace cairn
