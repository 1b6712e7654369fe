// SPDX-License-Identifier: Apache-2.0
#include "cli/build_inputs.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "cli/step_options.h"

namespace cairn::cli {
namespace {

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
  // R09: as buildx forwards it.
  const char* epoch = ::getenv("SOURCE_DATE_EPOCH");
  if (epoch != nullptr && *epoch != '\0') out.try_emplace("SOURCE_DATE_EPOCH", epoch);
  return out;
}

plan::BuildOptions make_options(const BuildFlags& flags) {
  plan::BuildOptions options;
  options.target = flags.target;
  options.build_args = read_build_args(flags.build_args);
  options.no_cache = flags.no_cache;
  options.no_cache_filter = {flags.no_cache_filter.begin(), flags.no_cache_filter.end()};
  read_step_options(flags, options);
  for (const std::string& label : flags.labels) {
    std::size_t equals = label.find('=');
    std::string value = equals == std::string::npos ? "" : label.substr(equals + 1);
    options.labels.emplace_back(label.substr(0, equals), value);
  }
  for (const std::string& context : flags.build_contexts) {
    auto [name, value] = split_pair("--build-context", context);
    options.contexts.insert_or_assign(plan::context_key(name), plan::parse_named_context(value));
  }
  return options;
}

// --- platforms ---

std::vector<oci::Platform> read_platforms(const std::vector<std::string>& texts) {
  std::vector<oci::Platform> platforms;
  for (const std::string& text : texts) {
    // "local" is buildx's word for here.
    oci::Platform platform =
        text == "local" ? oci::Platform::host() : oci::Platform::parse(trim(text));
    if (std::ranges::find(platforms, platform) == platforms.end()) platforms.push_back(platform);
  }
  return platforms;
}

// Whether the result is an index: for several platforms, or when BUILDKIT_MULTI_PLATFORM says so.
bool wants_index(const std::vector<oci::Platform>& platforms,
                 const std::map<std::string, std::string>& build_args) {
  bool several = platforms.size() > 1;
  auto given = build_args.find("BUILDKIT_MULTI_PLATFORM");
  if (given == build_args.end() || given->second.empty()) return several;
  std::string text = to_lower(given->second);
  bool wanted = text == "1" || text == "t" || text == "true";
  if (!wanted && text != "0" && text != "f" && text != "false") {
    throw Error::of(ErrorKind::kUsage, "invalid boolean value for BUILDKIT_MULTI_PLATFORM: {}",
                    given->second);
  }
  if (several && !wanted) {
    throw Error(ErrorKind::kUsage,
                "BUILDKIT_MULTI_PLATFORM forbids a result of several platforms, and --platform "
                "names several");
  }
  return wanted;
}

void choose_platforms(const BuildFlags& flags, BuildInputs& inputs) {
  inputs.platforms = read_platforms(flags.platforms);
  if (!inputs.platforms.empty()) inputs.options.platform = inputs.platforms.front();
  inputs.options.several_platforms = wants_index(inputs.platforms, inputs.options.build_args);
  if (inputs.platforms.empty()) inputs.platforms = {inputs.options.build_platform};
  if (!inputs.options.several_platforms) return;
  for (const output::OutputSpec& spec : inputs.outputs) {
    if (spec.type == output::OutputType::kDocker) {
      throw Error(ErrorKind::kUsage,
                  "docker exporter does not currently support exporting manifest lists")
          .with_hint("type=oci holds several platforms in one archive");
    }
    if (spec.type == output::OutputType::kTar && !spec.platform_split.value_or(true)) {
      throw Error(ErrorKind::kUsage,
                  "--output: a tar of several platforms has a directory for each, "
                  "platform-split=false is for type=local");
    }
  }
}

std::vector<output::OutputSpec> make_outputs(const BuildFlags& flags) {
  std::vector<output::OutputSpec> outputs;
  for (const std::string& text : flags.outputs) outputs.push_back(output::parse_output_spec(text));
  if (outputs.empty() || flags.load) outputs.push_back({});
  if (flags.format == "docker") {
    for (output::OutputSpec& spec : outputs) spec.blobs.types = output::MediaTypes::kDocker;
  }
  for (output::OutputSpec& spec : outputs) {
    if (!spec.is_tree() && !spec.rewrite_timestamp)
      spec.rewrite_timestamp = flags.rewrite_timestamp;
  }
  if (flags.push)
    outputs.push_back({.type = output::OutputType::kRegistry,
                       .dest = {},
                       .names = {},
                       .tar = true,
                       .push = true,
                       .rewrite_timestamp = outputs[0].rewrite_timestamp,
                       .blobs = outputs[0].blobs});
  output::rewrites_timestamps(outputs);  // throws for a contradiction before anything is built
  return outputs;
}

}  // namespace

BuildInputs read_build_inputs(const BuildFlags& flags, ContextFetcher& fetcher) {
  BuildInputs inputs;
  inputs.options = make_options(flags);
  inputs.outputs = make_outputs(flags);
  choose_platforms(flags, inputs);
  for (const std::string& tag : flags.tags) inputs.names.push_back(oci::Reference::parse(tag));
  BuildContext context = open_build_context(flags, inputs.options.build_args, fetcher);
  inputs.dockerfile = std::move(context.dockerfile);
  inputs.options.ignored = std::move(context.ignored);
  inputs.options.context_source = std::move(context.source);
  inputs.contexts.emplace("context", std::move(context.files));
  for (auto& [name, named] : inputs.options.contexts) {
    if (const auto* local = std::get_if<plan::LocalContext>(&named)) {
      inputs.contexts.emplace(name, open_named_directory(name, local->directory));
    } else if (const auto* layout = std::get_if<plan::LayoutContext>(&named)) {
      named = plan::ImageContext{.reference = fetcher.add_layout(name, *layout)};
    }
  }
  return inputs;
}

}  // namespace cairn::cli
