// SPDX-License-Identifier: Apache-2.0
//
// What one --output asks for, as a value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oci/reference.h"
#include "output/layers.h"

namespace cairn::output {

// What parsing and the build must know about a type of output before exporting. The defaults are
// those of an image in the store.
struct OutputTraits {
  // What dest= names. kLayout is a file, or a directory with tar=false.
  enum class Dest { kNone, kFile, kDirectory, kLayout };
  // Several platforms: as the options say, always in directories side by side, or an error.
  enum class Platforms { kAny, kSideBySide, kOne };

  Dest dest = Dest::kNone;
  Platforms platforms = Platforms::kAny;
  bool is_tree = false;        // exports the files of the image only
  bool takes_blobs = false;    // needs layers as blobs; any pushed output does
  bool pushes = false;         // push=true is implied
  bool may_be_loaded = false;  // without dest=, an image in the store, as with docker
  MediaTypes media_types = MediaTypes::kOci;  // unless oci-mediatypes= says otherwise
};

struct OutputSpec {
  std::string type = "image";                  // a name in the list of exporters
  OutputTraits traits = {};                    // those of the type
  std::string dest = {};                       // file or directory; "-" is stdout
  std::vector<oci::Reference> names = {};      // name=, in addition to --tag
  bool tar = true;                             // type=oci,tar=false: a layout directory
  bool push = false;                           // type=image,push=true
  bool insecure = false;                       // registry.insecure=true, for the push
  std::optional<bool> rewrite_timestamp = {};  // unset: false
  // platform-split=: a directory for each platform. Unset: only if there are several.
  std::optional<bool> platform_split = {};
  BlobOptions blobs = {};

  // Whether it needs layers as blobs, made according to `blobs`.
  bool takes_blobs() const { return push || traits.takes_blobs; }
  bool is_tree() const { return traits.is_tree; }
  // Whether `dest` is a directory: that of a tree, or of a layout.
  bool is_directory() const {
    return traits.dest == OutputTraits::Dest::kDirectory ||
           (traits.dest == OutputTraits::Dest::kLayout && !tar);
  }
  bool is_file() const { return traits.dest != OutputTraits::Dest::kNone && !is_directory(); }
  bool writes_stdout() const { return dest == "-"; }
};

// Whether files in new layers must not be younger than the epoch. The image is made once for all
// outputs, so they must agree: throws kUsage if they do not.
bool rewrites_timestamps(const std::vector<OutputSpec>& specs);

// Throws kUsage if `spec` cannot express several platforms.
void refuse_platforms(const OutputSpec& spec);

}  // namespace cairn::output
