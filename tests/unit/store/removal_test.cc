// SPDX-License-Identifier: Apache-2.0
//
// docker rmi, rule by rule, and which image an ambiguous word means.
#include <doctest/doctest.h>

#include "tests/unit/store/store_fixture.h"

using namespace cairn;
using namespace cairn::store;
using cairn::test::refusal;
using cairn::test::StoreFixture;
using oci::Reference;

namespace {

using Names = std::vector<std::string>;

const std::string kPin = "@" + Digest::of("manifest").str();

// An image under these names; `user` tells it from others.
Digest add(StoreFixture& f, const Names& names, const std::string& user) {
  Image image = f.image({"a"}, user);
  for (const std::string& name : names) image.names.push_back(Reference::parse(name));
  f.store.images().add(image);
  return image.id;
}

Names familiar(const std::vector<Reference>& references) {
  Names out;
  for (const Reference& reference : references) out.push_back(reference.familiar());
  return out;
}

}  // namespace

TEST_CASE("what a removal takes depends on what the image is called") {
  struct {
    Names names;
    const char* word;  // "ID" for the image's own
    Force force;
    Names untagged;
    bool deleted;
  } cases[] = {
      {{"app:1"}, "app:1", Force::kNo, {"app:1"}, true},
      {{"app"}, "app", Force::kNo, {"app:latest"}, true},
      {{"app:1", "app:2"}, "app:1", Force::kNo, {"app:1"}, false},
      {{"app:1", "app:2"}, "app:1", Force::kYes, {"app:1"}, false},
      {{"app:1", "app:2"}, "ID", Force::kNo, {"app:1", "app:2"}, true},
      {{"app:1", "other:1"}, "app:1", Force::kNo, {"app:1"}, false},
      {{"app:1", "other:1"}, "ID", Force::kYes, {"app:1", "other:1"}, true},
      {{"app:1", "app/b:1", "app-b:1"}, "ID", Force::kYes, {"app/b:1", "app-b:1", "app:1"}, true},
      {{}, "ID", Force::kNo, {}, true},
      {{"app:1", "app" + kPin}, "app:1", Force::kNo, {"app:1", "app" + kPin}, true},
      {{"app:1", "app:2", "app" + kPin}, "app:1", Force::kNo, {"app:1"}, false},
      {{"app:1", "x/app" + kPin}, "app:1", Force::kNo, {"app:1"}, false},
      {{"app:1", "app" + kPin}, "ID", Force::kNo, {"app:1", "app" + kPin}, true},
  };
  StoreFixture f;
  int number = 0;
  for (const auto& c : cases) {
    CAPTURE(number);
    Digest id = add(f, c.names, std::to_string(number++));
    Removed removed =
        f.store.images().remove(std::string(c.word) == "ID" ? id.hex() : c.word, c.force);
    CHECK(familiar(removed.untagged) == c.untagged);
    CHECK(removed.deleted.empty() != c.deleted);
    CHECK(f.store.images().find(id).has_value() != c.deleted);
    if (!c.deleted) f.store.images().remove(id.hex(), Force::kYes);
    CHECK(f.store.images().list().empty());
  }
}

TEST_CASE("a removal that is refused takes nothing") {
  StoreFixture f;
  Digest id = add(f, {"app:1", "other:1"}, "x");
  CHECK(refusal([&] { f.store.images().remove(id.hex(), Force::kNo); }).find("--force") !=
        std::string::npos);
  CHECK(refusal([&] {
          f.store.images().remove("app:2", Force::kYes);
        }).starts_with("no such image: app:2"));
  CHECK(f.store.images().find(id)->names.size() == 2);
}

TEST_CASE("a name goes before the start of an id that looks the same") {
  StoreFixture f;
  Digest first = add(f, {"x"}, "1");
  std::string start = first.hex().substr(0, 6);
  CHECK(f.store.images().find(start)->id == first);
  Digest second = add(f, {start}, "2");
  CHECK(f.store.images().find(start)->id == second);
  CHECK(f.store.images().remove(start, Force::kNo).deleted == std::vector{second});
  CHECK(f.store.images().find(start)->id == first);
}

TEST_CASE("words that are no start of an id find nothing") {
  StoreFixture f;
  Digest id = add(f, {"app:1"}, "x");
  std::string hex = id.hex();
  std::string upper = hex.substr(0, 8) + "F";
  std::string other = hex;
  other[63] = other[63] == '0' ? '1' : '0';
  for (const std::string& word :
       {std::string(), std::string("sha256:"), upper, other, "sha256:" + other, hex + "0",
        std::string("%"), std::string("_"), hex.substr(0, 4) + "%", std::string("g"),
        hex.substr(1, 12), std::string("'; DROP TABLE images; --")}) {
    CAPTURE(word);
    CHECK(!f.store.images().find(word));
    CHECK(refusal([&] { f.store.images().get(word); }).starts_with("no such image: "));
  }
  CHECK(f.store.images().find("sha256:" + hex.substr(0, 7))->id == id);
}

TEST_CASE("an id is found though its digits are also the start of a longer one") {
  // 64 digits are an id and never a prefix, so that no number of images makes it ambiguous.
  StoreFixture f;
  for (int i = 0; i < 40; ++i) add(f, {}, std::to_string(i));
  for (const Image& image : f.store.images().list()) {
    CHECK(f.store.images().get(image.id.hex()).id == image.id);
    CHECK(f.store.images().get(image.id.str()).id == image.id);
  }
  CHECK(f.store.images().list().size() == 40);
}

TEST_CASE("a manifest is given only to an image that is there") {
  StoreFixture f;
  Image image = f.image({"a"});
  Digest manifest = f.manifest_for(image, {"a"});
  CHECK(refusal([&] {
          f.store.images().set_manifest(image.id, manifest);
        }).starts_with("no such image: sha256:"));
}

TEST_CASE("a tag is given only to what is there, and moves from where it was") {
  StoreFixture f;
  ImageStore& images = f.store.images();
  Digest first = add(f, {"app"}, "1");
  Digest second = add(f, {}, "2");
  CHECK(refusal([&] {
          images.tag(Digest::of("nobody"), Reference::parse("app"));
        }).starts_with("no such image: sha256:"));
  CHECK(images.find("app")->id == first);
  images.tag(second, Reference::parse("app"));
  images.tag(second, Reference::parse("app"));
  CHECK(images.find("app")->id == second);
  CHECK(familiar(images.find(second)->names) == Names{"app:latest"});
  CHECK(images.find(first)->names.empty());
}

TEST_CASE("an image added again keeps its manifest and its names") {
  StoreFixture f;
  ImageStore& images = f.store.images();
  Image image = f.image({"a"});
  image.names = {Reference::parse("app:1")};
  image.manifest = f.manifest_for(image, {"a"});
  images.add(image);
  Image again = f.image({"a"});
  again.names = {Reference::parse("app:2")};
  again.size = 123;
  images.add(again);
  Image stored = *images.find(image.id);
  CHECK(stored.manifest == image.manifest);
  CHECK(familiar(stored.names) == Names{"app:1", "app:2"});
  CHECK(stored.size == 123);
}

TEST_CASE("images are listed newest first, and equally old ones always in the same order") {
  StoreFixture f;
  std::vector<Digest> made;
  for (int i = 0; i < 4; ++i) {
    Image image = f.image({"a"}, std::to_string(i));
    image.created.seconds = i < 2 ? 5 : 10 + i;
    f.store.images().add(image);
    made.push_back(image.id);
  }
  std::vector<Digest> listed;
  for (const Image& image : f.store.images().list()) listed.push_back(image.id);
  CHECK(listed == std::vector<Digest>{made[3], made[2], std::min(made[0], made[1]),
                                      std::max(made[0], made[1])});
}
