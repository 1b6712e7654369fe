// SPDX-License-Identifier: Apache-2.0
//
// The value of --output: "DIR", "-" or "type=oci,dest=FILE,...".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/reference.h"
#include "output/layers.h"

namespace cairn::output {

enum class OutputType { kImage, kRegistry, kOci, kDocker, kLocal, kTar };

struct OutputSpec {
  OutputType type = OutputType::kImage;
  std::string dest;                            // file or directory; "-" is stdout
  std::vector<oci::Reference> names;           // name=, besides the tags of the command line
  bool tar = true;                             // type=oci,tar=false: a layout directory
  bool push = false;                           // type=image,push=true
  std::optional<bool> rewrite_timestamp = {};  // X11; not said: false
  // platform-split=: a directory for each platform; nothing: when there are several.
  std::optional<bool> platform_split = {};
  BlobOptions blobs;

  // Whether it takes layers as blobs, made as `blobs` says.
  bool takes_blobs() const {
    return push || type == OutputType::kOci || type == OutputType::kDocker;
  }
  bool is_tree() const { return type == OutputType::kLocal || type == OutputType::kTar; }
  bool writes_stdout() const { return dest == "-"; }
};

// Throws kUsage for what is unknown, missing or contradictory.
OutputSpec parse_output_spec(std::string_view text);

// Whether files of new layers are to be no younger than the epoch. The image is made once, so all
// outputs must want the same: kUsage if they do not.
bool rewrites_timestamps(const std::vector<OutputSpec>& specs);

}  // namespace cairn::output
