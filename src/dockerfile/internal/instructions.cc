// SPDX-License-Identifier: Apache-2.0
//
// One function for each instruction, COPY and ADD in file_instructions.cc; the table at the end
// maps keywords to them. The order of the checks in a function decides which of several errors the
// user sees. It is BuildKit's (instructions/parse.go), as are the texts.
#include "dockerfile/internal/instructions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/duration.h"
#include "dockerfile/internal/file_instructions.h"
#include "dockerfile/internal/flags.h"
#include "dockerfile/internal/origin.h"
#include "dockerfile/internal/runes.h"
#include "dockerfile/mount.h"
#include "dockerfile/narrow.h"

namespace cairn::dockerfile {
namespace {

using enum FlagKind;

std::string only_argument(const Node& node) {
  if (node.args.size() == 1) return node.args[0];
  throw dockerfile_error("{} requires exactly one argument", to_upper(node.keyword));
}

// The constructor throws for the first flag, since none is known.
void need_no_flags(const Node& node) {
  Flags none(node, {});
}

void need_argument(const Node& node) {
  if (!node.args.empty()) return;
  throw dockerfile_error("{} requires at least one argument", to_upper(node.keyword));
}

// JSON gives the exec form, all else the shell form with one word.
CommandLine command_line(const Node& node) {
  return {.words = node.args, .shell_form = !node.json, .heredocs = node.heredocs};
}

std::vector<KeyValue> pairs_of(const Node& node) {
  need_argument(node);
  std::vector<KeyValue> pairs;
  // The parser gives triples: key, value, and "=" or "" for the old form.
  for (std::size_t i = 0; i + 2 < node.args.size(); i += 3) {
    if (node.args[i].empty())
      throw dockerfile_error("{} names can not be blank", to_upper(node.keyword));
    pairs.push_back(
        {.key = node.args[i], .value = node.args[i + 1], .legacy = node.args[i + 2].empty()});
  }
  return pairs;
}

// --- stages and variables ---

// BuildKit: ^[a-z][a-z0-9-_.]*$. A number would be ambiguous in COPY --from.
bool is_stage_name(std::string_view name) {
  auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  auto is_rest = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), is_rest);
}

Instruction parse_from(const Node& node) {
  From from{.origin = origin(node), .base = {}, .platform = {}, .name = {}};
  if (node.args.size() == 3 && equal_fold(node.args[1], "as")) {
    from.name = to_lower(node.args[2]);
    if (!is_stage_name(from.name)) {
      throw dockerfile_error(
          "invalid name for build stage: {}, name can't start with a number or contain symbols",
          go_quote(node.args[2]))
          .at(narrow(node.span, node.args[2]));
    }
  } else if (node.args.size() != 1) {
    throw dockerfile_error("FROM requires either one or three arguments");
  }
  from.platform = Flags(node, {{"platform", kText}}).text("platform");
  from.base = node.args[0];
  return from;
}

// Flags of ARG and STOPSIGNAL are ignored, as in BuildKit.
Instruction parse_arg(const Node& node) {
  need_argument(node);
  Arg arg{.origin = origin(node), .items = {}};
  for (const std::string& text : node.args) {
    std::size_t sign = text.find('=');
    if (sign == 0) throw dockerfile_error("ARG names can not be blank");
    ArgItem item{.key = text.substr(0, sign), .value = {}};
    if (sign != std::string::npos) item.value = text.substr(sign + 1);
    arg.items.push_back(std::move(item));
  }
  return arg;
}

Instruction parse_env(const Node& node) {
  need_no_flags(node);
  return Env{.origin = origin(node), .pairs = pairs_of(node)};
}

Instruction parse_label(const Node& node) {
  need_no_flags(node);
  return Label{.origin = origin(node), .pairs = pairs_of(node)};
}

// --- commands ---

Instruction parse_run(const Node& node) {
  Flags flags(node, {{"mount", kList}, {"network", kText}, {"security", kText}, {"device", kList}});
  Run run{.origin = origin(node),
          .command = command_line(node),
          .mounts = flags.list("mount"),
          .network = flags.text("network", "default"),
          .security = flags.text("security", "sandbox"),
          .devices = flags.list("device")};
  // Only for its errors: the options are parsed after expansion.
  for (const std::string& mount : run.mounts) mount_from(mount);
  if (run.network != "default" && run.network != "none" && run.network != "host") {
    throw dockerfile_error("invalid network mode {}", go_quote(run.network))
        .at(narrow(node.span, "--network"));
  }
  if (run.security != "sandbox" && run.security != "insecure") {
    throw dockerfile_error("security {} is not valid", go_quote(run.security))
        .at(narrow(node.span, "--security"));
  }
  return run;
}

Instruction parse_cmd(const Node& node) {
  need_no_flags(node);
  return Cmd{.origin = origin(node), .command = command_line(node)};
}

Instruction parse_entrypoint(const Node& node) {
  need_no_flags(node);
  return Entrypoint{.origin = origin(node), .command = command_line(node)};
}

Instruction parse_shell(const Node& node) {
  need_no_flags(node);
  need_argument(node);
  if (!node.json) {
    throw dockerfile_error("SHELL requires the arguments to be in JSON form")
        .with_hint("write it as SHELL [\"/bin/bash\", \"-c\"]");
  }
  return Shell{.origin = origin(node), .words = node.args};
}

// 0 means the default; HEALTHCHECK then inherits it.
std::int64_t interval(const Flags& flags, std::string_view name) {
  std::string text = flags.text(name);
  if (text.empty()) return 0;
  std::int64_t value = parse_duration(text);
  // Docker's minimum, container.MinimumDuration.
  if (value != 0 && value < 1'000'000) {
    throw dockerfile_error("Interval {} cannot be less than 1ms", go_quote(name));
  }
  return value;
}

Instruction parse_healthcheck(const Node& node) {
  need_argument(node);
  std::string kind = to_upper(node.args[0]);
  Healthcheck check{.origin = origin(node), .test = {kind}};
  // NONE disables the check that the base image has.
  if (kind == "NONE") {
    if (node.args.size() != 1) throw dockerfile_error("HEALTHCHECK NONE takes no arguments");
    return check;
  }
  Flags flags(node, {{"interval", kText},
                     {"timeout", kText},
                     {"start-period", kText},
                     {"start-interval", kText},
                     {"retries", kText}});
  if (kind != "CMD")
    throw dockerfile_error("Unknown type {} in HEALTHCHECK (try CMD)", go_quote(kind));
  if (node.args.size() == 1) throw dockerfile_error("Missing command after HEALTHCHECK CMD");
  // The runtime runs CMD-SHELL through the image's shell.
  if (!node.json) check.test[0] = "CMD-SHELL";
  check.test.insert(check.test.end(), node.args.begin() + 1, node.args.end());
  check.interval = interval(flags, "interval");
  check.timeout = interval(flags, "timeout");
  check.start_period = interval(flags, "start-period");
  check.start_interval = interval(flags, "start-interval");
  std::string retries = flags.text("retries", "0");
  if (retries.starts_with('-'))
    throw dockerfile_error("--retries cannot be negative ({})", retries);
  std::optional<std::uint64_t> count = parse_uint(retries);
  if (!count || *count > INT32_MAX)
    throw dockerfile_error("--retries is not a number: {}", retries);
  check.retries = static_cast<int>(*count);
  return check;
}

// --- metadata ---

Instruction parse_workdir(const Node& node) {
  Workdir workdir{.origin = origin(node), .path = only_argument(node)};
  need_no_flags(node);
  return workdir;
}

Instruction parse_user(const Node& node) {
  User user{.origin = origin(node), .user = only_argument(node)};
  need_no_flags(node);
  return user;
}

Instruction parse_maintainer(const Node& node) {
  Maintainer maintainer{.origin = origin(node), .name = only_argument(node)};
  need_no_flags(node);
  return maintainer;
}

Instruction parse_stopsignal(const Node& node) {
  return Stopsignal{.origin = origin(node), .signal = only_argument(node)};
}

Instruction parse_expose(const Node& node) {
  need_argument(node);
  need_no_flags(node);
  Expose expose{.origin = origin(node), .ports = node.args};
  // BuildKit sorts them, and history shows them in that order.
  std::sort(expose.ports.begin(), expose.ports.end());
  return expose;
}

Instruction parse_volume(const Node& node) {
  need_argument(node);
  need_no_flags(node);
  Volume volume{.origin = origin(node), .paths = {}};
  for (const std::string& arg : node.args) {
    std::string_view path = trim_space(arg);
    if (path.empty()) throw dockerfile_error("VOLUME specified can not be an empty string");
    volume.paths.emplace_back(path);
  }
  return volume;
}

Instruction parse_onbuild(const Node& node) {
  if (node.trigger.empty()) throw dockerfile_error("ONBUILD requires at least one argument");
  need_no_flags(node);
  std::string trigger = to_upper(node.trigger[0].keyword);
  if (trigger == "ONBUILD")
    throw dockerfile_error("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (trigger == "MAINTAINER" || trigger == "FROM") {
    throw dockerfile_error("{} isn't allowed as an ONBUILD trigger", trigger);
  }
  std::string_view text = trim_left_space(node.original);
  text = trim_left_space(text.substr(node.keyword.size()));
  // The text behind the keyword, unparsed: it is parsed when the trigger fires.
  Onbuild onbuild{.origin = origin(node), .trigger = std::string(text)};
  for (const Heredoc& heredoc : node.heredocs) {
    // The config of an image keeps the trigger as text, so the bodies go along.
    onbuild.trigger += "\n" + heredoc.content + heredoc.name;
  }
  return onbuild;
}

struct Entry {
  std::string_view keyword;
  Instruction (*parse)(const Node&);
};

// Common ones first: of two candidates equally near to a typo, the earlier is suggested.
constexpr std::array<Entry, 18> kInstructions = {{
    {"RUN", parse_run},
    {"COPY", parse_copy},
    {"FROM", parse_from},
    {"ENV", parse_env},
    {"ARG", parse_arg},
    {"WORKDIR", parse_workdir},
    {"CMD", parse_cmd},
    {"ADD", parse_add},
    {"EXPOSE", parse_expose},
    {"USER", parse_user},
    {"LABEL", parse_label},
    {"ENTRYPOINT", parse_entrypoint},
    {"VOLUME", parse_volume},
    {"HEALTHCHECK", parse_healthcheck},
    {"SHELL", parse_shell},
    {"ONBUILD", parse_onbuild},
    {"STOPSIGNAL", parse_stopsignal},
    {"MAINTAINER", parse_maintainer},
}};

Error unknown_instruction(const Node& node) {
  std::vector<std::string> names;
  for (const Entry& entry : kInstructions) names.emplace_back(entry.keyword);
  SourceSpan where = narrow(node.span, node.keyword);
  return dockerfile_error("unknown instruction: {}{}", node.keyword,
                          did_you_mean(node.keyword, names))
      .at(where);
}

}  // namespace

Instruction parse_instruction(const Node& node) {
  return at_span(node.span, [&] {
    for (const Entry& entry : kInstructions) {
      if (equal_fold(entry.keyword, node.keyword)) return entry.parse(node);
    }
    throw unknown_instruction(node);
  });
}

}  // namespace cairn::dockerfile
