// SPDX-License-Identifier: Apache-2.0
//
// How much a Dockerfile may hold: the largest that is taken, and the line of the first that is not.
#include "base/limits.h"
#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

std::string times(std::size_t count, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

// The line that is beyond a bound; 0 when none is.
int line_beyond(std::string text) {
  try {
    parsed(std::move(text));
  } catch (const Error& error) {
    REQUIRE(error.span());
    CHECK_MESSAGE(error.kind() == ErrorKind::kLimit, error.message());
    return error.span()->first_line;
  }
  return 0;
}

}  // namespace

TEST_CASE("a Dockerfile has no more instructions than the bound") {
  const std::string most = "FROM x\n" + times(limits::kInstructions - 1, "ARG a\n");
  CHECK(line_beyond(most) == 0);
  CHECK(line_beyond(most + "ARG a\n") == int{limits::kInstructions + 1});
}

TEST_CASE("an instruction has no more flags than the bound") {
  const std::string most = times(limits::kFlags, "--mount=type=tmpfs,target=/a ");
  CHECK(line_beyond("FROM x\nRUN " + most + "a\n") == 0);
  CHECK(line_beyond("FROM x\nRUN " + most + "--mount=type=ssh a\n") == 2);
  CHECK(line_beyond("FROM x\nONBUILD RUN " + most + "--mount=type=ssh a\n") == 2);
}

TEST_CASE("the words of all instructions are bounded, whatever their shape") {
  const std::size_t most = limits::kWords;
  CHECK(line_beyond("FROM x\nVOLUME" + times(most - 1, " a")) == 0);
  CHECK(line_beyond("FROM x\nVOLUME" + times(most, " a")) == 2);
  CHECK(line_beyond("FROM x\nARG" + times(most, " a")) == 2);
  CHECK(line_beyond("FROM x\nENV" + times(most, " a=b")) == 2);
  CHECK(line_beyond("FROM x\nCMD [\"\"" + times(most, ",\"\"") + "]") == 2);
  CHECK(line_beyond("FROM x\nCMD " + times(most + 1, "[")) == 2);
  CHECK(line_beyond("FROM x\nHEALTHCHECK CMD [\"\"" + times(most, ",\"\"") + "]") == 2);
  CHECK(line_beyond("FROM x\nLABEL" + times(most / 2, " a=b") + "\nLABEL" +
                    times(most / 2, " a=b")) == 3);
}

TEST_CASE("comments and the words that heredocs are looked for in are bounded too") {
  const std::size_t most = limits::kWords;
  CHECK(line_beyond(times(most, "# a\n") + "FROM x\n") == int{limits::kWords + 1});
  CHECK(line_beyond(times(most + 1, "# a\n") + "FROM x\n") == int{limits::kWords + 1});
  CHECK(line_beyond("FROM x\nRUN" + times(most, " a") + "\n") == 0);
  CHECK(line_beyond("FROM x\nRUN" + times(most, " a") + " <<E\nE\n") == 2);
}

TEST_CASE("an expansion asks for no more variables than the bound") {
  std::string text;
  for (std::size_t i = 0; i <= limits::kWords; ++i) text += fmt::format("${{a{}}}", i);
  CHECK(line_beyond("FROM x\nRUN <<E " + text + "\nE\n") == 2);
}

TEST_CASE("the columns of a fault are searched for in a text of usual size only") {
  const std::string line = "FROM x\nRUN --mont=a b\n";
  CHECK(refusal(line).span.first_column == 5);
  CHECK(refusal(line + std::string(limits::kSearchedText, '#')).span.first_column == 0);
  CHECK(refusal(line + std::string(limits::kSearchedText, '#')).span.first_line == 2);
}
