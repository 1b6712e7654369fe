// SPDX-License-Identifier: Apache-2.0
//
// The pulling half of the client; push.cc has the other. resolve() takes manifest and config from
// one server, the first that has them, and warns about mirrors that fail. fetch_blob() falls back
// from mirrors to the registry for each blob, without a second warning.
#include "registry/client.h"

#include "base/attempt.h"
#include "base/error.h"
#include "base/text.h"
#include "oci/limits.h"
#include "registry/internal/blob_source.h"
#include "registry/internal/session.h"

namespace cairn::registry {
namespace {

// Every media type we can read, or refuse with a reason: without the old ones, a registry would
// answer 404 for a schema 1 image.
std::string accepted_types() {
  return fmt::format("{}, {}, {}, {}, {}, {}", oci::kOciManifest, oci::kOciIndex,
                     oci::kDockerManifest, oci::kDockerIndex, oci::kDockerSchema1Signed,
                     oci::kDockerSchema1);
}

Subject subject_of(const Endpoint& endpoint, const oci::Reference& reference, std::string what) {
  return {.endpoint = endpoint,
          .repository = reference.repository,
          .what = std::move(what),
          .image = reference.familiar()};
}

// Adds ?ns=REGISTRY for mirrors, as containerd does: one mirror may serve several registries, and
// the repository's name alone does not tell which.
void name_origin(Request& request, const Endpoint& endpoint, const oci::Reference& reference) {
  if (endpoint.mirror) request.url.target += "?ns=" + percent_encode(reference.registry);
}

void check_is_image(const oci::Manifest& manifest, const oci::Reference& reference) {
  std::string_view type = manifest.config.media_type;
  if (type == oci::kOciConfig || type == oci::kDockerConfig) return;
  throw Error::of(ErrorKind::kRegistry, "{} is no container image: its config is {}",
                  reference.familiar(), clean_text(type, 100));
}

void check_layers(const ResolvedManifest& image, const oci::Reference& reference) {
  if (image.manifest.layers.size() == image.config.diff_ids.size()) return;
  throw Error::of(ErrorKind::kRegistry, "{}: the manifest has {} layers, the config {}",
                  reference.familiar(), image.manifest.layers.size(), image.config.diff_ids.size());
}

}  // namespace

struct Client::Fetched {
  std::string bytes;
  std::string content_type;
  Digest digest;
};

Client::Client(Transport& transport, const Credentials& credentials, progress::Sink& sink,
               ClientSettings settings)
    : sink_(sink),
      settings_(std::move(settings)),
      session_(std::make_unique<Session>(transport, credentials, settings_, sink)) {}

Client::~Client() = default;

ResolvedManifest Client::resolve(const oci::Reference& reference, const oci::Platform& platform) {
  ErrorContext while_here([&] { return "resolving " + reference.familiar(); });
  std::vector<Endpoint> endpoints = settings_.mirrors.for_pull(reference.registry);
  for (const Endpoint& endpoint : endpoints) {
    auto ask = [&] {
      return amend(blame_server, [&] {
        return resolve_at(session_->choose_scheme(endpoint), reference, platform);
      });
    };
    // The registry itself is always last.
    if (!endpoint.mirror) return ask();
    std::optional<ResolvedManifest> found;
    std::optional<Error> failure = failure_of([&] { found = ask(); });
    if (!failure) return std::move(found).value();
    // Only a mirror's failure is a reason to ask the next server; an error of this host would be
    // the same there.
    if (failure->kind() != ErrorKind::kRegistry) throw *failure;
    sink_.send(
        progress::Warning{.vertex = std::nullopt,
                          .message = fmt::format("mirror {}: {}; asking the next",
                                                 endpoint.base.origin(), failure->message())});
  }
  CAIRN_ASSERT(false, "the origin is always the last endpoint");
  throw Error(ErrorKind::kBug, "no endpoint");
}

ResolvedManifest Client::resolve_at(const Endpoint& endpoint, const oci::Reference& reference,
                                    const oci::Platform& platform) {
  std::string wanted = reference.digest ? reference.digest->str() : reference.tag;
  Fetched top = fetch_manifest(endpoint, reference, wanted);
  Fetched own = top;
  oci::Document document = oci::parse_document(top.bytes, top.content_type);
  bool listed = std::holds_alternative<oci::Index>(document);
  if (listed) {
    const oci::Descriptor& entry = select_manifest(std::get<oci::Index>(document), platform);
    own = fetch_manifest(endpoint, reference, entry.digest.str());
    document = oci::parse_manifest(own.bytes, own.content_type);
  }
  ResolvedManifest image{.manifest = std::get<oci::Manifest>(std::move(document)),
                         .bytes = std::move(own.bytes),
                         .descriptor = {.media_type = {}, .digest = own.digest},
                         .digest = top.digest,
                         .index_bytes = listed ? std::move(top.bytes) : std::string(),
                         .config_bytes = {},
                         .config = {}};
  image.descriptor.media_type = image.manifest.media_type;
  image.descriptor.size = static_cast<std::int64_t>(image.bytes.size());
  check_is_image(image.manifest, reference);
  image.config_bytes = fetch_config(endpoint, reference, image.manifest.config);
  image.config = oci::parse_image_config(image.config_bytes);
  check_layers(image, reference);
  // A plain manifest is used whatever its platform, but the user should know.
  if (!listed && !oci::best_match(platform, std::span(&image.config.platform, 1))) {
    sink_.send(progress::Warning{
        .vertex = std::nullopt,
        .message =
            fmt::format("{} is for {} and not for {}, using it all the same", reference.familiar(),
                        clean_text(image.config.platform.str(), 100), platform)});
  }
  return image;
}

Client::Fetched Client::fetch_manifest(const Endpoint& endpoint, const oci::Reference& reference,
                                       const std::string& tag_or_digest) {
  Subject subject = subject_of(endpoint, reference, "manifest of " + reference.familiar());
  Request request = session_->request(subject, Method::kGet, "/manifests/" + tag_or_digest);
  request.headers.set("Accept", accepted_types());
  name_origin(request, endpoint, reference);
  auto slot = session_->slot(endpoint, HostLimits::Kind::kJson);
  auto [response, body] = session_->fetch(subject, request, oci::kMaxManifestSize);
  Digest digest = Digest::of(body);
  Fetched out{.bytes = std::move(body),
              .content_type = response.headers.find("Content-Type").value_or(""),
              .digest = digest};
  // A pull by digest is verified against the name. A pull by tag has only the header, which is
  // optional.
  std::string expected = tag_or_digest;
  if (!Digest::find(expected)) {
    expected = response.headers.find("Docker-Content-Digest").value_or("");
  }
  if (Digest::find(expected) && out.digest.str() != expected) {
    throw Error::of(ErrorKind::kRegistry, "digest mismatch: {} sent {} as manifest {}",
                    response.url.origin(), out.digest, expected);
  }
  return out;
}

std::string Client::fetch_config(const Endpoint& endpoint, const oci::Reference& reference,
                                 const oci::Descriptor& descriptor) {
  Subject subject = subject_of(endpoint, reference, "config of " + reference.familiar());
  if (descriptor.size > static_cast<std::int64_t>(oci::kMaxConfigSize)) {
    throw Error::of(ErrorKind::kRegistry, "the {} has {} bytes, more than 8 MiB", subject.what,
                    descriptor.size);
  }
  Request request = session_->request(subject, Method::kGet, "/blobs/" + descriptor.digest.str());
  name_origin(request, endpoint, reference);
  auto slot = session_->slot(endpoint, HostLimits::Kind::kJson);
  auto [response, bytes] =
      session_->fetch(subject, request, static_cast<std::size_t>(descriptor.size));
  Digest digest = Digest::of(bytes);
  if (digest != descriptor.digest) {
    throw Error::of(ErrorKind::kRegistry, "digest mismatch: {} sent {} as config {}",
                    response.url.origin(), digest, descriptor.digest);
  }
  return std::move(bytes);
}

std::unique_ptr<ByteSource> Client::fetch_blob(const oci::Reference& reference,
                                               const oci::Descriptor& descriptor) {
  auto open_at = [&](const Endpoint& endpoint) {
    Subject subject =
        subject_of(session_->choose_scheme(endpoint), reference, "blob " + descriptor.digest.str());
    return std::make_unique<BlobSource>(*session_, subject, descriptor);
  };
  std::vector<Endpoint> endpoints = settings_.mirrors.for_pull(reference.registry);
  for (const Endpoint& endpoint : endpoints) {
    if (!endpoint.mirror) break;
    std::unique_ptr<ByteSource> found;
    std::optional<Error> failure = failure_of([&] { found = open_at(endpoint); });
    if (!failure) return found;
    // A mirror may lack a blob; then the registry itself is asked. resolve() has warned already.
    if (failure->kind() != ErrorKind::kRegistry) throw *failure;
  }
  return open_at(endpoints.back());
}

}  // namespace cairn::registry
