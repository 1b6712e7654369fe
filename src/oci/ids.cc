// SPDX-License-Identifier: Apache-2.0
//
// ChainID(L0) is DiffID(L0); ChainID(L0|...|Ln) is SHA256(ChainID(L0|...|Ln-1) + " " + DiffID(Ln)),
// over the texts with their "sha256:" prefixes (OCI image spec, config.md).
#include "oci/ids.h"

#include "base/error.h"

namespace cairn::oci {

ChainId extend(const ChainId& below, const DiffId& top) {
  return ChainId(Digest::of(below.str() + " " + top.str()));
}

ChainId chain_id(std::span<const DiffId> layers) {
  CAIRN_ASSERT(!layers.empty(), "a chain id needs a layer");
  return chain_ids(layers).back();
}

std::vector<ChainId> chain_ids(std::span<const DiffId> layers) {
  std::vector<ChainId> chains;
  for (const DiffId& layer : layers) {
    chains.push_back(chains.empty() ? ChainId(layer.digest()) : extend(chains.back(), layer));
  }
  return chains;
}

}  // namespace cairn::oci
