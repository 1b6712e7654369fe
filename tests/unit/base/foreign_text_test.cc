// SPDX-License-Identifier: Apache-2.0
//
// What a person gets to see of text that others wrote.
#include "base/foreign_text.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/json.h"
#include "base/source_span.h"

using namespace cairn;

TEST_CASE("one line of foreign text shows what a terminal would obey") {
  struct Case {
    const char* text;
    const char* shown;
  };
  for (const Case& c :
       {Case{"plain \xc3\xa9", "plain \xc3\xa9"}, Case{"\x1b]0;t\a", "\\x1b]0;t\\x07"},
        Case{"a\nerror: b\r", "a\\x0aerror: b\\x0d"}, Case{"tab\there", "tab\there"},
        Case{"\xc2\x9b"
             "31m",
             "\\u009b31m"},
        Case{"\x9b", "\\x9b"},
        Case{"x\xe2\x80\xae"
             "exe",
             "x\\u202eexe"},
        Case{"\x7f", "\\x7f"}, Case{"\xf3\xa0\x81\x81", "\\U000e0041"}}) {
    CHECK(one_line(c.text) == c.shown);
  }
  CHECK(one_line(std::string("a\0b", 3)) == "a\\x00b");
}

TEST_CASE("one line is two hundred columns, and the rest is counted") {
  CHECK(one_line(std::string(200, 'a')) == std::string(200, 'a'));
  std::string long_one = one_line(std::string(3 << 20, 'a'));
  CHECK(long_one == std::string(200, 'a') + "... and 3145528 more bytes");
  // A wide character takes two columns, an escape as many as its letters.
  CHECK(one_line("\xe6\x97\xa5\xe6\x9c\xac", 3) == "\xe6\x97\xa5... and 3 more bytes");
  CHECK(one_line("\x1b\x1b", 4) == "\\x1b... and 1 more bytes");
}

TEST_CASE("a message keeps its lines, sets them in, and loses the middle of a long one") {
  CHECK(legible("one\nhint: two\n") == "one\n  hint: two\n");
  std::string text = legible("start " + std::string(1 << 20, 'x') + " exit code: 1");
  CHECK(text.size() < 1100);
  CHECK(text.starts_with("start "));
  CHECK(text.ends_with(" exit code: 1"));
  CHECK(text.find("more bytes") != std::string::npos);
  CHECK(legible(std::string(100000, '\n')).size() < 1000);
}

TEST_CASE("a log line keeps its colours and nothing else that a terminal obeys") {
  struct Case {
    const char* line;
    const char* colored;
    const char* plain;
  };
  for (const Case& c :
       {Case{"\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m", "red"},
        Case{"\x1b[38;5;9mred", "\x1b[38;5;9mred\x1b[0m", "red"},
        Case{"a\x1b[2J\x1b[10;10Hb", "ab", "ab"}, Case{"\x1b]0;title\abody", "body", "body"},
        Case{"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link", "link"},
        Case{"\x1b(Bx\x1b"
             "7y\x1b=z",
             "xyz", "xyz"},
        Case{"\x1bPq#0\x1b\\after", "after", "after"},
        Case{"\xc2\x9b"
             "2Jx\xc2\x9d"
             "0;t\a",
             "x", "x"},
        Case{"bell\a\x7f", "bell", "bell"},
        Case{"\xc2\x9b"
             "32mgreen",
             "\x1b[32mgreen\x1b[0m", "green"},
        Case{" 10%\r 20%\r 30%\r", " 30%", " 30%"}, Case{"ab\bc", "ac", "ac"},
        Case{"\x1b[", "", ""}, Case{"\x1b", "", ""}, Case{"\x1b]0;cut", "", ""},
        Case{"tab\tkept \xc3\xa9", "tab\tkept \xc3\xa9", "tab\tkept \xc3\xa9"},
        Case{"\x1b[>31m\x1b[?25lx", "x", "x"}, Case{"latin \xe9", "latin \xe9", "latin \xe9"}}) {
    CAPTURE(c.plain);
    CHECK(log_line(c.line, Colors::kKeep) == c.colored);
    CHECK(log_line(c.line, Colors::kDrop) == c.plain);
  }
}

TEST_CASE("a clipped line counts what is seen, and ends its colours") {
  CHECK(columns_of("\x1b[31mred\x1b[0m \xe6\x97\xa5") == 6);
  CHECK(clipped("\x1b[31mredder", 3) == "\x1b[31mred\x1b[0m");
  CHECK(clipped("\xc3\xa9\xc3\xa9\xc3\xa9", 2) == "\xc3\xa9\xc3\xa9");
}

TEST_CASE("JSON stays the same value") {
  Json value = {{"k",
                 "\xc2\x9b"
                 "2J \xe2\x80\xae \x7f \xf3\xa0\x81\x81 \xc3\xa9"}};
  std::string text = legible_json(value.dump());
  CHECK(text == "{\"k\":\"\\u009b2J \\u202e \\u007f \\udb40\\udc41 \xc3\xa9\"}");
  CHECK(parse_json(text, "text") == value);
}

TEST_CASE("the lines around a fault are shown, whatever is in them") {
  auto source = std::make_shared<SourceText>(
      SourceText{"Docker\x1b"
                 "file",
                 "FROM x\nRUN \x1b]0;t\a" + std::string(1 << 20, 'y') + "\n"});
  std::string text = excerpt({.source = source, .first_line = 2, .last_line = 2});
  CHECK(text.size() < 700);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("RUN \\x1b]0;t\\x07") != std::string::npos);
}

TEST_CASE("of many foreign lines all are shown, whole, with their ends") {
  CHECK(legible_lines("a\n\x1b[2Jb\n\n" + std::string(5000, 'x')) ==
        "a\n\\x1b[2Jb\n\n" + std::string(5000, 'x'));
  CHECK(legible_lines("a\n") == "a\n");
  CHECK(legible_lines("").empty());
}
