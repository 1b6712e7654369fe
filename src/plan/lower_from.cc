// SPDX-License-Identifier: Apache-2.0
//
// FROM: what a stage starts from. All names are checked before the first image is resolved, so that
// a typo is reported without network. An image without layers acts as scratch but keeps its config.
#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "plan/internal/bases.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {
namespace {

constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

oci::Reference parse_base(const StageState& stage, const std::vector<std::string>& stage_names) {
  auto name_stage = [&](const Error& error) {
    Error out = dockerfile_error("failed to parse stage name {}: {}", go_quote(stage.base_name),
                                 error.message());
    out.set_span_if_none(stage.span);
    // A name that is a stage in lower case probably means that stage.
    for (const std::string& name : stage_names) {
      if (!equal_fold(name, stage.base_name)) continue;
      out.set_hint(fmt::format("names of stages are lower case: write FROM {}", name));
    }
    throw out;
  };
  return amend(name_stage, [&] { return oci::Reference::parse(stage.base_name); });
}

// The part of the base image's config that a child inherits.
oci::ImageConfig inherited(oci::ImageConfig config) {
  // History and layers of the base are added when the image is composed.
  config.created.reset();
  config.on_build.clear();
  config.diff_ids.clear();
  config.history.clear();
  return config;
}

std::string with_digest(oci::Reference reference, const Digest& digest) {
  reference.digest = digest;
  return reference.str();
}

// Variants are ignored: a lower one runs as well.
void lint_platform(const StageState& stage, const oci::Platform& wanted, const oci::Platform& has,
                   dockerfile::Linter& linter) {
  if (wanted.os == has.os && wanted.architecture == has.architecture) return;
  linter.report(dockerfile::rules::kInvalidBaseImagePlatform, stage.span, {}, stage.base_name,
                go_quote(has.normalised().str()), go_quote(wanted.normalised().str()));
}

}  // namespace

void start_environment(ImageState& image) {
  bool has_path = false;
  for (const std::string& text : image.config.env) {
    auto [name, value] = split_variable(text);
    has_path = has_path || name == "PATH";
  }
  // As BuildKit: an image without PATH gets the default one, also in its config.
  if (!has_path) image.config.env.push_back(fmt::format("PATH={}", kDefaultPath));
  for (const std::string& text : image.config.env) {
    auto [name, value] = split_variable(text);
    image.env.set(name, value);
  }
  // Some images have a relative WorkingDir; it is relative to "/".
  if (!image.config.working_dir.empty() && image.config.working_dir[0] != '/') {
    image.config.working_dir = rooted_path(image.config.working_dir);
  }
}

void copy_local_to_root(StageState& stage, Vertices& vertices) {
  ImageState& image = stage.image;
  if (image.root != image.base) return;  // already done
  image.base = vertices.scratch();
  VertexId files = vertices.local(*stage.local);
  std::string name = fmt::format("[context {}] copy to an empty root", *stage.local);
  image.root = vertices.add({.op = CopyOp{.sources = {{.from = files, .path = "/"}}, .dest = "/"},
                             .inputs = {image.base, files},
                             .name = name,
                             .stage = stage.name,
                             .span = stage.span});
  image.history.push_back(
      {.created_by = name, .comment = "buildkit.exporter.image.v0", .vertex = image.root});
}

oci::Platform Bases::platform_of(const StageState& stage) const {
  return stage.platform_flag.value_or(options_.platform.value_or(options_.build_platform));
}

std::optional<ImageRequest> Bases::request_of(const StageState& stage) const {
  // A named context that is an image is resolved for the same platform.
  oci::Platform platform = platform_of(stage);
  if (stage.context) {
    const auto* image = std::get_if<ImageContext>(&options_.contexts.at(*stage.context));
    if (image == nullptr) return std::nullopt;
    return ImageRequest{.reference = image->reference, .platform = platform};
  }
  if (stage.base_name == "scratch") return std::nullopt;
  return ImageRequest{.reference = parse_base(stage, stage_names_), .platform = platform};
}

void Bases::resolve(const std::vector<StageState*>& stages) {
  std::vector<StageState*> todo;
  for (StageState* stage : stages) {
    if (stage->base != nullptr || stage->resolved) continue;
    todo.push_back(stage);
    request_of(*stage);  // throws for a malformed name before any image is resolved
  }
  for (StageState* stage : todo) at_span(stage->span, [&] { resolve_one(*stage); });
}

const ResolvedImage& Bases::ask(const ImageRequest& request) {
  // Stages with the same base make one request.
  auto known = answers_.find(request);
  if (known == answers_.end()) {
    ResolvedImage image = images_.resolve(request.reference, request.platform);
    known = answers_.emplace(request, std::move(image)).first;
  }
  return known->second;
}

void Bases::resolve_one(StageState& stage) {
  stage.resolved = true;
  if (std::optional<ImageRequest> request = request_of(stage)) {
    start_from_image(stage, *request);
    return;
  }
  start_from_scratch(stage);
  if (!stage.context) return;
  const NamedContext& context = options_.contexts.at(*stage.context);
  if (std::holds_alternative<LocalContext>(context)) stage.local = stage.context;
  stage.remote =
      std::holds_alternative<GitContext>(context) || std::holds_alternative<HttpContext>(context);
}

void Bases::start_from_scratch(StageState& stage) {
  ImageState& image = stage.image;
  // scratch has the platform of the target, whatever --platform says.
  image.config.platform = options_.platform.value_or(options_.build_platform);
  image.config.working_dir = "/";
}

void Bases::start_from_image(StageState& stage, const ImageRequest& request) {
  ImageState& image = stage.image;
  ResolvedImage resolved = ask(request);
  // Taken first: inherited() clears them, since ONBUILD is not inherited.
  stage.triggers = resolved.config.on_build;
  image.config = inherited(std::move(resolved.config));
  if (!resolved.has_layers) return;
  if (!stage.context) lint_platform(stage, request.platform, image.config.platform, linter_);
  stage.base_op = ImageOp{.reference = request.reference,
                          .platform = request.platform,
                          .manifest = resolved.manifest,
                          .digest = resolved.digest};
}

// A repository or remote file in place of an image: one layer on an empty root.
void Bases::place_remote(StageState& stage, Vertices& vertices) const {
  const NamedContext& context = options_.contexts.at(*stage.context);
  ImageState& image = stage.image;
  image.base = vertices.scratch();
  if (const auto* git = std::get_if<GitContext>(&context)) {
    image.root = vertices.git(git->op, stage.span);
  } else {
    image.root = vertices.http(std::get<HttpContext>(context).op, stage.span);
  }
  image.history.push_back({.created_by = fmt::format("[context {}]", *stage.context),
                           .comment = "buildkit.exporter.image.v0",
                           .vertex = image.root});
}

void Bases::place(StageState& stage, Vertices& vertices) const {
  bool counted = stage.in_file && !stage.replaced && stage.base_name != "scratch";
  std::string prefix = counted ? step_prefix(stage) : "";
  if (stage.local) return;  // no root needed unless a stage builds on it
  if (stage.remote) return place_remote(stage, vertices);
  VertexId& base = stage.image.base;
  if (!stage.base_op) {
    base = vertices.scratch();
  } else {
    std::string name =
        prefix + "FROM " + with_digest(stage.base_op->reference, stage.base_op->digest);
    if (stage.context) {
      name = fmt::format("[context {}] {}", *stage.context, stage.base_op->reference.str());
    }
    base = vertices.image(*stage.base_op, std::move(name), stage.span);
  }
  stage.image.root = base;
}

}  // namespace cairn::plan
