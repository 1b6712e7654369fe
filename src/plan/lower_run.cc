// SPDX-License-Identifier: Apache-2.0
//
// RUN. A lone heredoc is the script itself: it is passed to the shell or, if it starts with "#!",
// written to a file and executed. Any other line with heredocs is put back together as text for the
// shell.
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/device.h"
#include "dockerfile/narrow.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {
namespace {

// BuildKit's directory, so that $0 is the same.
constexpr std::string_view kScriptDirectory = "/dev/pipes/";

struct Command {
  std::vector<std::string> argv;
  std::optional<InlineFile> script;
  std::string summary;  // of a heredoc, for the name of the step
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
  // Other words on the line: "cat <<EOF > f" is for the shell.
  if (!dockerfile::find_heredoc(line)) {
    std::string text = line;
    for (const dockerfile::Heredoc& heredoc : heredocs)
      text += "\n" + heredoc.content + heredoc.name;
    return {.argv = with_shell(config, {text}), .script = {}, .summary = {}};
  }
  const dockerfile::Heredoc& heredoc = heredocs[0];
  std::string body = heredoc.chomp ? dockerfile::chomp_tabs(heredoc.content) : heredoc.content;
  Command command{.argv = {}, .script = {}, .summary = summary_of(heredoc.content)};
  // Run through the shell all the same, as BuildKit does.
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

// HTTP_PROXY and similar build arguments are passed to every command, in upper and lower case.
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

// "|2 a=1 b=2 ": the ARGs in scope, each once, with the values that the command sees. Part of the
// history text.
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

// --- what a step may do beyond its sandbox, and only with --allow (BuildKit's entitlements) ---

[[noreturn]] void throw_not_allowed(std::string_view entitlement, const SourceSpan& span) {
  throw Error::of(ErrorKind::kPolicy, "{} is not allowed", entitlement)
      .with_hint(fmt::format("allow it for this build with --allow {}", entitlement))
      .at(span);
}

NetworkMode network_of(const dockerfile::Run& run, const BuildOptions& options) {
  if (run.network == "none") return NetworkMode::kNone;
  // --network of the build applies to steps that ask for nothing.
  if (run.network == "default") return options.network;
  if (!options.allowed.network_host) {
    throw_not_allowed("network.host", dockerfile::narrow(run.origin.span, "--network"));
  }
  return NetworkMode::kHost;
}

SecurityMode security_of(const dockerfile::Run& run, const BuildOptions& options) {
  if (run.security == "sandbox") return SecurityMode::kSandbox;
  if (!options.allowed.security_insecure) {
    throw_not_allowed("security.insecure", dockerfile::narrow(run.origin.span, "--security"));
  }
  return SecurityMode::kInsecure;
}

// CDI devices are defined by a registry on the host, which an unprivileged builder cannot use. A
// step with required=false runs without the device, and the user gets a warning.
void pass_over_devices(const dockerfile::Run& run, Lowering& context) {
  for (const std::string& text : run.devices) {
    SourceSpan span = dockerfile::narrow(run.origin.span, text);
    at_span(span, [&] {
      dockerfile::Device device = dockerfile::parse_device(text);
      if (device.required.value_or(true)) {
        throw dockerfile_error(
            "device {} cannot be given to a step: cairn has no "
            "access to devices of this host",
            device.name)
            .with_hint("a step that can do without says --device=NAME,required=false");
      }
      context.warnings.push_back(
          fmt::format("{}: device {} is not given to the step: cairn has no access to devices",
                      location(span), device.name));
    });
  }
}

// The name of a step shows that a variable is a secret, not its value.
Environment with_secrets_masked(Environment env, const RunOp& op) {
  for (const SecretVariable& secret : op.secret_env) env.set(secret.name, "****");
  return env;
}

// A build argument of BuildKit; it changes the result, so it is part of the key.
std::string hostname_of(const std::map<std::string, std::string>& build_args) {
  auto given = build_args.find("BUILDKIT_SANDBOX_HOSTNAME");
  return given == build_args.end() ? "" : given->second;
}

// The platform of the programs in the root. An image declares it. An empty root has only copied
// programs, for the platform of the stage.
oci::Platform platform_of_root(const StageState& stage, const BuildOptions& options) {
  const StageState* first = &stage;
  while (first->base != nullptr) first = first->base;
  if (first->base_op) return stage.image.config.platform.normalised();
  return first->platform_flag.value_or(options.platform.value_or(options.build_platform))
      .normalised();
}

}  // namespace

void lower(const dockerfile::Run& run, Lowering& context) {
  pass_over_devices(run, context);
  ImageState& image = context.image();
  std::vector<VertexId> inputs;
  Command command = command_of(run, image.config);
  RunOp op{.argv = command.argv,
           .env = image.env.list(),
           .cwd = image.config.working_dir.empty() ? "/" : rooted_path(image.config.working_dir),
           .user = image.config.user,
           .network = network_of(run, context.options),
           .security = security_of(run, context.options),
           .hostname = hostname_of(context.build_args),
           .mounts = {},
           .secret_env = {},
           .ulimits = context.options.ulimits,
           .shm_size = context.options.shm_size,
           .script = std::move(command.script),
           .proxy_env = proxy_env(context.build_args),
           .extra_hosts = context.options.extra_hosts,
           .platform = platform_of_root(context.stage, context.options)};
  // Each RUN has a copy of the environment, which counts towards limits::kAllExpansions.
  for (const std::string& variable : op.env) context.vertices.charge(variable.size());
  lower_mounts(run, context, op, inputs);
  std::string name =
      context.step_display_name(run.origin.code + command.summary, Lowering::InNames::kShell,
                                with_secrets_masked(image.env, op));
  VertexId vertex = context.add_step(std::move(op), std::move(inputs), name, run.origin.span);
  context.record(
      fmt::format("RUN {}{} # buildkit", argument_prefix(image), fmt::join(command.argv, " ")),
      vertex);
}

}  // namespace cairn::plan
