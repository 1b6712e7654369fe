// SPDX-License-Identifier: Apache-2.0
//
// A parser for the grammar of chmod(1), and the arithmetic of its clauses. The text is parsed once;
// apply() then runs for each file. A step holds its bits for all three classes and masks them by
// `who`.
#include "base/mode_change.h"

#include "base/text.h"

namespace cairn {
namespace {

constexpr mode_t kSetIds = 06000;
constexpr mode_t kSticky = 01000;
constexpr mode_t kEverybody = kSetIds | 0777;
constexpr mode_t kExecute = 0111;

// A class includes the set-id bit that belongs to it: "u=" clears set-uid, "g=" set-gid.
mode_t class_of(char who) {
  switch (who) {
    case 'u': return 04700;
    case 'g': return 02070;
    case 'o': return 00007;
    case 'a': return kEverybody;
    default: return 0;
  }
}

mode_t permission_of(char letter) {
  switch (letter) {
    case 'r': return 0444;
    case 'w': return 0222;
    case 'x': return kExecute;
    case 's': return kSetIds;
    case 't': return kSticky;
    default: return 0;
  }
}

bool is_operator(char c) {
  return c == '+' || c == '-' || c == '=';
}

}  // namespace

std::optional<ModeChange> ModeChange::parse(std::string_view text) {
  ModeChange change;
  if (std::optional<std::uint64_t> octal = parse_uint(text, 8)) {
    if (*octal > 07777) return std::nullopt;
    change.absolute_ = static_cast<mode_t>(*octal);
    return change;
  }
  for (const std::string& clause : split(text, ',')) {
    if (!parse_clause(clause, change.steps_)) return std::nullopt;
  }
  return change;
}

// "ugo=rwX-w": classes, then one or more operators with the permissions that they add, remove or
// set.
bool ModeChange::parse_clause(std::string_view clause, std::vector<Step>& steps) {
  mode_t who = 0;
  while (!clause.empty() && class_of(clause[0]) != 0) {
    who |= class_of(clause[0]);
    clause.remove_prefix(1);
  }
  if (clause.empty()) return false;
  while (!clause.empty()) {
    if (!is_operator(clause[0])) return false;
    // Without a class, the operator applies to all, and no umask is taken off.
    Step step{.who = who == 0 ? kEverybody : who, .op = clause[0]};
    clause.remove_prefix(1);
    for (; !clause.empty() && !is_operator(clause[0]); clause.remove_prefix(1)) {
      char letter = clause[0];
      if (letter == 'X') {
        step.execute_if_any = true;
      } else if (letter == 'u' || letter == 'g' || letter == 'o') {
        step.copy_from = letter == 'u' ? 6 : letter == 'g' ? 3 : 0;
      } else if (permission_of(letter) != 0) {
        step.bits |= permission_of(letter);
      } else {
        return false;
      }
    }
    // The sticky bit belongs to no class, but "others" alone cannot set it.
    if ((step.bits & kSticky) != 0 && step.who != class_of('o')) step.who |= kSticky;
    steps.push_back(step);
  }
  return true;
}

mode_t ModeChange::apply(mode_t permissions, bool is_directory) const {
  if (absolute_) return *absolute_;
  mode_t mode = permissions & 07777;
  bool somebody_executes = is_directory || (mode & kExecute) != 0;
  for (const Step& step : steps_) {
    mode_t bits = step.bits;
    // "-X" removes x whether anyone has it or not; "+X" and "=X" add it only for directories and
    // executables.
    if (step.execute_if_any && (step.op == '-' || somebody_executes)) bits |= kExecute;
    mode_t cleared = step.who;
    if (step.copy_from >= 0) {
      // Three bits of one class, repeated for all three by the factor 0111.
      bits |= (mode >> step.copy_from & 7) * kExecute;
      if (step.bits == 0) cleared &= 0777;  // "g=u" leaves the set-id bits alone
    }
    if (step.op == '=') mode &= ~cleared;
    if (step.op == '-') {
      mode &= ~(bits & step.who);
    } else {
      mode |= bits & step.who;
    }
  }
  return mode;
}

}  // namespace cairn
