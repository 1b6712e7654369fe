// SPDX-License-Identifier: Apache-2.0
#include "cli/build_inputs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "cli/ignore_filter.h"

namespace cairn::cli {
namespace {

constexpr std::size_t kMaxDockerfile = 64 << 20;

std::string directory_of(const std::string& path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

bool is_url(const std::string& context) {
  return context.find("://") != std::string::npos || context.starts_with("git@");
}

sys::RootDir open_context(const std::string& path) {
  if (path == "-" || is_url(path)) {
    throw Error::of(ErrorKind::kUsage, "a context that is no directory ({}) is not supported yet",
                    path)
        .with_hint("give a directory");
  }
  std::optional<sys::Fd> dir = sys::find_path(path, O_RDONLY | O_DIRECTORY);
  if (!dir) {
    throw Error::of(ErrorKind::kUsage, "unable to prepare context: path \"{}\" not found", path);
  }
  return sys::RootDir(std::move(*dir));
}

// --- the Dockerfile ---

[[noreturn]] void throw_no_dockerfile(const std::string& path) {
  Error error = Error::of(ErrorKind::kDockerfile,
                          "failed to read dockerfile: open {}: no such file or directory", path);
  std::vector<std::string> names;
  if (auto dir = sys::find_path(directory_of(path), O_RDONLY | O_DIRECTORY)) {
    for (const sys::DirEntry& entry : sys::list_dir(*dir)) names.push_back(entry.name);
  }
  std::sort(names.begin(), names.end());
  std::string wanted = path.substr(path.rfind('/') + 1);
  if (auto near = nearest(wanted, names)) {
    error.set_hint("did you mean " + directory_of(path) + "/" + *near + "?");
  } else {
    for (const std::string& name : names) {
      if (to_lower(name).find("dockerfile") == std::string::npos &&
          to_lower(name).find("containerfile") == std::string::npos) {
        continue;
      }
      error.set_hint("there is " + name + ": name it with -f");
      break;
    }
  }
  throw error;
}

// P15: the default name may be in lower case.
std::string dockerfile_path(const BuildFlags& flags) {
  if (!flags.file.empty()) return flags.file;
  std::string path = flags.context + "/Dockerfile";
  for (const char* other : {"/dockerfile", "/Containerfile"}) {
    if (!sys::exists(path) && sys::exists(flags.context + other)) return flags.context + other;
  }
  return path;
}

std::shared_ptr<const SourceText> read_dockerfile(const std::string& path) {
  if (path == "-") {
    sys::Fd in(::dup(STDIN_FILENO));
    return std::make_shared<SourceText>(SourceText{"-", sys::read_all(in, kMaxDockerfile)});
  }
  std::optional<std::string> text = sys::find_file(path, kMaxDockerfile);
  if (!text) throw_no_dockerfile(path);
  return std::make_shared<SourceText>(
      SourceText{path.substr(path.rfind('/') + 1), std::move(*text)});
}

// I01: an ignore file named after the Dockerfile takes the place of the context's own.
std::shared_ptr<const PathFilter> read_ignore_file(const BuildFlags& flags,
                                                   const std::string& context,
                                                   const std::string& dockerfile) {
  std::vector<std::string> candidates;
  if (!flags.ignorefile.empty()) {
    if (!sys::exists(flags.ignorefile)) {
      throw Error::of(ErrorKind::kUsage, "--ignorefile: {} is not there", flags.ignorefile);
    }
    candidates = {flags.ignorefile};
  } else {
    if (dockerfile != "-" && !dockerfile.empty())
      candidates.push_back(dockerfile + ".dockerignore");
    candidates.push_back(context + "/.dockerignore");
  }
  for (const std::string& path : candidates) {
    std::optional<std::string> text = sys::find_file(path, kMaxDockerfile);
    if (text) return make_ignore_filter(path.substr(path.rfind('/') + 1), *text);
  }
  return nullptr;
}

// --- flags to options ---

std::pair<std::string, std::string> split_pair(const std::string& flag, const std::string& text) {
  std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error::of(ErrorKind::kUsage, "{} {}: not of the form NAME=VALUE", flag, text);
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::map<std::string, std::string> read_build_args(const std::vector<std::string>& args) {
  std::map<std::string, std::string> out;
  for (const std::string& arg : args) {
    std::size_t equals = arg.find('=');
    std::string name = arg.substr(0, equals);
    if (name.empty()) throw Error::of(ErrorKind::kUsage, "--build-arg {}: no name", arg);
    if (equals != std::string::npos) {
      out[name] = arg.substr(equals + 1);
    } else if (const char* value = ::getenv(name.c_str())) {
      out[name] = value;
    }
  }
  return out;
}

plan::NetworkMode parse_network(const std::string& text) {
  if (text == "default" || text.empty()) return plan::NetworkMode::kDefault;
  if (text == "host") return plan::NetworkMode::kHost;
  if (text == "none") return plan::NetworkMode::kNone;
  throw Error::of(ErrorKind::kUsage, "--network={}: not one of default, host, none", text);
}

// "host:ip", "host=ip", an IPv6 address in brackets or not.
std::pair<std::string, std::string> parse_host(const std::string& text) {
  std::size_t at = text.find_first_of(":=");
  if (at == std::string::npos || at == 0 || at + 1 == text.size()) {
    throw Error::of(ErrorKind::kUsage, "--add-host {}: not of the form HOST:IP", text);
  }
  std::string address = text.substr(at + 1);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  if (address == "host-gateway") address = "127.0.0.1";  // steps share the host's network
  return {text.substr(0, at), address};
}

std::optional<Timestamp> epoch_of_environment(const std::map<std::string, std::string>& args) {
  if (args.contains("SOURCE_DATE_EPOCH")) return std::nullopt;  // the plan reads it there
  const char* text = ::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr || *text == '\0') return std::nullopt;
  std::optional<std::uint64_t> seconds = parse_uint(text);
  if (!seconds || *seconds > INT64_MAX) {
    throw Error::of(ErrorKind::kUsage, "SOURCE_DATE_EPOCH={} is not a number of seconds", text);
  }
  return Timestamp{.seconds = static_cast<std::int64_t>(*seconds), .nanos = 0};
}

plan::BuildOptions make_options(const BuildFlags& flags) {
  plan::BuildOptions options;
  options.target = flags.target;
  options.build_args = read_build_args(flags.build_args);
  options.epoch = epoch_of_environment(options.build_args);
  options.no_cache = flags.no_cache;
  options.no_cache_filter = {flags.no_cache_filter.begin(), flags.no_cache_filter.end()};
  options.network = parse_network(flags.network);
  if (flags.platform.find(',') != std::string::npos) {
    throw Error(ErrorKind::kUsage, "--platform: several platforms at once are not supported yet");
  }
  if (!flags.platform.empty()) options.platform = oci::Platform::parse(flags.platform);
  for (const std::string& label : flags.labels) {
    std::size_t equals = label.find('=');
    std::string value = equals == std::string::npos ? "" : label.substr(equals + 1);
    options.labels.emplace_back(label.substr(0, equals), value);
  }
  for (const std::string& host : flags.add_hosts) options.extra_hosts.push_back(parse_host(host));
  for (const std::string& context : flags.build_contexts) {
    auto [name, value] = split_pair("--build-context", context);
    options.contexts.insert_or_assign(plan::context_key(name), plan::parse_named_context(value));
  }
  return options;
}

std::vector<output::OutputSpec> make_outputs(const BuildFlags& flags) {
  std::vector<output::OutputSpec> outputs;
  for (const std::string& text : flags.outputs) outputs.push_back(output::parse_output_spec(text));
  if (outputs.empty() || flags.load) outputs.push_back({});
  if (flags.format == "docker") {
    for (output::OutputSpec& spec : outputs) spec.blobs.types = output::MediaTypes::kDocker;
  }
  if (flags.push)
    outputs.push_back({.type = output::OutputType::kRegistry,
                       .dest = {},
                       .names = {},
                       .tar = true,
                       .push = true,
                       .blobs = outputs[0].blobs});
  return outputs;
}

void add_context(BuildInputs& inputs, const std::string& name, const std::string& path,
                 std::shared_ptr<const PathFilter> filter) {
  inputs.contexts.emplace(name, source::LocalContext{name, open_context(path), std::move(filter)});
}

}  // namespace

BuildInputs read_build_inputs(const BuildFlags& flags) {
  BuildInputs inputs;
  inputs.options = make_options(flags);
  inputs.outputs = make_outputs(flags);
  for (const std::string& tag : flags.tags) inputs.names.push_back(oci::Reference::parse(tag));
  inputs.shm_size = 64 << 20;
  if (!flags.shm_size.empty()) {
    std::optional<std::uint64_t> size = parse_size(flags.shm_size);
    if (!size) throw Error::of(ErrorKind::kUsage, "--shm-size={} is no size", flags.shm_size);
    inputs.shm_size = *size;
  }
  open_context(flags.context);  // a wrong path is said before a missing Dockerfile in it
  std::string path = dockerfile_path(flags);
  inputs.dockerfile = read_dockerfile(path);
  add_context(inputs, "context", flags.context, read_ignore_file(flags, flags.context, path));
  for (const auto& [name, context] : inputs.options.contexts) {
    const auto* local = std::get_if<plan::LocalContext>(&context);
    if (local == nullptr) continue;
    add_context(inputs, name, local->directory, read_ignore_file({}, local->directory, ""));
  }
  return inputs;
}

}  // namespace cairn::cli
