// SPDX-License-Identifier: Apache-2.0
//
// A broken connection is not an error while retries are left: the rest is requested with a Range,
// and servers without ranges send everything again, of which the known part is skipped. The hash
// runs over the bytes in order, so resuming changes nothing for it. Failures count since the last
// byte, so a slow but moving download never gives up.
#include "registry/internal/blob_source.h"

#include <algorithm>
#include <array>

#include "base/attempt.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "registry/internal/exchange.h"

namespace cairn::registry {
namespace {

constexpr int kMaxFailures = 5;
constexpr double kPatience = 20;  // seconds of silence after which later tries wait less

// The first offset of a Content-Range such as "bytes 100-199/200".
std::optional<std::uint64_t> range_start(const Response& response) {
  std::string text = response.headers.find("Content-Range").value_or("");
  if (!text.starts_with("bytes ")) return std::nullopt;
  return parse_uint(std::string_view(text).substr(6, text.find('-') - 6));
}

}  // namespace

BlobSource::BlobSource(Session& session, Subject subject, oci::Descriptor descriptor)
    : session_(session),
      subject_(std::move(subject)),
      descriptor_(std::move(descriptor)),
      slot_(session.slot(subject_.endpoint, HostLimits::Kind::kBlob)) {
  open();
}

void BlobSource::open() {
  Request request = session_.request(subject_, Method::kGet, "/blobs/" + descriptor_.digest.str());
  if (silent_ > kPatience) request.idle_seconds = std::max(5.0, Retries::kMaxSilence - silent_);
  if (received_ > 0) request.headers.set("Range", fmt::format("bytes={}-", received_));
  response_ = session_.require(subject_, std::move(request));
  if (response_.status == 206) {
    if (range_start(response_) != static_cast<std::uint64_t>(received_)) {
      throw Error::of(ErrorKind::kRegistry, "{}: {} sent another range than asked for",
                      subject_.what, response_.url.origin());
    }
    return;
  }
  auto length = parse_uint(response_.headers.find("Content-Length").value_or(""));
  if (length && *length != static_cast<std::uint64_t>(descriptor_.size)) {
    throw Error::of(ErrorKind::kRegistry, "{}: {} offers {} bytes, the manifest says {}",
                    subject_.what, response_.url.origin(), *length, descriptor_.size);
  }
  skip(received_);  // 200 instead of 206: the server sends all of it again
}

void BlobSource::skip(std::int64_t bytes) {
  std::array<std::byte, 65536> buffer;
  while (bytes > 0) {
    std::size_t want = std::min(buffer.size(), static_cast<std::size_t>(bytes));
    std::size_t count = read_some(std::span(buffer).first(want));
    if (count == 0) return;  // read() handles the break
    bytes -= static_cast<std::int64_t>(count);
  }
}

// Returns 0 at the end or after a break; `broken_` tells which.
std::size_t BlobSource::read_some(std::span<std::byte> buffer) {
  double started = monotonic_seconds();
  std::size_t count = 0;
  std::optional<Error> failure = failure_of([&] { count = response_.body->read(buffer); });
  if (!failure) return count;
  silent_ += monotonic_seconds() - started;
  if (failure->kind() != ErrorKind::kRegistry) throw *failure;
  broken_ = failure->message();  // read() requests the rest again
  return 0;
}

std::size_t BlobSource::read(std::span<std::byte> buffer) {
  ErrorContext while_here([&] { return "downloading " + subject_.what; });
  while (!done_) {
    broken_.clear();
    if (received_ == descriptor_.size) {
      finish();
      return 0;
    }
    std::size_t count = read_some(buffer);
    if (count == 0) {
      reopen_after(broken_.empty() ? "the connection ended" : broken_);
      continue;
    }
    accept(buffer.first(count));
    return count;
  }
  return 0;
}

void BlobSource::accept(std::span<const std::byte> bytes) {
  failures_ = 0;
  silent_ = 0;
  received_ += static_cast<std::int64_t>(bytes.size());
  hash_.update(bytes);
  // Verify before handing out the last bytes: a reader that knows the size, such as an unpacker,
  // may never ask for the end.
  if (received_ >= descriptor_.size) finish();
}

void BlobSource::finish() {
  // One more read must find the end: a longer body would still have the right digest so far.
  std::array<std::byte, 1> one;
  bool longer = received_ > descriptor_.size || read_some(one) > 0;
  if (longer) {
    throw Error::of(ErrorKind::kRegistry, "{} is longer than the {} bytes it should have",
                    subject_.what, descriptor_.size);
  }
  Digest digest = hash_.finish();
  if (digest != descriptor_.digest) {
    throw Error::of(ErrorKind::kRegistry, "digest mismatch: {} sent {} for {}",
                    response_.url.origin(), digest, subject_.what)
        .with_hint("the registry or something on the way to it is broken, or worse");
  }
  done_ = true;
  response_.body.reset();
}

void BlobSource::reopen_after(std::string reason) {
  if (failures_ == kMaxFailures || silent_ >= Retries::kMaxSilence) {
    throw Error::of(ErrorKind::kRegistry, "{} ends after {} of {} bytes: {}", subject_.what,
                    received_, descriptor_.size, clean_text(reason));
  }
  response_.body.reset();
  session_.sleep(failures_ == 0 ? 0 : 0.5 * (1 << (failures_ - 1)));
  ++failures_;
  open();
}

}  // namespace cairn::registry
