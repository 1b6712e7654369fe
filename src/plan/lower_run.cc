// SPDX-License-Identifier: Apache-2.0
//
// RUN. A lone heredoc is the script itself: handed to the shell, or, when it starts with "#!",
// written to a file and executed. Any other line with heredocs is put together again as text and
// left to the shell.
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/dockerfile.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {
namespace {

constexpr std::string_view kScriptDirectory = "/dev/pipes/";

struct Command {
  std::vector<std::string> argv;
  std::optional<InlineFile> script;
  std::string summary;  // of a heredoc, for the step's name
};

// " (apt-get update...)": the first line of a heredoc.
std::string summary_of(std::string_view body) {
  body = trim(body);
  std::string_view line = body.substr(0, body.find_first_of("\r\n"));
  return fmt::format(" ({}{})", line, line.size() < body.size() ? "..." : "");
}

Command heredoc_command(const dockerfile::Run& run, const oci::ImageConfig& config) {
  const std::vector<dockerfile::Heredoc>& heredocs = run.command.heredocs;
  const std::string& line = run.command.words.at(0);
  if (!dockerfile::find_heredoc(line)) {
    std::string text = line;
    for (const dockerfile::Heredoc& heredoc : heredocs)
      text += "\n" + heredoc.content + heredoc.name;
    return {.argv = with_shell(config, {text}), .script = {}, .summary = {}};
  }
  const dockerfile::Heredoc& heredoc = heredocs[0];
  std::string body = heredoc.chomp ? dockerfile::chomp_tabs(heredoc.content) : heredoc.content;
  Command command{.argv = {}, .script = {}, .summary = summary_of(heredoc.content)};
  if (body.starts_with("#!")) {
    check_file_name(heredoc.name);
    std::string path = std::string(kScriptDirectory) + heredoc.name;
    command.argv = with_shell(config, {path});
    command.script = InlineFile{.name = std::move(path), .content = std::move(body)};
  } else {
    command.argv = with_shell(config, {body});
  }
  return command;
}

Command command_of(const dockerfile::Run& run, const oci::ImageConfig& config) {
  if (!run.command.heredocs.empty()) return heredoc_command(run, config);
  if (!run.command.shell_form) return {.argv = run.command.words, .script = {}, .summary = {}};
  return {.argv = with_shell(config, run.command.words), .script = {}, .summary = {}};
}

// HTTP_PROXY and its kin given as build arguments reach every command in both spellings.
std::vector<std::string> proxy_env(const std::map<std::string, std::string>& build_args) {
  std::vector<std::string> out;
  for (std::string_view name :
       {"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"}) {
    std::optional<std::string> value;
    for (const auto& [key, given] : build_args) {
      if (equal_fold(key, name)) value = given;
    }
    if (!value || value->empty()) continue;
    out.push_back(fmt::format("{}={}", name, *value));
    out.push_back(fmt::format("{}={}", to_lower(name), *value));
  }
  return out;
}

// "|2 a=1 b=2 ": the ARGs in scope, each once, with the values the command sees.
std::string argument_prefix(const ImageState& image) {
  std::vector<std::string> order;
  std::map<std::string, std::string> values;
  for (const dockerfile::ArgItem& item : image.args) {
    if (!values.contains(item.key)) order.push_back(item.key);
    values[item.key] = image.env.find(item.key).value_or(item.value.value_or(""));
  }
  if (order.empty()) return "";
  std::string out = fmt::format("|{} ", order.size());
  for (const std::string& key : order) out += fmt::format("{}={} ", key, values[key]);
  return out;
}

NetworkMode network_of(const dockerfile::Run& run, const BuildOptions& options) {
  if (run.network == "none") return NetworkMode::kNone;
  if (run.network == "host") return NetworkMode::kHost;
  return options.network;
}

void refuse_unsupported(const dockerfile::Run& run) {
  const SourceSpan& span = run.origin.span;
  if (run.security != "sandbox")
    not_supported_yet("RUN --security=insecure", dockerfile::narrow(span, "--security"));
  if (!run.devices.empty()) not_supported_yet("RUN --device", dockerfile::narrow(span, "--device"));
}

}  // namespace

void lower(const dockerfile::Run& run, Lowering& context) {
  refuse_unsupported(run);
  ImageState& image = context.image();
  std::vector<VertexId> inputs;
  Command command = command_of(run, image.config);
  RunOp op{.argv = command.argv,
           .env = image.env.list(),
           .cwd = image.config.working_dir.empty() ? "/" : rooted_path(image.config.working_dir),
           .user = image.config.user,
           .network = network_of(run, context.options),
           .mounts = lower_mounts(run, context, inputs),
           .script = std::move(command.script),
           .proxy_env = proxy_env(context.build_args),
           .extra_hosts = context.options.extra_hosts};
  VertexId vertex =
      context.add_step(std::move(op), std::move(inputs),
                       context.step_text(run.origin.code + command.summary, true), run.origin.span);
  context.record(
      fmt::format("RUN {}{} # buildkit", argument_prefix(image), fmt::join(command.argv, " ")),
      vertex);
}

}  // namespace cairn::plan
