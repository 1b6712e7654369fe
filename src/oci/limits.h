// SPDX-License-Identifier: Apache-2.0
//
// Bounds on images. All of it is foreign input; a document beyond a bound is refused before it is
// used. Sizes are bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cairn::oci {

// Registries refuse larger manifests, as do containerd and skopeo.
inline constexpr std::size_t kMaxManifestSize = 4 << 20;
inline constexpr std::size_t kMaxConfigSize = 8 << 20;
// overlayfs stacks at most 500 lower directories (OVL_MAX_STACK, fs/overlayfs/super.c).
inline constexpr std::size_t kMaxLayers = 500;
inline constexpr std::size_t kMaxIndexEntries = 4096;
inline constexpr int kMaxIndexDepth = 8;  // nested indexes; real images have one or two
inline constexpr std::size_t kMaxHistory = 10'000;
inline constexpr std::int64_t kMaxBlobSize = std::int64_t{1} << 40;

}  // namespace cairn::oci
