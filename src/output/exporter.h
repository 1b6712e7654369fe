// SPDX-License-Identifier: Apache-2.0
//
// The interface of outputs. Each type of output (`image`, `local`, ...) is one file, and
// exporters.cc lists them. The results of a build come in as a value, and what an output reports
// leaves as one.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "oci/platform.h"
#include "output/compose.h"
#include "output/output_spec.h"
#include "progress/vertex_scope.h"
#include "registry/client.h"
#include "registry/host_rules.h"
#include "store/store.h"

namespace cairn::output {

// What was built for one platform.
struct PlatformResult {
  oci::Platform platform;  // the one asked for
  ComposedImage image;
  SnapshotId root_snapshot;
  std::optional<Timestamp> epoch;
};

// What a build exports; the same for all of its outputs.
struct ExportRequest {
  std::vector<PlatformResult> results;  // at least one
  bool several = false;                 // images become an index, trees a directory each
  std::vector<oci::Reference> names;    // --tag; an output's own names are in its spec
};

// What an exporter may use. Everything is borrowed until the export ends.
struct ExportServices {
  store::Store& store;
  snapshots::Snapshotter& snapshotter;
  registry::Client& client;
  registry::HostRules& hosts;             // the rules that `client` uses
  mode_t umask;                           // the user's, for files outside the store
  std::stop_token stop;                   // ends the wait for the other end of a pipe
  const progress::VertexScope& progress;  // the vertex of this output

  LayerStore layers() const { return {store, snapshotter, &progress.sink()}; }
};

// What outputs report.
struct Exported {
  Digest id;                       // of the image; of the index where an output made one
  Json metadata = Json::object();  // for --metadata-file
};

// An exporter is made for one OutputSpec. Not thread-safe.
class Exporter {
 public:
  virtual ~Exporter() = default;

  // Whether run() reads files of layers or asks a server. The caller then enters its namespaces
  // first; that costs milliseconds, which recording an image can save.
  virtual bool needs_namespaces() const = 0;

  // Writes the output. `earlier` is the result of the outputs before this one; the returned result
  // extends it. Throws kUsage for a request that this output cannot express, and the errors of its
  // destination. A failing output may leave parts of itself outside the store, but no name in it.
  virtual Exported run(const ExportRequest& request, const ExportServices& services,
                       Exported earlier) const = 0;
};

// An entry in the list of exporters.
struct ExporterType {
  std::string_view name;   // the value of type=
  std::string_view title;  // name of the output's vertex
  OutputTraits traits;
  std::unique_ptr<Exporter> (*make)(const OutputSpec& spec);
};

// The result that a name of the store means: the one for this host, or else the first.
const PlatformResult& main_result(const ExportRequest& request);

}  // namespace cairn::output
