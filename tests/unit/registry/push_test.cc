// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "tests/unit/registry/registry_fixture.h"

using namespace cairn;
using namespace cairn::test;
using oci::Reference;
using registry::Pushed;

namespace {

const std::string kPushedText = "layer";
const oci::Descriptor kPushedBlob = ServedImage::describe(kPushedText, oci::kOciLayer);
const std::string kPushBase = "https://r.io/v2/a";
const std::string kPost = "POST " + kPushBase + "/blobs/uploads/";
const std::string kDigest = "sha256%3A" + kPushedBlob.digest.hex();

Pushed push(RegistryFixture& f, const std::string& mount_from = {}) {
  auto client = f.client();
  return client.push_blob(
      Reference::parse("r.io/a"), kPushedBlob,
      [] { return std::make_unique<TextBody>(kPushedText); }, mount_from);
}

}  // namespace

TEST_CASE("a blob that is there is not sent") {
  RegistryFixture f;
  f.transport.answer("HEAD " + kPushBase + "/blobs/" + kPushedBlob.digest.str(), {});
  CHECK(push(f) == Pushed::kExisted);
  CHECK(f.transport.seen().size() == 1);
}

TEST_CASE("a blob is put where the registry says, query and all") {
  RegistryFixture f;
  f.transport.answer(kPost, {.status = 202, .headers = {{"Location", "/up/1?state=x%2Fy"}}});
  f.transport.answer("PUT https://r.io/up/1?state=x%2Fy&digest=" + kDigest, {.status = 201});
  CHECK(push(f) == Pushed::kUploaded);
  CHECK(f.transport.seen().back().body == kPushedText);
}

TEST_CASE("a blob of another repository is mounted without a byte") {
  RegistryFixture f;
  f.transport.answer(kPost + "?mount=" + kDigest + "&from=base", {.status = 201});
  CHECK(push(f, "base") == Pushed::kMounted);
}

TEST_CASE("an upload that fails for now starts again from the front") {
  RegistryFixture f;
  f.transport.answer(kPost, {.status = 202, .headers = {{"Location", "up/1"}}});
  std::string put = "PUT " + kPushBase + "/blobs/uploads/up/1?digest=" + kDigest;
  f.transport.answer(put, {.status = 503});
  f.transport.answer(put, {.status = 201});
  CHECK(push(f) == Pushed::kUploaded);
  CHECK(f.transport.seen().back().body == kPushedText);
  CHECK(f.sleeps == std::vector<double>{0.25});
}

TEST_CASE("an upload may not be sent to an unencrypted place") {
  RegistryFixture f;
  f.transport.answer(kPost, {.status = 202, .headers = {{"Location", "http://r.io/up/1"}}});
  CHECK(refusal([&] { push(f); }).find("as the place to upload to: refused") != std::string::npos);
}

TEST_CASE("a push that is not allowed says so") {
  RegistryFixture f;
  f.transport.answer(kPost, {.status = 403});
  CHECK(refusal([&] { push(f); }).starts_with("push access denied for r.io/a:latest"));
}

TEST_CASE("a manifest goes under its tag with its type") {
  RegistryFixture f;
  ServedImage image;
  f.transport.answer("PUT " + kPushBase + "/manifests/1", {.status = 201});
  CHECK(f.client().push_manifest(Reference::parse("r.io/a:1"), image.manifest, oci::kOciManifest) ==
        Digest::of(image.manifest));
  CHECK(f.transport.seen()[0].headers.find("Content-Type") == oci::kOciManifest);
  CHECK(f.transport.seen()[0].body == image.manifest);
}

TEST_CASE("a registry that does not mount gets the bytes") {
  for (int status : {202, 401, 403, 404, 405}) {
    CAPTURE(status);
    RegistryFixture f;
    f.transport.answer(kPost + "?mount=" + kDigest + "&from=base",
                       {.status = status, .headers = {{"Location", "/unused"}}});
    f.transport.answer(kPost, {.status = 202, .headers = {{"Location", "/up/1"}}});
    f.transport.answer("PUT https://r.io/up/1?digest=" + kDigest, {.status = 201});
    CHECK(push(f, "base") == Pushed::kUploaded);
    CHECK(f.transport.seen().back().body == kPushedText);
  }
}

TEST_CASE("a connection that breaks again and again does not end a push") {
  RegistryFixture f;
  f.transport.answer(kPost, {.status = 202, .headers = {{"Location", "/up/1"}}});
  std::string put = "PUT https://r.io/up/1?digest=" + kDigest;
  for (int i = 0; i < 7; ++i) {
    f.transport.answer(put, {.failure = registry::Failure{.reason = "reset", .transient = true}});
  }
  f.transport.answer(put, {.status = 201});
  CHECK(push(f) == Pushed::kUploaded);
}

TEST_CASE("an upload that a public registry sends elsewhere stays on the public network") {
  RegistryFixture f;
  f.transport.answer(kPost, {.status = 202, .headers = {{"Location", "https://up.example/1"}}});
  f.transport.answer("PUT https://up.example/1?digest=" + kDigest, {.status = 201});
  push(f);
  CHECK(f.transport.seen().back().off_limits ==
        registry::OffLimits::after(registry::Reach::kPublic));
}
