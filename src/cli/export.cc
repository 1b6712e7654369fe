// SPDX-License-Identifier: Apache-2.0
#include "cli/export.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/sys/file.h"
#include "base/text.h"
#include "cli/output_file.h"
#include "output/archive.h"
#include "output/index.h"
#include "output/push.h"
#include "output/tree.h"

namespace cairn::cli {
namespace {

using output::OutputSpec;
using output::OutputType;

class Export {
 public:
  Export(Session& session, const ExportRequest& request)
      : session_(session), request_(request), main_(main_result(request)), id_(main_.image.id) {}

  void image(const std::vector<oci::Reference>& names, progress::VertexScope& scope) {
    status(scope, "exporting layers");
    for (const PlatformResult& result : request_.results) {
      bool named = &result == &main_;
      output::keep(session_.store(), result.image, named ? names : std::vector<oci::Reference>());
      status(scope, "writing image " + result.image.id.str());
    }
    for (const oci::Reference& name : names) status(scope, "naming to " + name.str());
    if (!names.empty()) say_who_is_named(names);
    if (!request_.several) metadata_["containerimage.config.digest"] = main_.image.id.str();
    if (!names.empty()) metadata_["image.name"] = join_names(names);
  }

  void run(const OutputSpec& spec, progress::VertexScope& scope) {
    std::vector<oci::Reference> names = request_.names;
    names.insert(names.end(), spec.names.begin(), spec.names.end());
    switch (spec.type) {
      case OutputType::kLocal: return directory(spec, scope);
      case OutputType::kTar: return tar(spec, scope);
      case OutputType::kImage:
      case OutputType::kRegistry:
        if (spec.push) push(spec, names, scope);
        return;
      case OutputType::kOci:
      case OutputType::kDocker: return archive(spec, names, scope);
    }
  }

  Exported take() && { return {.id = id_, .metadata = std::move(metadata_)}; }

 private:
  std::optional<std::int64_t> epoch() const {
    if (!main_.epoch) return std::nullopt;
    return main_.epoch->seconds;
  }

  // A name of the store means one image: the one that runs here, or else the first.
  static const PlatformResult& main_result(const ExportRequest& request) {
    std::vector<oci::Platform> platforms;
    for (const PlatformResult& result : request.results) platforms.push_back(result.platform);
    return request.results[oci::best_match(oci::Platform::host(), platforms).value_or(0)];
  }

  void say_who_is_named(const std::vector<oci::Reference>& names) {
    if (request_.results.size() == 1 || said_) return;
    said_ = true;
    std::vector<std::string> others;
    for (const PlatformResult& result : request_.results) {
      if (&result == &main_) continue;
      others.push_back(fmt::format("{} {}", result.platform, result.image.id));
    }
    session_.display().send(progress::Warning{
        .vertex = {},
        .message = fmt::format("{} is the image for {} in this store, which keeps the others "
                               "without a name: {}",
                               join_names(names), main_.platform, join(others, ", "))});
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

  // --- trees ---

  bool is_split(const OutputSpec& spec) const {
    return spec.platform_split.value_or(request_.several);
  }

  std::vector<output::PlatformTree> trees() const {
    std::vector<output::PlatformTree> trees;
    for (const PlatformResult& result : request_.results) {
      trees.push_back({.platform = result.platform, .snapshot = result.root_snapshot});
    }
    return trees;
  }

  void directory(const OutputSpec& spec, const progress::VertexScope& scope) {
    if (!is_split(spec)) {
      status(scope, "copying files");
      return output::merge_tree_directories(session_.store(), trees(), epoch(), spec.dest);
    }
    sys::make_dirs(spec.dest, 0755);
    for (const output::PlatformTree& tree : trees()) {
      status(scope, "copying files " + tree.platform.str());
      output::write_tree_directory(session_.store(), tree.snapshot, epoch(),
                                   spec.dest + "/" + output::platform_directory(tree.platform));
    }
  }

  void tar(const OutputSpec& spec, const progress::VertexScope& scope) {
    status(scope, "sending tarball");
    write_output_file(spec.dest, [&](const sys::Fd& out) {
      sys::FdSink sink(out);
      if (is_split(spec)) {
        output::write_platform_archive(session_.store(), trees(), epoch(), sink);
      } else {
        output::write_tree_archive(session_.store(), main_.root_snapshot, epoch(), sink);
      }
    });
  }

  // --- images ---

  void describe(const oci::Descriptor& descriptor) {
    metadata_["containerimage.digest"] = descriptor.digest.str();
    metadata_["containerimage.descriptor"] = oci::to_json(descriptor);
  }

  output::WholeImage whole(const PlatformResult& result, const OutputSpec& spec,
                           const progress::VertexScope& scope) {
    output::WholeImage whole = output::make_whole(session_.store(), result.image.id, spec.blobs);
    status(scope, "exporting manifest " + whole.descriptor.digest.str());
    status(scope, "exporting config " + result.image.id.str());
    if (!request_.several) describe(whole.descriptor);
    return whole;
  }

  output::WholeIndex index(const OutputSpec& spec, const progress::VertexScope& scope) {
    std::vector<output::PlatformImage> images;
    for (const PlatformResult& result : request_.results) {
      images.push_back({.platform = result.platform, .image = whole(result, spec, scope)});
    }
    output::WholeIndex index = output::make_index(std::move(images));
    status(scope, "exporting manifest list " + index.descriptor.digest.str());
    describe(index.descriptor);
    id_ = index.descriptor.digest;
    return index;
  }

  void archive(const OutputSpec& spec, const std::vector<oci::Reference>& names,
               const progress::VertexScope& scope) {
    store::Store& store = session_.store();
    if (request_.several) {
      output::ArchivedIndex archived{.index = index(spec, scope), .names = names};
      if (!spec.tar) return output::write_oci_layout(store, archived, spec.dest);
      status(scope, "sending tarball");
      return write_output_file(
          spec.dest, [&](const sys::Fd& out) { output::write_oci_archive(store, archived, out); });
    }
    std::vector<output::ArchivedImage> images = {{whole(main_, spec, scope), names}};
    if (spec.type == OutputType::kOci && !spec.tar) {
      return output::write_oci_layout(store, images, spec.dest);
    }
    status(scope, "sending tarball");
    write_output_file(spec.dest, [&](const sys::Fd& out) {
      if (spec.type == OutputType::kOci) {
        output::write_oci_archive(store, images, out);
      } else {
        output::write_docker_archive(store, images, out);
      }
    });
  }

  void push(const OutputSpec& spec, const std::vector<oci::Reference>& names,
            const progress::VertexScope& scope) {
    if (names.empty()) {
      throw Error(ErrorKind::kUsage, "a push needs a name").with_hint("give one with --tag");
    }
    if (request_.several) {
      output::WholeIndex all = index(spec, scope);
      for (const oci::Reference& name : names) {
        status(scope, "pushing manifest for " + name.str());
        output::push_index(session_.client(), session_.store(), all, name, scope);
      }
      return;
    }
    output::WholeImage image = whole(main_, spec, scope);
    for (const oci::Reference& name : names) {
      status(scope, "pushing manifest for " + name.str());
      output::push_image(session_.client(), session_.store(), image, name, scope);
    }
  }

  Session& session_;
  const ExportRequest& request_;
  const PlatformResult& main_;
  Digest id_;
  Json metadata_ = Json::object();
  bool said_ = false;
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

Exported export_build(Session& session, const ExportRequest& request,
                      const std::vector<OutputSpec>& outputs) {
  Export exporting(session, request);
  for (const OutputSpec& spec : outputs) {
    progress::run_vertex(session.display(), title_of(spec.type), [&](progress::VertexScope& scope) {
      // An archive is made from an image of the store; only an image output gives it a name there.
      std::vector<oci::Reference> names = request.names;
      names.insert(names.end(), spec.names.begin(), spec.names.end());
      bool stays = spec.type == OutputType::kImage || spec.type == OutputType::kRegistry;
      if (!stays || spec.push) session.enter();  // reads layers, or asks a server
      if (!spec.is_tree()) exporting.image(stays ? names : std::vector<oci::Reference>(), scope);
      exporting.run(spec, scope);
    });
  }
  return std::move(exporting).take();
}

}  // namespace cairn::cli
