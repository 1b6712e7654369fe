// SPDX-License-Identifier: Apache-2.0
//
// Bounds on what images may ask of us. All of it comes from strangers; a document beyond these is
// refused before it is used.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cairn::oci {

// Registries refuse larger manifests, and so do containerd and skopeo.
inline constexpr std::size_t kMaxManifestSize = 4 << 20;
inline constexpr std::size_t kMaxConfigSize = 8 << 20;
// The kernel stacks at most 500 lower directories (OVL_MAX_STACK, fs/overlayfs/super.c).
inline constexpr std::size_t kMaxLayers = 500;
inline constexpr std::size_t kMaxIndexEntries = 4096;
inline constexpr std::size_t kMaxHistory = 10'000;
inline constexpr std::int64_t kMaxBlobSize = std::int64_t{1} << 40;

}  // namespace cairn::oci
