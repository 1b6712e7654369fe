// SPDX-License-Identifier: Apache-2.0
//
// The instructions of the language as plain values. Flags and argument counts are checked, and
// keywords are known; variables are not expanded yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/source_span.h"
#include "dockerfile/heredocs.h"

namespace cairn::dockerfile {

// The part of the source text that every instruction keeps.
struct Origin {
  std::string keyword;                // as written
  std::string code;                   // the joined line, trimmed
  std::vector<std::string> comments;  // right above it
  SourceSpan span;
};

struct KeyValue {
  std::string key;
  std::string value;
  bool legacy = false;  // "ENV key value" instead of "ENV key=value"
};

struct ArgItem {
  std::string key;
  std::optional<std::string> value;
};

// RUN, CMD and ENTRYPOINT. In shell form there is at most one word: the text for the shell.
struct CommandLine {
  std::vector<std::string> words;
  bool shell_form = true;
  std::vector<Heredoc> heredocs;
};

// A heredoc that COPY or ADD writes to a file. Leading tabs are already removed for "<<-".
struct InlineSource {
  std::string name;
  std::string content;
  bool expand = true;
};

// The common part of COPY and ADD. All texts are unexpanded.
struct FileSources {
  std::vector<std::string> paths;
  std::vector<InlineSource> inline_sources;
  bool broken_json = false;  // starts like the JSON form, but is not valid JSON
  std::string dest;
  std::string chown;
  std::string chmod;
  bool link = false;
  std::vector<std::string> exclude;
};

struct From {
  Origin origin;
  std::string base;
  std::string platform;  // the flag, or ""
  std::string name;      // lower case, or ""
};
struct Arg {
  Origin origin;
  std::vector<ArgItem> items;
};
struct Env {
  Origin origin;
  std::vector<KeyValue> pairs;
};
struct Run {
  Origin origin;
  CommandLine command;
  std::vector<std::string> mounts;  // as written: see mount.h
  std::string network = "default";
  std::string security = "sandbox";
  std::vector<std::string> devices;
};
struct Copy {
  Origin origin;
  FileSources files;
  std::string from;
  bool parents = false;
};
struct Add {
  Origin origin;
  FileSources files;
  std::optional<bool> keep_git_dir;
  std::optional<bool> unpack;
  std::string checksum;
};
struct Workdir {
  Origin origin;
  std::string path;
};
struct User {
  Origin origin;
  std::string user;
};
struct Cmd {
  Origin origin;
  CommandLine command;
};
struct Entrypoint {
  Origin origin;
  CommandLine command;
};
struct Shell {
  Origin origin;
  std::vector<std::string> words;
};
struct Label {
  Origin origin;
  std::vector<KeyValue> pairs;
};
struct Expose {
  Origin origin;
  std::vector<std::string> ports;  // sorted
};
struct Volume {
  Origin origin;
  std::vector<std::string> paths;
};
struct Stopsignal {
  Origin origin;
  std::string signal;
};
struct Healthcheck {
  Origin origin;
  std::vector<std::string> test;  // NONE | CMD word... | CMD-SHELL text
  std::int64_t interval = 0;      // nanoseconds, as are the next three
  std::int64_t timeout = 0;
  std::int64_t start_period = 0;
  std::int64_t start_interval = 0;
  int retries = 0;
};
struct Onbuild {
  Origin origin;
  std::string trigger;  // text for parse_trigger, heredocs included
};
struct Maintainer {
  Origin origin;
  std::string name;
};

using Instruction =
    std::variant<From, Arg, Env, Run, Copy, Add, Workdir, User, Cmd, Entrypoint, Shell, Label,
                 Expose, Volume, Stopsignal, Healthcheck, Onbuild, Maintainer>;

const Origin& origin_of(const Instruction& instruction);

}  // namespace cairn::dockerfile
