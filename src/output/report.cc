// SPDX-License-Identifier: Apache-2.0
//
// BuildKit's exporters show each action as a finished status without a size.
#include "output/internal/report.h"

namespace cairn::output::internal {

void report(const ExportServices& services, std::string text) {
  Timestamp time = now();
  services.progress.sink().send(progress::Status{.vertex = services.progress.id(),
                                                 .name = std::move(text),
                                                 .started = time,
                                                 .time = time,
                                                 .completed = true});
}

}  // namespace cairn::output::internal
