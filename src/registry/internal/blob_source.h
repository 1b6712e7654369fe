// SPDX-License-Identifier: Apache-2.0
//
// A blob being downloaded: digested, and resumed where a broken connection ended. Belongs to one
// thread at a time.
#pragma once

#include "base/digest.h"
#include "base/stream.h"
#include "oci/descriptor.h"
#include "registry/internal/session.h"

namespace cairn::registry {

class BlobSource final : public ByteSource {
 public:
  // Sends the request; throws kRegistry if this endpoint does not have the blob. Waits for one of
  // the host's slots and holds it for its life.
  BlobSource(Session& session, Subject subject, oci::Descriptor descriptor);
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  void open();
  void skip(std::int64_t bytes);
  std::size_t read_some(std::span<std::byte> buffer);
  void accept(std::span<const std::byte> bytes);
  void finish();
  void reopen_after(std::string reason);

  Session& session_;
  Subject subject_;
  oci::Descriptor descriptor_;
  HostLimits::Slot slot_;
  Response response_;
  Sha256 hash_;
  std::int64_t received_ = 0;
  int failures_ = 0;   // since the last byte
  double silent_ = 0;  // seconds of waiting since the last byte
  std::string broken_;
  bool done_ = false;
};

}  // namespace cairn::registry
