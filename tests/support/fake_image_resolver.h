// SPDX-License-Identifier: Apache-2.0
//
// An ImageResolver that knows the images a test gives it and records what it was asked for.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "plan/image_resolver.h"

namespace cairn {

class FakeImageResolver : public plan::ImageResolver {
 public:
  // Registers an image of one layer; the returned config may be filled before it is asked for.
  oci::ImageConfig& add(const std::string& name) {
    Image& image = images_[oci::Reference::parse(name).str()];
    image.config.platform = {.os = "linux", .architecture = "amd64"};
    image.config.history = {{.created_by = "base of " + name}};
    return image.config;
  }
  void drop_layers(const std::string& name) {
    images_[oci::Reference::parse(name).str()].has_layers = false;
  }

  plan::ResolvedImage resolve(const oci::Reference& reference,
                              const oci::Platform& platform) override {
    asked.push_back(reference.familiar() + " " + platform.str());
    auto found = images_.find(reference.str());
    if (found == images_.end()) {
      throw Error::of(ErrorKind::kRegistry, "no such image: {}", reference.familiar());
    }
    return {.config = found->second.config,
            .manifest = Digest::of(reference.str()),
            .digest = Digest::of(reference.str()),
            .has_layers = found->second.has_layers};
  }

  std::vector<std::string> asked;

 private:
  struct Image {
    oci::ImageConfig config;
    bool has_layers = true;
  };
  std::map<std::string, Image> images_;
};

}  // namespace cairn
