// SPDX-License-Identifier: Apache-2.0
//
// An ignore file and a path, a NUL between them. Asking for a path at once and walking down to it
// must give the same answer, and a directory that is passed over must hold nothing that is taken
// back.
#include "dockerfile/ignore.h"
#include "tests/fuzz/fuzz.h"

#include "base/text.h"

using namespace cairn;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  std::size_t middle = std::min(text.find('\0'), text.size());
  std::string path = rooted_path(text.substr(std::min(middle + 1, text.size()))).substr(1);
  fuzz::try_it(fuzz::Span::kNeeded, [&] {
    auto matcher = dockerfile::IgnoreMatcher::parse(fuzz::source_of(text.substr(0, middle)));
    if (path.empty()) return;
    dockerfile::IgnoreDecision whole = matcher.match(path);
    dockerfile::IgnoreMatcher::State parent, own;
    dockerfile::IgnoreDecision walked;
    bool passed_over = false;
    for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
      std::string prefix = path.substr(0, end);
      walked = matcher.match(prefix, parent, own);
      if (end == std::string::npos) break;
      passed_over = passed_over || (walked.excluded && !matcher.may_include_below(prefix, walked));
      parent.swap(own);
    }
    if (!(walked == whole)) std::abort();
    if (passed_over && !whole.excluded) std::abort();
  });
  return 0;
}
