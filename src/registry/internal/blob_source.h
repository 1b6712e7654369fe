// SPDX-License-Identifier: Apache-2.0
//
// A blob on its way down: counted, digested, and taken up again where a broken connection left it.
#pragma once

#include <optional>

#include "progress/vertex_scope.h"
#include "registry/internal/session.h"

namespace cairn::registry {

class BlobSource final : public ByteSource {
 public:
  // Asks at once; kRegistry when this endpoint does not have the blob.
  BlobSource(Session& session, Subject subject, oci::Descriptor descriptor,
             std::optional<Watch> watch);
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  void open();
  void skip(std::int64_t bytes);
  std::size_t read_some(std::span<std::byte> buffer);
  void take(std::span<const std::byte> bytes);
  void finish();
  void reopen_after(std::string reason);

  Session& session_;
  Subject subject_;
  oci::Descriptor descriptor_;
  HostLimits::Slot slot_;
  std::optional<progress::Transfer> transfer_;
  Response response_;
  Sha256 hash_;
  std::int64_t received_ = 0;
  int failures_ = 0;  // since the last byte
  std::string broken_;
  bool done_ = false;
};

}  // namespace cairn::registry
