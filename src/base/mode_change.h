// SPDX-License-Identifier: Apache-2.0
//
// What --chmod says, as chmod(1) understands it: a mode in octal, or changes of the mode that is
// there ("u=rwX,go=rX", "+x", "g=u"). The umask plays no part.
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
  // Nothing when the text is neither octal up to 07777 nor a list of changes.
  static std::optional<ModeChange> parse(std::string_view text);

  // Of a mode in octal, which is the same whatever was there before.
  std::optional<mode_t> absolute() const { return absolute_; }
  // The permission bits (07777) that a file or directory with these gets.
  mode_t apply(mode_t permissions, bool is_directory) const;

  bool operator==(const ModeChange&) const = default;

 private:
  // One operator of a clause. Bits are given for all three classes and cut down to `who`.
  struct Step {
    mode_t who = 0;
    char op = '=';                // + - =
    mode_t bits = 0;              // r, w, x, s and t
    bool execute_if_any = false;  // X: x for directories, and where somebody has it
    int copy_from = -1;           // the shift of the class whose bits are taken: u is 6, g 3, o 0

    bool operator==(const Step&) const = default;
  };
  static bool parse_clause(std::string_view clause, std::vector<Step>& steps);

  std::optional<mode_t> absolute_;
  std::vector<Step> steps_;
};

}  // namespace cairn
