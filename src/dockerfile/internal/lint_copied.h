// SPDX-License-Identifier: Apache-2.0
//
// Finds RUN chmod and RUN chown of files that the lines right above have copied: an overlay stores
// the whole file again for one bit of its mode.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dockerfile/instruction.h"
#include "dockerfile/internal/shell_text.h"
#include "dockerfile/lint.h"

namespace cairn::dockerfile {

// Call see() with the instructions of one stage in order.
class CopiedFiles {
 public:
  explicit CopiedFiles(Linter& linter) : linter_(linter) {}
  void see(const Instruction& instruction);

 private:
  void copied(const FileSources& files, const Origin& origin);
  void ran(const Run& run);
  void changed(const ShellCommand& command, const Run& run);
  std::string resolve(const std::string& path) const;
  const std::string* find_copy(const std::string& path) const;

  struct Copied {
    std::string keyword;             // COPY or ADD
    std::string dest;                // "" for "/", which everything is below
    std::vector<std::string> names;  // the paths of its sources in the image
  };

  Linter& linter_;
  std::string workdir_;  // "" while it depends on the base image
  std::vector<Copied> since_run_;
};

}  // namespace cairn::dockerfile
