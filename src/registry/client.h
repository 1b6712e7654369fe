// SPDX-License-Identifier: Apache-2.0
//
// A client of registries: images in, images out. Safe from any thread; what it returns must not
// outlive it.
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
#include "registry/credentials.h"
#include "registry/mirrors.h"
#include "registry/transport.h"

namespace cairn::registry {

struct ClientSettings {
  MirrorMap mirrors = {};
  std::stop_token stop = {};
  // Waits between two tries; tests pass one that only notes the seconds.
  std::function<void(double seconds, std::stop_token stop)> sleep = {};
};

// An image as a registry has it for one platform; everything verified against its digest.
struct ResolvedManifest {
  oci::Manifest manifest;
  std::string bytes;           // of the manifest, as they are
  oci::Descriptor descriptor;  // of those bytes
  Digest digest;               // what the name stands for: of the index where there is one
  std::string config_bytes;
  oci::ImageConfig config;
  std::string from;  // the server that answered: "https://registry-1.docker.io:443"
};

// Where a download shows its progress.
struct Watch {
  progress::Sink& sink;
  progress::VertexId vertex;
};

enum class Pushed { kUploaded, kMounted, kExisted };

class Session;
class HostLimits;

class Client {
 public:
  // The arguments outlive the client. Warnings, such as a mirror that fails, go to `sink`.
  Client(Transport& transport, const Credentials& credentials, progress::Sink& sink,
         ClientSettings settings = {});
  ~Client();

  // What `reference` is now. All errors are kRegistry: unreachable, not found, access denied, no
  // such platform, bytes that do not have their digest.
  ResolvedManifest resolve(const oci::Reference& reference, const oci::Platform& platform);

  // A blob as a stream. It resumes when the connection breaks, and throws kRegistry before the end
  // when the bytes are too many, too few, or not those of the digest. At most four are open per
  // host; the fifth call waits.
  std::unique_ptr<ByteSource> fetch_blob(const oci::Reference& reference,
                                         const oci::Descriptor& descriptor,
                                         std::optional<Watch> watch = std::nullopt);

  bool has_blob(const oci::Reference& reference, const Digest& digest);

  // `open` gives the blob's bytes, once for each try. `mount_from` names a repository of the same
  // registry that has the blob, so that no byte need travel.
  using Opener = std::function<std::unique_ptr<ByteSource>()>;
  Pushed push_blob(const oci::Reference& reference, const oci::Descriptor& descriptor,
                   const Opener& open, const std::string& mount_from = {},
                   std::optional<Watch> watch = std::nullopt);

  // Under the reference's tag, or its digest where it has no tag. All blobs must be there before.
  Digest push_manifest(const oci::Reference& reference, std::string_view bytes,
                       std::string_view media_type);

 private:
  struct Fetched;
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
