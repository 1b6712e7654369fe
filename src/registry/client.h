// SPDX-License-Identifier: Apache-2.0
//
// A registry client: pulls and pushes images. Thread-safe; objects that it returns must not outlive
// it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/stream.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "progress/sink.h"
#include "registry/client_settings.h"
#include "registry/credentials.h"
#include "registry/transport.h"

namespace cairn::registry {

// An image for one platform as the registry has it; everything is verified against its digest.
struct ResolvedManifest {
  oci::Manifest manifest;
  std::string bytes;           // of the manifest, unchanged
  oci::Descriptor descriptor;  // of those bytes
  Digest digest;               // what the name refers to: the index's, if there is one
  std::string index_bytes;     // unchanged; empty if there is no index
  std::string config_bytes;
  oci::ImageConfig config;
};

// Where an upload reports its progress.
struct Watch {
  progress::Sink& sink;
  progress::VertexId vertex;
};

enum class Pushed { kUploaded, kMounted, kExisted };

class Session;
class HostLimits;

class Client {
 public:
  // Borrows its arguments for its life. Warnings, such as a failing mirror, go to `sink`.
  Client(Transport& transport, const Credentials& credentials, progress::Sink& sink,
         ClientSettings settings = {});
  ~Client();

  // Resolves `reference` as of now. Throws kRegistry: unreachable, not found, access denied, no
  // such platform, or content that does not match its digest.
  ResolvedManifest resolve(const oci::Reference& reference, const oci::Platform& platform);

  // A blob as a stream. It resumes after a broken connection, and throws kRegistry before its end
  // if the content has another size or digest. At most four streams are open per host; a fifth call
  // waits.
  std::unique_ptr<ByteSource> fetch_blob(const oci::Reference& reference,
                                         const oci::Descriptor& descriptor);

  // Whether the repository has the blob (HEAD).
  bool has_blob(const oci::Reference& reference, const Digest& digest);

  // Uploads a blob unless it is there. `open` opens the blob's bytes, again for each try.
  // `mount_from` names a repository of the same registry that may have the blob, so that it need
  // not be uploaded; if the registry cannot or may not mount it, the bytes are uploaded.
  using Opener = std::function<std::unique_ptr<ByteSource>()>;
  Pushed push_blob(const oci::Reference& reference, const oci::Descriptor& descriptor,
                   const Opener& open, const std::string& mount_from = {},
                   std::optional<Watch> watch = std::nullopt);

  // Pushes under the reference's tag, or the digest if it has none. All blobs must be there
  // already.
  Digest push_manifest(const oci::Reference& reference, std::string_view bytes,
                       std::string_view media_type);

 private:
  struct Fetched;
  struct Blob;
  bool mount(const Blob& blob, const std::string& from);
  bool try_upload(Blob& blob);
  ResolvedManifest resolve_at(const Endpoint& endpoint, const oci::Reference& reference,
                              const oci::Platform& platform);
  Fetched fetch_manifest(const Endpoint& endpoint, const oci::Reference& reference,
                         const std::string& tag_or_digest);
  std::string fetch_config(const Endpoint& endpoint, const oci::Reference& reference,
                           const oci::Descriptor& descriptor);

  progress::Sink& sink_;
  ClientSettings settings_;
  std::unique_ptr<Session> session_;
};

}  // namespace cairn::registry
