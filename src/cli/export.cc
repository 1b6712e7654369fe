// SPDX-License-Identifier: Apache-2.0
#include "cli/export.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/output_file.h"
#include "output/archive.h"
#include "output/push.h"
#include "output/tree.h"

namespace cairn::cli {
namespace {

using output::OutputSpec;
using output::OutputType;

class Export {
 public:
  Export(Session& session, const ExportRequest& request) : session_(session), request_(request) {}

  void image(const std::vector<oci::Reference>& names, progress::VertexScope& scope) {
    status(scope, "exporting layers");
    output::keep(session_.store(), request_.image, names);
    status(scope, "writing image " + request_.image.id.str());
    for (const oci::Reference& name : names) status(scope, "naming to " + name.str());
    metadata["containerimage.config.digest"] = request_.image.id.str();
    if (!names.empty()) metadata["image.name"] = join_names(names);
  }

  void run(const OutputSpec& spec, progress::VertexScope& scope) {
    std::vector<oci::Reference> names = request_.names;
    names.insert(names.end(), spec.names.begin(), spec.names.end());
    switch (spec.type) {
      case OutputType::kLocal:
        status(scope, "copying files");
        return output::write_tree_directory(session_.store(), request_.root_snapshot, epoch(),
                                            spec.dest);
      case OutputType::kTar:
        status(scope, "sending tarball");
        return write_output_file(spec.dest, [&](const sys::Fd& out) {
          sys::FdSink sink(out);
          output::write_tree_archive(session_.store(), request_.root_snapshot, epoch(), sink);
        });
      case OutputType::kImage:
      case OutputType::kRegistry:
        if (spec.push) push(spec, names, scope);
        return;
      case OutputType::kOci:
      case OutputType::kDocker: return archive(spec, names, scope);
    }
  }

  Json metadata = Json::object();

 private:
  std::optional<std::int64_t> epoch() const {
    if (!request_.epoch) return std::nullopt;
    return request_.epoch->seconds;
  }

  static std::string join_names(const std::vector<oci::Reference>& names) {
    std::vector<std::string> texts;
    for (const oci::Reference& name : names) texts.push_back(name.str());
    return join(texts, ",");
  }

  void status(const progress::VertexScope& scope, const std::string& text) {
    Timestamp time = now();
    scope.sink().send(progress::Status{.vertex = scope.id(),
                                       .name = text,
                                       .current = 0,
                                       .total = 0,
                                       .started = time,
                                       .time = time,
                                       .completed = true});
  }

  output::WholeImage whole(const OutputSpec& spec, const progress::VertexScope& scope) {
    output::WholeImage whole = output::make_whole(session_.store(), request_.image.id, spec.blobs);
    status(scope, "exporting manifest " + whole.descriptor.digest.str());
    status(scope, "exporting config " + request_.image.id.str());
    metadata["containerimage.digest"] = whole.descriptor.digest.str();
    metadata["containerimage.descriptor"] = oci::to_json(whole.descriptor);
    return whole;
  }

  void archive(const OutputSpec& spec, const std::vector<oci::Reference>& names,
               const progress::VertexScope& scope) {
    std::vector<output::ArchivedImage> images = {{whole(spec, scope), names}};
    if (spec.type == OutputType::kOci && !spec.tar) {
      return output::write_oci_layout(session_.store(), images, spec.dest);
    }
    status(scope, "sending tarball");
    write_output_file(spec.dest, [&](const sys::Fd& out) {
      if (spec.type == OutputType::kOci) {
        output::write_oci_archive(session_.store(), images, out);
      } else {
        output::write_docker_archive(session_.store(), images, out);
      }
    });
  }

  void push(const OutputSpec& spec, const std::vector<oci::Reference>& names,
            const progress::VertexScope& scope) {
    if (names.empty()) {
      throw Error(ErrorKind::kUsage, "a push needs a name").with_hint("give one with --tag");
    }
    output::WholeImage image = whole(spec, scope);
    for (const oci::Reference& name : names) {
      status(scope, "pushing manifest for " + name.str());
      output::push_image(session_.client(), session_.store(), image, name, scope);
    }
  }

  Session& session_;
  const ExportRequest& request_;
};

const char* title_of(OutputType type) {
  switch (type) {
    case OutputType::kLocal: return "exporting to client directory";
    case OutputType::kTar: return "exporting to client tarball";
    case OutputType::kOci: return "exporting to oci image format";
    case OutputType::kDocker: return "exporting to docker image format";
    default: return "exporting to image";
  }
}

}  // namespace

Json export_build(Session& session, const ExportRequest& request,
                  const std::vector<OutputSpec>& outputs) {
  Export exporting(session, request);
  for (const OutputSpec& spec : outputs) {
    progress::run_vertex(session.display(), title_of(spec.type), [&](progress::VertexScope& scope) {
      // An archive is made from an image of the store; only an image output gives it a name there.
      std::vector<oci::Reference> names = request.names;
      names.insert(names.end(), spec.names.begin(), spec.names.end());
      bool stays = spec.type == OutputType::kImage || spec.type == OutputType::kRegistry;
      if (!spec.is_tree()) exporting.image(stays ? names : std::vector<oci::Reference>(), scope);
      exporting.run(spec, scope);
    });
  }
  return exporting.metadata;
}

}  // namespace cairn::cli
