// SPDX-License-Identifier: Apache-2.0
//
// The pushing half of the client (distribution spec, "Pushing blobs", "Pushing manifests"): HEAD
// for the blob, try to mount it, else POST for an upload URL and PUT the whole blob there in one
// request. An upload that breaks is started again, with a new POST.
#include <utility>

#include "base/error.h"
#include "progress/vertex_scope.h"
#include "registry/client.h"
#include "registry/internal/exchange.h"
#include "registry/internal/session.h"

namespace cairn::registry {
namespace {

Subject push_subject(Session& session, const oci::Reference& reference, std::string what) {
  return {.endpoint = session.choose_scheme(MirrorMap::origin(reference.registry)),
          .repository = reference.repository,
          .access = Access::kPush,
          .what = std::move(what),
          .image = reference.familiar()};
}

// Reports the bytes that pass through.
class UploadSource final : public ByteSource {
 public:
  UploadSource(ByteSource& inner, const oci::Descriptor& blob, std::optional<Watch> watch)
      : inner_(inner) {
    if (!watch) return;
    transfer_.emplace(watch->sink, progress::Transfer{.vertex = watch->vertex,
                                                      .item = blob.digest,
                                                      .direction = progress::Direction::kOut,
                                                      .total = blob.size});
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
  std::optional<progress::TransferCounter> transfer_;
};

// The URL to PUT to: the Location unchanged, with the digest added to its query (distribution spec,
// end-6). It may be on another host, but not without encryption if the registry has it.
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
  Subject subject = push_subject(*session_, reference, "blob " + digest.str());
  auto slot = session_->slot(subject.endpoint, HostLimits::Kind::kJson);
  Response response =
      session_->call(subject, session_->request(subject, Method::kHead, "/blobs/" + digest.str()));
  if (response.status == 404) return false;
  if (!response.ok()) throw session_->error_of(subject, response);
  return true;
}

struct Client::Blob {
  Subject subject;
  const oci::Descriptor& descriptor;
  const Opener& open;
  std::optional<Watch> watch;
  Retries retries = {};
  bool restarted = false;
};

Pushed Client::push_blob(const oci::Reference& reference, const oci::Descriptor& descriptor,
                         const Opener& open, const std::string& mount_from,
                         std::optional<Watch> watch) {
  ErrorContext while_here([&] { return "pushing blob " + descriptor.digest.str(); });
  if (has_blob(reference, descriptor.digest)) return Pushed::kExisted;
  Blob blob{.subject = push_subject(*session_, reference, "blob " + descriptor.digest.str()),
            .descriptor = descriptor,
            .open = open,
            .watch = watch};
  auto slot = session_->slot(blob.subject.endpoint, HostLimits::Kind::kBlob);
  if (!mount_from.empty() && mount_from != reference.repository && mount(blob, mount_from)) {
    return Pushed::kMounted;
  }
  while (!try_upload(blob)) {
  }
  return Pushed::kUploaded;
}

// Anything but 201 means no mount: the registry refused, or started an upload (202) that is left
// alone.
bool Client::mount(const Blob& blob, const std::string& from) {
  Subject subject = blob.subject;
  subject.mount_from = from;
  std::string query =
      "?mount=" + percent_encode(blob.descriptor.digest.str()) + "&from=" + percent_encode(from);
  Response response =
      session_->call(subject, session_->request(subject, Method::kPost, "/blobs/uploads/" + query));
  return response.status == 201;
}

// False if it must be repeated.
bool Client::try_upload(Blob& blob) {
  Request post = session_->request(blob.subject, Method::kPost, "/blobs/uploads/");
  Response place = session_->require(blob.subject, post);
  if (place.status == 201) return true;  // the registry has the blob after all
  Request put{.method = Method::kPut,
              .url = upload_url(blob.subject, post, place, blob.descriptor.digest),
              .for_registry = true};
  put.stop = settings_.stop;
  if (put.url.origin() != post.url.origin()) put.off_limits = OffLimits::after(place.reach);
  place.body.reset();
  std::unique_ptr<ByteSource> bytes = blob.open();
  UploadSource watched(*bytes, blob.descriptor, blob.watch);
  put.headers.set("Content-Type", "application/octet-stream");
  put.upload = &watched;
  put.upload_size = blob.descriptor.size;
  Response response = session_->call_once(blob.subject, put);
  if (response.ok()) {
    watched.done();
    return true;
  }
  // The upload URL is gone, or the token expired during a long upload: start again once.
  bool lost = response.status == 404 || response.status == 401;
  auto delay = lost && !std::exchange(blob.restarted, true) ? std::optional(0.0)
                                                            : blob.retries.next(response);
  if (!delay) throw session_->error_of(blob.subject, response);
  session_->sleep(*delay);
  return false;
}

Digest Client::push_manifest(const oci::Reference& reference, std::string_view bytes,
                             std::string_view media_type) {
  ErrorContext while_here([&] { return "pushing the manifest of " + reference.familiar(); });
  Subject subject = push_subject(*session_, reference, "manifest of " + reference.familiar());
  Digest digest = Digest::of(bytes);
  std::string name = reference.tag.empty() ? digest.str() : reference.tag;
  auto slot = session_->slot(subject.endpoint, HostLimits::Kind::kJson);
  bool learnt = false;
  for (Retries retries;;) {
    MemorySource body(bytes);
    Request request = session_->request(subject, Method::kPut, "/manifests/" + name);
    request.headers.set("Content-Type", std::string(media_type));
    request.upload = &body;
    request.upload_size = static_cast<std::int64_t>(bytes.size());
    Response response = session_->call_once(subject, request);
    if (response.ok()) return digest;
    std::optional<double> delay = retries.next(response);
    if (response.status == 401 && !std::exchange(learnt, true)) {
      // No login is known yet: a HEAD is cheap and learns it.
      session_->call(subject, session_->request(subject, Method::kHead, "/manifests/" + name));
      delay = 0;
    }
    if (!delay) throw session_->error_of(subject, response);
    session_->sleep(*delay);
  }
}

}  // namespace cairn::registry
