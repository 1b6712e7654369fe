// SPDX-License-Identifier: Apache-2.0
//
// Heredocs, from the word that opens one to the line that ends it (the traps 05 and 06).
#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

std::vector<Heredoc> heredocs(const std::string& line) {
  return instruction<Run>(line).command.heredocs;
}

}  // namespace

// H01
TEST_CASE("the word of a heredoc tells its name, its tabs, its descriptor and its expansion") {
  struct Case {
    const char* word;
    Heredoc expected;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"<<E", {.name = "E"}},
           {"<<-E", {.name = "E", .chomp = true}},
           {"<<'E'", {.name = "E", .expand = false}},
           {"<<\"E\"", {.name = "E", .expand = false}},
           {"<<-\"E F\"", {.name = "E F", .expand = false, .chomp = true}},
           {"5<<E", {.name = "E", .descriptor = 5}},
           {"0<<-'E'", {.name = "E", .descriptor = 0, .expand = false, .chomp = true}},
           {"<< E", {.name = "E"}},
           {"<<\tE", {.name = "E"}},
           {"<<file.txt", {.name = "file.txt"}},
           {"<<E\"\"F", {.name = "EF", .expand = false}}}) {
    std::optional<Heredoc> found = find_heredoc(c.word);
    REQUIRE_MESSAGE(found, c.word);
    CHECK_MESSAGE(*found == c.expected, c.word);
  }
}

TEST_CASE("a word with something before the sign or another sign behind it opens no heredoc") {
  for (const char* word : {"a<<E", "<E", "<<<E", "<<E<F", ">>E", "< <E", "-<<E", "3 <<E"}) {
    CHECK_MESSAGE(!find_heredoc(word), word);
  }
}

// H01 P07
TEST_CASE("a body is kept byte for byte up to the line that is its word") {
  struct Case {
    const char* line;
    const char* content;
  };
  for (const Case& c :
       std::initializer_list<Case>{{"RUN <<E\nE\n", ""},
                                   {"RUN <<E\n\n\nE\n", "\n\n"},
                                   {"RUN <<E\n  a \\\n  b\nE\n", "  a \\\n  b\n"},
                                   {"RUN <<E\n# no comment\nRUN b\nE\n", "# no comment\nRUN b\n"},
                                   {"RUN <<E\n E\nEE\nE x\nE\n", " E\nEE\nE x\n"},
                                   {"RUN <<E\r\na\r\nE\r\n", "a\r\n"},
                                   {"RUN <<E\n$a ${b\nE\n", "$a ${b\n"},
                                   {"RUN <<-E\n\t\ta\n\t\tE\n", "\t\ta\n"},
                                   {"RUN <<E\na\nE", "a\n"}}) {
    std::vector<Heredoc> found = heredocs(c.line);
    REQUIRE_MESSAGE(found.size() == 1, c.line);
    CHECK_MESSAGE(found[0].content == c.content, c.line);
  }
}

// H01
TEST_CASE("tabs before the last line count only for a heredoc that chomps them") {
  CHECK(refusal("FROM x\nRUN <<E\na\n\tE\n").message == "unterminated heredoc");
  CHECK(refusal("FROM x\nRUN <<-E\na\n\tE\n").message.empty());
  CHECK(refusal("FROM x\nRUN <<-E\na\n  E\n").message == "unterminated heredoc");
}

TEST_CASE("the tabs at the start of each line go, and no other white space") {
  CHECK(chomp_tabs("\t\ta\n\tb\tc\n\n \td\n\t\n") == "a\nb\tc\n\n \td\n\n");
  CHECK(chomp_tabs("") == "");
  CHECK(chomp_tabs("\t") == "");
}

// H01
TEST_CASE("several heredocs are filled in the order of their words") {
  std::vector<Heredoc> two = heredocs("RUN cat <<A >x && cat <<-B >y\nB\nA\nA\n\tB\n");
  REQUIRE(two.size() == 2);
  CHECK(two[0] == Heredoc{.name = "A", .content = "B\n"});
  CHECK(two[1] == Heredoc{.name = "B", .chomp = true, .content = "A\n"});
}

TEST_CASE("signs in quotes, in arithmetic and in here strings open no heredoc") {
  for (const char* line : {"RUN echo '<<E'", "RUN echo \"<<E\"", "RUN x=$((1<<2))",
                           "RUN cat <<<word", "RUN [\"cat\", \"<<E\"]", "RUN echo \\<<E"}) {
    CHECK_MESSAGE(heredocs(line).empty(), line);
  }
}

TEST_CASE("CMD, ENTRYPOINT and other instructions know no heredocs") {
  CHECK(instruction<Cmd>("CMD cat <<E").command.words == Lines{"cat <<E"});
  CHECK(instruction<Entrypoint>("ENTRYPOINT cat <<E").command.heredocs.empty());
  CHECK(instruction<Workdir>("WORKDIR <<E").path == "<<E");
}

TEST_CASE("ADD writes heredocs to files as COPY does") {
  Add add = instruction<Add>("ADD <<a.txt b /d/\nA\na.txt\n");
  REQUIRE(add.files.inline_sources.size() == 1);
  CHECK(add.files.inline_sources[0].name == "a.txt");
  CHECK(add.files.inline_sources[0].content == "A\n");
  CHECK(add.files.paths == Lines{"b"});
  CHECK(add.files.dest == "/d/");
  CHECK(complaint("ADD a <<E\nE\n") == "ADD cannot accept a heredoc as a destination");
}

// E14
TEST_CASE("a heredoc that never ends names the line that came near") {
  Refusal blank = refusal("FROM x\nCOPY <<EOF /f\na\nEOF \nRUN b\n");
  CHECK(blank.message == "unterminated heredoc");
  CHECK(blank.span.first_line == 2);
  CHECK(blank.hint ==
        "line 4 is \"EOF\" with white space around it; the terminator must be the whole line");
  Refusal none = refusal("FROM x\nRUN a \\\n  <<EOF\nb\n");
  CHECK(none.hint == "no line below line 2 is exactly \"EOF\"");
}
