// SPDX-License-Identifier: Apache-2.0
#include "oci/ids.h"

#include "base/error.h"

namespace cairn::oci {

ChainId extend(const ChainId& below, const DiffId& top) {
  return ChainId(Digest::of(below.str() + " " + top.str()));
}

ChainId chain_id(std::span<const DiffId> layers) {
  return chain_ids(layers).back();
}

std::vector<ChainId> chain_ids(std::span<const DiffId> layers) {
  CAIRN_ASSERT(!layers.empty(), "a chain id needs a layer");
  std::vector<ChainId> chains{ChainId(layers.front().digest())};
  for (const DiffId& layer : layers.subspan(1)) chains.push_back(extend(chains.back(), layer));
  return chains;
}

}  // namespace cairn::oci
