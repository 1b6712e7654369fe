// SPDX-License-Identifier: Apache-2.0
//
// The shapes of arguments: JSON or text for a shell (trap 04), pairs, words, the rest of the line.
#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

// G01 ⚠04
TEST_CASE("what begins as a list and is no JSON is text for the shell") {
  for (const char* text : {"[\"a\"]x", "['a']", "[\"a\",]", "[a]", "[\"a\"", "[ -f x ] && y",
                           "[\"a\" \"b\"]", "{\"a\": 1}", "[\"a\\z\"]", "\"a\""}) {
    Run run = instruction<Run>(std::string("RUN ") + text);
    CHECK_MESSAGE(run.command.shell_form, text);
    CHECK_MESSAGE(run.command.words == Lines{text}, text);
  }
}

TEST_CASE("JSON lists give words with their escapes resolved") {
  struct Case {
    const char* text;
    Lines words;
  };
  for (const Case& c : std::initializer_list<Case>{{"[\"a\"]", {"a"}},
                                                   {"[ \"a b\" ,\t\"\" ]", {"a b", ""}},
                                                   {"[\"a\\n\\\"b\\\\\"]", {"a\n\"b\\"}},
                                                   {"[\"\\u00e9\"]", {"\xc3\xa9"}},
                                                   {"[\"a\", \\\n  \"b\"]", {"a", "b"}},
                                                   {"[\"$A\"]", {"$A"}},
                                                   {"[]", {}}}) {
    Cmd cmd = instruction<Cmd>(std::string("CMD ") + c.text);
    CHECK_MESSAGE(!cmd.command.shell_form, c.text);
    CHECK_MESSAGE(cmd.command.words == c.words, c.text);
  }
}

// G01 E12
TEST_CASE("a JSON list that holds anything but strings is an error in every instruction") {
  for (const char* keyword :
       {"RUN", "CMD", "ENTRYPOINT", "SHELL", "VOLUME", "COPY", "ADD", "HEALTHCHECK CMD"}) {
    for (const char* text : {"[\"a\", 1]", "[null]", "[[\"a\"]]", "[true, \"a\"]", "[{}]"}) {
      CHECK(
          complaint(std::string(keyword) + " " + text)
              .ends_with("when using JSON array syntax, arrays must be comprised of strings only"));
    }
  }
}

// G04
TEST_CASE("the first word decides whether ENV and LABEL are in the old form") {
  Env old = instruction<Env>("ENV a  b=c \"d\"  e ");
  REQUIRE(old.pairs.size() == 1);
  CHECK(old.pairs[0].key == "a");
  CHECK(old.pairs[0].value == "b=c \"d\"  e");
  CHECK(old.pairs[0].legacy);
  Label label = instruction<Label>("LABEL a=b \"c d\"='e f' g=h\\ i j=");
  REQUIRE(label.pairs.size() == 4);
  CHECK(label.pairs[1].key == "\"c d\"");
  CHECK(label.pairs[1].value == "'e f'");
  CHECK(label.pairs[2].value == "h\\ i");
  CHECK(label.pairs[3].value.empty());
  CHECK(!label.pairs[3].legacy);
}

TEST_CASE("pairs cut at their first equals sign") {
  Env env = instruction<Env>("ENV a=b=c d==");
  CHECK(env.pairs.at(0).value == "b=c");
  CHECK(env.pairs.at(1).key == "d");
  CHECK(env.pairs.at(1).value == "=");
}

// E11
TEST_CASE("a pair that is none is refused with the word that is none") {
  for (std::string keyword : {"ENV", "LABEL"}) {
    CHECK(complaint(keyword + " a=b c") ==
          "Syntax error - can't find = in \"c\". Must be of the form: name=value");
    CHECK(complaint(keyword + " a=b c = d") ==
          "Syntax error - can't find = in \"c\". Must be of the form: name=value");
    CHECK(complaint(keyword + " a") == keyword + " must have two arguments");
    CHECK(complaint(keyword + " a=b =c") == keyword + " names can not be blank");
  }
}

// G05
TEST_CASE("one ARG declares many, each with or without a default") {
  Arg arg = instruction<Arg>("ARG a b= c='d e' f=g=h");
  REQUIRE(arg.items.size() == 4);
  CHECK(!arg.items[0].value);
  CHECK(arg.items[1].value == "");
  CHECK(arg.items[2].value == "'d e'");
  CHECK(arg.items[3].value == "g=h");
  CHECK(complaint("ARG a =b") == "ARG names can not be blank");
  CHECK(complaint("ARG") == "ARG requires at least one argument");
}

// G06
TEST_CASE("WORKDIR, USER, STOPSIGNAL and MAINTAINER take the rest of the line as it is") {
  CHECK(instruction<Workdir>("WORKDIR  /a  b \"c\" ").path == "/a  b \"c\"");
  CHECK(instruction<Workdir>("WORKDIR [\"/a\"]").path == "[\"/a\"]");
  CHECK(instruction<User>("USER a b").user == "a b");
  CHECK(instruction<Stopsignal>("STOPSIGNAL $S x").signal == "$S x");
  CHECK(instruction<Maintainer>("MAINTAINER Joe <joe@x>").name == "Joe <joe@x>");
}

// G03
TEST_CASE("COPY and ADD split at white space, and only JSON holds it together") {
  Copy plain = instruction<Copy>("COPY \"a b\"   c\\ d /e");
  CHECK(plain.files.paths == Lines{"\"a", "b\"", "c\\", "d"});
  Add json = instruction<Add>("ADD [\"a b\", \"c\", \"/d e/\"]");
  CHECK(json.files.paths == Lines{"a b", "c"});
  CHECK(json.files.dest == "/d e/");
}

TEST_CASE("VOLUME and EXPOSE take words") {
  CHECK(instruction<Volume>("VOLUME /a  /b").paths == Lines{"/a", "/b"});
  CHECK(instruction<Volume>("VOLUME [\" /a \", \"/b c\"]").paths == Lines{"/a", "/b c"});
  CHECK(instruction<Expose>("EXPOSE 9 10/udp $P").ports == Lines{"$P", "10/udp", "9"});
}

// E03
TEST_CASE("every instruction without arguments says how many it needs") {
  struct Case {
    const char* line;
    const char* message;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"USER", "USER requires exactly one argument"},
           {"STOPSIGNAL", "STOPSIGNAL requires exactly one argument"},
           {"MAINTAINER", "MAINTAINER requires exactly one argument"},
           {"label", "LABEL requires at least one argument"},
           {"EXPOSE", "EXPOSE requires at least one argument"},
           {"VOLUME", "VOLUME requires at least one argument"},
           {"VOLUME []", "VOLUME requires at least one argument"},
           {"SHELL", "SHELL requires at least one argument"},
           {"ONBUILD", "ONBUILD requires at least one argument"},
           {"HEALTHCHECK", "HEALTHCHECK requires at least one argument"},
           {"FROM", "FROM requires either one or three arguments"},
           {"FROM a is b", "FROM requires either one or three arguments"},
           {"FROM a AS", "FROM requires either one or three arguments"},
           {"FROM a AS b c", "FROM requires either one or three arguments"}}) {
    CHECK_MESSAGE(complaint(c.line) == c.message, c.line);
  }
  for (const char* line : {"COPY", "ADD", "ADD a", "COPY --from=a b", "COPY [\"a\"]"}) {
    CHECK_MESSAGE(complaint(line).find(" requires at least two arguments") != std::string::npos,
                  line);
  }
}

// F01 E07
TEST_CASE("the names of stages are lower-cased, and begin with a letter") {
  for (const char* name : {"a", "A1", "x-y_z.0", "Scratch", "context"}) {
    Dockerfile file = parsed("FROM x as " + std::string(name));
    CHECK_MESSAGE(!file.stages.at(0).from.name.empty(), name);
  }
  for (const char* name : {"0", "-a", "_a", ".a", "a/b", "a:b", "a$b", "\xc3\xa9"}) {
    Refusal wrong = refusal("FROM x AS " + std::string(name));
    CHECK_MESSAGE(wrong.message.find("invalid name for build stage") != std::string::npos, name);
    CHECK_MESSAGE(wrong.span.first_column == 11, name);
  }
}

// P10
TEST_CASE("a hash behind the start of a line is no comment") {
  CHECK(instruction<Run>("RUN echo a # b").command.words == Lines{"echo a # b"});
  CHECK(instruction<Label>("LABEL a=#b").pairs.at(0).value == "#b");
  CHECK(complaint("ENV A=b # c").starts_with("Syntax error - can't find = in \"#\""));
}

TEST_CASE("a COPY that starts as the JSON form does and is none is told from one of patterns") {
  for (const char* line :
       {"COPY [\"a\", \"b\"", "COPY [ \"a\", \"b\"", "COPY ['a', 'b']", "ADD [\"a\" \"b\"]"}) {
    bool is_add = std::string_view(line).starts_with("ADD");
    CHECK_MESSAGE(
        (is_add ? instruction<Add>(line).files : instruction<Copy>(line).files).broken_json, line);
  }
  CHECK_FALSE(instruction<Copy>("COPY [\"[a-\", \"/c/\"]").files.broken_json);
  CHECK_FALSE(instruction<Copy>("COPY [a- /c/").files.broken_json);
  CHECK_FALSE(instruction<Copy>("COPY [a]b /c/").files.broken_json);
}
