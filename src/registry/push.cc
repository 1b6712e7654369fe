// SPDX-License-Identifier: Apache-2.0
//
// The pushing half of the client (distribution spec, "Pushing blobs", "Pushing manifests"): ask
// whether the blob is there, offer a mount, else POST for a place and PUT the whole of it there.
#include "base/error.h"
#include "progress/vertex_scope.h"
#include "registry/client.h"
#include "registry/internal/exchange.h"
#include "registry/internal/session.h"

namespace cairn::registry {
namespace {

Subject push_subject(const oci::Reference& reference, std::string what) {
  return {.endpoint = MirrorMap::origin(reference.registry),
          .repository = reference.repository,
          .access = Access::kPush,
          .what = std::move(what),
          .image = reference.familiar()};
}

// Shows what passes through.
class WatchedSource final : public ByteSource {
 public:
  WatchedSource(ByteSource& inner, const oci::Descriptor& blob, std::optional<Watch> watch)
      : inner_(inner) {
    if (watch) transfer_.emplace(watch->sink, watch->vertex, blob.digest.str(), blob.size);
  }
  std::size_t read(std::span<std::byte> buffer) override {
    std::size_t count = inner_.read(buffer);
    if (transfer_) transfer_->add(static_cast<std::int64_t>(count));
    return count;
  }
  void done() {
    if (transfer_) transfer_->done();
  }

 private:
  ByteSource& inner_;
  std::optional<progress::Transfer> transfer_;
};

// Where to PUT: the Location as it was given, with the digest added to its query.
Url upload_url(const Subject& subject, const Request& request, const Response& response,
               const Digest& digest) {
  std::string location = response.headers.find("Location").value_or("");
  std::optional<Url> url = request.url.resolve(location);
  if (location.empty() || !url || (request.url.scheme == "https" && url->scheme != "https")) {
    throw Error::of(ErrorKind::kRegistry, "{}: {} gives \"{}\" as the place to upload to: refused",
                    subject.what, request.url.origin(), clean_text(location, 200));
  }
  url->target += (url->target.find('?') == std::string::npos ? "?digest=" : "&digest=") +
                 percent_encode(digest.str());
  return *url;
}

}  // namespace

bool Client::has_blob(const oci::Reference& reference, const Digest& digest) {
  Subject subject = push_subject(reference, "blob " + digest.str());
  auto slot = session_->slot(subject.endpoint, HostLimits::Kind::kJson);
  Response response =
      session_->call(subject, session_->request(subject, Method::kHead, "/blobs/" + digest.str()));
  if (response.status == 404) return false;
  if (!response.ok()) throw session_->error_of(subject, response);
  return true;
}

Pushed Client::push_blob(const oci::Reference& reference, const oci::Descriptor& descriptor,
                         const Opener& open, const std::string& mount_from,
                         std::optional<Watch> watch) {
  ErrorContext while_here([&] { return "pushing blob " + descriptor.digest.str(); });
  if (has_blob(reference, descriptor.digest)) return Pushed::kExisted;
  Subject subject = push_subject(reference, "blob " + descriptor.digest.str());
  auto slot = session_->slot(subject.endpoint, HostLimits::Kind::kBlob);
  std::string query;
  if (!mount_from.empty() && mount_from != reference.repository) {
    subject.mount_from = mount_from;
    query =
        "?mount=" + percent_encode(descriptor.digest.str()) + "&from=" + percent_encode(mount_from);
  }
  for (int attempt = 0;; ++attempt) {
    Request post = session_->request(subject, Method::kPost, "/blobs/uploads/" + query);
    Response place = session_->require(subject, post);
    if (place.status == 201) return Pushed::kMounted;
    Request put{.method = Method::kPut,
                .url = upload_url(subject, post, place, descriptor.digest),
                .stop = settings_.stop};
    place.body.reset();
    std::unique_ptr<ByteSource> bytes = open();
    WatchedSource watched(*bytes, descriptor, watch);
    put.headers.set("Content-Type", "application/octet-stream");
    put.upload = &watched;
    put.upload_size = descriptor.size;
    Response response = session_->call_once(subject, put);
    if (response.ok()) {
      watched.done();
      return Pushed::kUploaded;
    }
    // A place that is lost or a token that ran out in a long upload: both get a fresh start.
    bool lost = response.status == 404 || response.status == 401;
    auto delay = lost && attempt == 0 ? std::optional(0.0) : retry_delay(attempt, response);
    if (!delay) throw session_->error_of(subject, response);
    session_->sleep(*delay);
  }
}

Digest Client::push_manifest(const oci::Reference& reference, std::string_view bytes,
                             std::string_view media_type) {
  ErrorContext while_here([&] { return "pushing the manifest of " + reference.familiar(); });
  Subject subject = push_subject(reference, "manifest of " + reference.familiar());
  Digest digest = Digest::of(bytes);
  std::string name = reference.tag.empty() ? digest.str() : reference.tag;
  auto slot = session_->slot(subject.endpoint, HostLimits::Kind::kJson);
  for (int attempt = 0;; ++attempt) {
    MemorySource body(bytes);
    Request request = session_->request(subject, Method::kPut, "/manifests/" + name);
    request.headers.set("Content-Type", std::string(media_type));
    request.upload = &body;
    request.upload_size = static_cast<std::int64_t>(bytes.size());
    Response response = session_->call_once(subject, request);
    if (response.ok()) return digest;
    std::optional<double> delay = retry_delay(attempt, response);
    if (response.status == 401 && attempt == 0) {
      // No login is known yet: a HEAD costs little and learns one.
      session_->call(subject, session_->request(subject, Method::kHead, "/manifests/" + name));
      delay = 0;
    }
    if (!delay) throw session_->error_of(subject, response);
    session_->sleep(*delay);
  }
}

}  // namespace cairn::registry
