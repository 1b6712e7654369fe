// SPDX-License-Identifier: Apache-2.0
//
// What can be derived from a request alone, whatever the output.
#include "output/exporter.h"

namespace cairn::output {

const PlatformResult& main_result(const ExportRequest& request) {
  std::vector<oci::Platform> platforms;
  for (const PlatformResult& result : request.results) platforms.push_back(result.platform);
  return request.results[oci::best_match(oci::Platform::host(), platforms).value_or(0)];
}

}  // namespace cairn::output
