// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/syntax.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/time.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

SyntaxTree parse_tree(std::string text) {
  return parse_syntax(
      std::make_shared<const SourceText>(SourceText{"Dockerfile", std::move(text)}));
}

std::string dump(std::string text) {
  return dump_ast(parse_tree(std::move(text)));
}

std::string message(std::string text) {
  try {
    parse_tree(std::move(text));
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

int line_of_error(std::string text) {
  try {
    parse_tree(std::move(text));
  } catch (const Error& error) {
    return error.span() ? error.span()->first_line : 0;
  }
  return -1;
}

}  // namespace

TEST_CASE("comments and blank lines inside a continued instruction vanish without ending it") {
  CHECK(dump("RUN a && \\\n  # why\n\n   b\n") == "(run \"a &&    b\")\n");
  CHECK(parse_tree("RUN a \\\n\nb\n").empty_continuations.size() == 1);
}

TEST_CASE("an escape cancels the continuation behind it") {
  CHECK(dump("RUN echo a\\\\\nUSER x\n") == "(run \"echo a\\\\\\\\\")\n(user \"x\")\n");
  CHECK(dump("RUN echo a \\  \t\nb") == "(run \"echo a b\")\n");
  CHECK(dump("ENV A b \\") == "(env \"A\" \"b\" \"\")\n");
}

TEST_CASE("directives hold only in the unbroken run at the top") {
  CHECK(dump("# escape=`\nRUN a `\nb") == "(run \"a b\")\n");
  CHECK(parse_tree("# Syntax = docker/dockerfile:1 \n# check=skip=all\nFROM x").directives.size() ==
        2);
  CHECK(parse_tree("# a comment\n# escape=`\nFROM x").escape == '\\');
  CHECK(parse_tree("\n# escape=`\nFROM x").escape == '\\');
  CHECK(parse_tree("# unknown=1\n# escape=`\nFROM x").escape == '\\');
  CHECK(parse_tree("#!/bin/x\n# syntax=a b\nFROM x").directives.at(0).value == "a b");
  CHECK(message("# escape=`\n# escape=`\nFROM x") ==
        "only one escape parser directive can be used");
  CHECK(message("# escape=x\nFROM x") == "invalid escape token 'x' does not match ` or \\");
  CHECK(line_of_error("# syntax=y\n# escape=x\nFROM x") == 2);
}

// P01 P07
TEST_CASE("a byte order mark and carriage returns are no part of the text") {
  CHECK(dump("\xef\xbb\xbf# escape=`\r\nFROM x\r\nRUN a `\r\n  b\r\n") ==
        "(from \"x\")\n(run \"a   b\")\n");
}

// G01-G06
TEST_CASE("each instruction has its argument shape") {
  CHECK(dump("FROM  a  AS\tb") == "(from \"a\" \"AS\" \"b\")\n");
  CHECK(dump("env a=b c=\"d e\" f=g\\ h") ==
        R"((env "a" "b" "=" "c" "\"d e\"" "=" "f" "g\\ h" "="))"
        "\n");
  CHECK(dump("ENV a  b  c") == "(env \"a\" \"b  c\" \"\")\n");
  CHECK(dump("ARG a b=\"x y\"") == "(arg \"a\" \"b=\\\"x y\\\"\")\n");
  CHECK(dump("WORKDIR /a b") == "(workdir \"/a b\")\n");
  CHECK(dump("COPY [\"a b\", \"c\"]") == "(copy \"a b\" \"c\")\n");
  CHECK(dump("RUN ['a']") == "(run \"['a']\")\n");
  CHECK(dump("CMD [ ]") == "(cmd)\n");
  CHECK(dump("HEALTHCHECK --interval=5s CMD a b") ==
        "(healthcheck [\"--interval=5s\"] \"CMD\" \"a b\")\n");
  CHECK(dump("ONBUILD RUN [\"x\"]") == "(onbuild (run \"x\"))\n");
  CHECK(dump("WHAT ever") == "(what \"\")\n");
}

TEST_CASE("flags stand before the arguments, and a bare -- ends them") {
  CHECK(dump("COPY --from=a --chown='x y' b c") ==
        "(copy [\"--from=a\" \"--chown=x y\"] \"b\" \"c\")\n");
  CHECK(dump("RUN --x -- --y") == "(run [\"--x\"] \"--y\")\n");
}

// P13
TEST_CASE("text that cannot be an instruction is refused where it stands") {
  CHECK(message("") == "the Dockerfile cannot be empty");
  CHECK(message("# only\n\n") == "file with no instructions");
  CHECK(message("FROM x\nENV a") == "ENV must have two arguments");
  CHECK(message("FROM x\nENV A=b # c") ==
        "Syntax error - can't find = in \"#\". Must be of the form: name=value");
  CHECK(message("FROM x\nRUN [\"a\", 1]") ==
        "when using JSON array syntax, arrays must be comprised of strings only");
  CHECK(line_of_error("FROM x\n\nLABEL a") == 3);
}

TEST_CASE("an instruction knows its lines and the comments above it") {
  SyntaxTree tree = parse_tree("# one\nFROM x\n\n# two\nRUN a \\\n b\n");
  CHECK(tree.nodes.at(1).span.first_line == 5);
  CHECK(tree.nodes.at(1).span.last_line == 6);
  CHECK(tree.nodes.at(1).comments == std::vector<std::string>{"two"});
}

TEST_CASE("heredocs are read for RUN, COPY and ADD, in order, and nowhere else") {
  SyntaxTree tree = parse_tree(
      "COPY <<X <<Y /dest\nY\nX\nX\nY\n"
      "RUN <<-'END' cat\n\ta\n\tEND\n"
      "USER <<NO\n"
      "RUN \"<<NO\"\n"
      "RUN [\"<<NO\"]\n"
      "RUN 3<<  EOF  > foo\nEOF\n"
      "ONBUILD RUN <<IN\nbody\nIN\n");
  REQUIRE(tree.nodes.size() == 7);
  CHECK(tree.nodes[0].heredocs ==
        std::vector<Heredoc>{{.name = "X", .content = "Y\n"}, {.name = "Y", .content = "X\n"}});
  CHECK(tree.nodes[1].heredocs ==
        std::vector<Heredoc>{{.name = "END", .expand = false, .chomp = true, .content = "\ta\n"}});
  for (int i : {2, 3, 4}) CHECK(tree.nodes[static_cast<std::size_t>(i)].heredocs.empty());
  CHECK(tree.nodes[5].heredocs == std::vector<Heredoc>{{.name = "EOF", .descriptor = 3}});
  CHECK(tree.nodes[6].heredocs.at(0).content == "body\n");
}

TEST_CASE("a heredoc word may be quoted in part") {
  CHECK(find_heredoc("<<eo'f'")->name == "eof");
  CHECK(!find_heredoc("<<eo'f'")->expand);
  CHECK(find_heredoc("<<eo\\'f")->name == "eo'f");
  CHECK(find_heredoc("<<eo\\'f")->expand);
  CHECK(find_heredoc("<<'one two'")->name == "one two");
  CHECK(find_heredoc("<<$EOF")->name == "$EOF");
  for (const char* word : {"", "EOF", "<<", "<<-", "<EOF", "<<<EOF", "<<EOF sh"}) {
    CHECK(!find_heredoc(word));
  }
  CHECK_THROWS_AS(find_heredoc("<<'EOF"), Error);
}

TEST_CASE("an unterminated heredoc points at its start and at what came near") {
  try {
    parse_tree("FROM x\nRUN <<EOF\nls\n EOF\n");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.message() == "unterminated heredoc");
    CHECK(error.span()->first_line == 2);
    CHECK(error.hint().find("line 4") != std::string::npos);
  }
}

TEST_CASE("ten megabytes parse in a moment, whatever they hold") {
  std::string text = "FROM x\n";
  for (int i = 0; i < 9000; ++i) {
    text += "RUN echo \"$a\" ${b:-c}";
    for (int more = 0; more < 50; ++more) text += " \\\n  && echo \"$a\" ${b:-c}";
    text += '\n';
  }
  REQUIRE(text.size() > 10'000'000);
  double start = monotonic_seconds();
  CHECK(parse_tree(text).nodes.size() == 9001);
  parse_tree("RUN " + std::string(90'000, '['));
  CHECK(message("RUN <<" + std::string(1'000'000, '\\')) == "unterminated heredoc");
  parse_tree("ENV a=" + std::string(1'000'000, '\'') + "'");
  CHECK(monotonic_seconds() - start < 20);
}
