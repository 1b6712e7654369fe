// SPDX-License-Identifier: Apache-2.0
//
// The value of --chmod, in the syntax of chmod(1): an octal mode, or changes relative to the
// present mode ("u=rwX,go=rX", "+x", "g=u"). Unlike chmod(1), the umask is ignored. An immutable
// value, safe from any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

class ModeChange {
 public:
  // nullopt when the text is neither octal up to 07777 nor a list of changes.
  static std::optional<ModeChange> parse(std::string_view text);

  // The mode if it was given in octal and so does not depend on the file; nullopt for changes.
  std::optional<mode_t> absolute() const { return absolute_; }
  // The new permission bits (07777) of a file or directory that has `permissions` now.
  mode_t apply(mode_t permissions, bool is_directory) const;

  bool operator==(const ModeChange&) const = default;

 private:
  // One operator of a clause. `bits` are set for all three classes; `who` selects from them.
  struct Step {
    mode_t who = 0;
    char op = '=';                // + - =
    mode_t bits = 0;              // r, w, x, s and t
    bool execute_if_any = false;  // X: x for directories and for files where any class has x
    int copy_from = -1;           // shift of the class to copy from: u is 6, g 3, o 0

    bool operator==(const Step&) const = default;
  };
  static bool parse_clause(std::string_view clause, std::vector<Step>& steps);

  std::optional<mode_t> absolute_;
  std::vector<Step> steps_;
};

}  // namespace cairn
