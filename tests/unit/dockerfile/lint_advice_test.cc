// SPDX-License-Identifier: Apache-2.0
//
// The checks that only cairn makes (the last line of section F of tests/semantics.md): each firing,
// and every innocent neighbour of it that came to mind.
#include <fmt/format.h>

#include "tests/unit/dockerfile/dockerfile_fixture.h"

using namespace cairn;
using namespace cairn::dockerfile;

namespace {

// Rule and line of each finding below "FROM x", which is line 1.
Lines advice(const std::string& text, std::string directive = "") {
  SyntaxTree tree = parse_syntax(
      std::make_shared<const SourceText>(SourceText{"Dockerfile", directive + "FROM x\n" + text}));
  Linter linter(check_options(tree.directives, std::nullopt));
  lint_advice(parse_dockerfile(tree), linter);
  linter.fail_if_wanted();
  Lines out;
  for (const Diagnostic& one : linter.found()) {
    out.push_back(fmt::format("{} {}", one.rule->name, one.span.first_line));
  }
  return out;
}

std::string first_message(const std::string& text) {
  SyntaxTree tree =
      parse_syntax(std::make_shared<const SourceText>(SourceText{"Dockerfile", "FROM x\n" + text}));
  Linter linter({});
  lint_advice(parse_dockerfile(tree), linter);
  return linter.found().empty() ? "" : linter.found()[0].message;
}

}  // namespace

TEST_CASE("G01 E12: what starts like a JSON array and is none is pointed out") {
  for (const char* line :
       {"RUN [\"a\"]x\n", "CMD ['a', 'b']\n", "ENTRYPOINT [\"a\" \"b\"]\n", "CMD [ \"a\", b ]\n",
        "VOLUME ['/data']\n", "HEALTHCHECK CMD ['a']\n", "COPY [\"a\",\"b\"]x y\n"}) {
    CAPTURE(line);
    CHECK(advice(line) == Lines{"ShellFormLooksLikeJson 2"});
  }
  for (const char* line :
       {"RUN [\"a\"]\n", "CMD []\n", "RUN [ -f x ] && y\n", "RUN [ \"$a\" = \"b\" ] || exit 1\n",
        "RUN [[ x ]]\n", "COPY [\"a\",\"b\"]\n", "COPY [a-z]* /x/\n", "VOLUME [\"/data\"]\n",
        "HEALTHCHECK NONE\n"}) {
    CAPTURE(line);
    CHECK(advice(line).empty());
  }
}

TEST_CASE("K04: an ARG above a RUN that does not name it") {
  CHECK(advice("ARG V\nRUN apt-get install x\nRUN get $V\n") == Lines{"ArgBeforeUse 2"});
  CHECK(first_message("ARG V\nRUN one\nRUN two\nENV W=${V}\n") ==
        "ARG V is first used on line 5, yet a new value also runs line 4 again: declare it below "
        "that");
  for (const char* text :
       {"ARG V\nRUN get $V\nRUN x\n", "RUN x\nARG V\nRUN $V\n", "ARG V\nRUN x\nRUN y\n",
        "ARG V\nCOPY a /\nRUN $V\n", "ARG V\nENV V=$V\nRUN x\nRUN $V\n",
        "ARG V\nRUN <<EOF\necho $V\nEOF\nRUN $V\n", "ARG TARGETARCH\nRUN x\nRUN $TARGETARCH\n",
        "ARG http_proxy\nRUN x\nRUN $http_proxy\n", "ARG V\nRUN $VV\nRUN y\n"}) {
    CAPTURE(text);
    CHECK(advice(text).empty());
  }
}

TEST_CASE("H02: a heredoc of several commands goes on after one that fails") {
  for (const char* body : {"a\nb\n", "cd /x\nmake\n", "if a; then\n  b\nfi\nc\n", "set -x\na\n",
                           "f() {\n  a\n}\nf\n"}) {
    CAPTURE(body);
    CHECK(advice(fmt::format("RUN <<EOF\n{}EOF\n", body)) == Lines{"HeredocWithoutErrexit 2"});
  }
  for (const char* body :
       {"a\n", "set -e\na\nb\n", "set -euo pipefail\na\nb\n", "set -o errexit\na\nb\n",
        "# why\n\na\n", "a \\\n  b\n", "a &&\nb\n", "for i in 1 2; do\n  a\n  b\ndone\n",
        "#!/usr/bin/env python3\na\nb\n"}) {
    CAPTURE(body);
    CHECK(advice(fmt::format("RUN <<EOF\n{}EOF\n", body)).empty());
  }
  CHECK(advice("RUN <<EOF bash -e\na\nb\nEOF\n").empty());  // some program's input
  CHECK(advice("RUN cat <<EOF >/x\na\nb\nEOF\n").empty());
  CHECK(advice("COPY <<EOF /x\na\nb\nEOF\n").empty());
}

TEST_CASE("ADD of a URL without a checksum") {
  CHECK(advice("ADD https://example.com/x.tar /\n") == Lines{"AddWithoutChecksum 2"});
  for (const char* line :
       {"ADD --checksum=sha256:00 https://example.com/x.tar /\n", "ADD x.tar /\n",
        "ADD https://example.com/x.git#v1 /\n", "ADD git@example.com:x.git /\n"}) {
    CAPTURE(line);
    CHECK(advice(line).empty());
  }
}

TEST_CASE("chmod and chown of what was just copied") {
  struct Case {
    const char* text;
    const char* message;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"COPY entrypoint.sh /\nRUN chmod +x /entrypoint.sh\n",
            "chmod of /entrypoint.sh, which was just copied, stores it a second time: write COPY "
            "--chmod=+x"},
           {"COPY --from=b /src/app /opt/app\nRUN useradd app && chown -R app:app /opt/app/\n",
            "chown of /opt/app/, which was just copied, stores it a second time: write COPY "
            "--chown=app:app"},
           {"WORKDIR /app\nADD . .\nUSER root\nRUN chown -R 1000 bin/run\n",
            "chown of bin/run, which was just copied, stores it a second time: write ADD "
            "--chown=1000"},
           {"COPY <<EOF /usr/bin/\nx\nEOF\nRUN chmod 755 /usr/bin/EOF\n",
            "chmod of /usr/bin/EOF, which was just copied, stores it a second time: write COPY "
            "--chmod=755"}}) {
    CAPTURE(c.text);
    CHECK(first_message(c.text) == c.message);
  }
  for (const char* text :
       {"COPY a /a\nRUN x\nRUN chmod +x /a\n", "RUN chmod +x /a\n", "COPY a /b/\nRUN chmod +x /a\n",
        "COPY a /a\nRUN chmod 1777 /tmp\n", "COPY a /app/a\nRUN chown -R app /app\n",
        "COPY a $D\nRUN chmod +x /a\n", "COPY a /a\nRUN chmod $MODE /a\n",
        "COPY . /\nRUN chmod +x /usr/bin/x\n", "COPY a x\nRUN cd /tmp && chmod +x x\n"}) {
    CAPTURE(text);
    CHECK(advice(text).empty());
  }
}

TEST_CASE("apt-get update in a layer of its own") {
  CHECK(advice("RUN apt-get update\n") == Lines{"AptUpdateAlone 2"});
  CHECK(advice("RUN set -e; apt-get -qq update && apt-get clean\n") == Lines{"AptUpdateAlone 2"});
  for (const char* line :
       {"RUN apt-get update && apt-get install -y x\n", "RUN apt-get install x\n",
        "RUN apt-get update && ./install.sh\n", "RUN echo apt-get update\n",
        "RUN --mount=type=cache,target=/var/lib/apt/lists apt-get update\n"}) {
    CAPTURE(line);
    CHECK(advice(line).empty());
  }
}

TEST_CASE("advice is skipped by name, as a group, and never makes error=true an error") {
  std::string text = "RUN apt-get update\nADD http://example.com/x /\n";
  CHECK(advice(text).size() == 2);
  CHECK(advice(text, "# check=skip=AptUpdateAlone\n") == Lines{"AddWithoutChecksum 4"});
  CHECK(advice(text, "# check=skip=cairn\n").empty());
  CHECK(advice(text, "# check=skip=all\n").empty());
  CHECK(advice(text, "# check=error=true\n").size() == 2);
  CHECK(advice("# check=skip=cairn // once\nRUN apt-get update\n").empty());
}
