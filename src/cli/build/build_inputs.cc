// SPDX-License-Identifier: Apache-2.0
//
// Everything that can fail is tried before the build: flags are parsed, outputs compared with each
// other and with the store, files opened. Only then is the context read, which may take a download.
// An output that failed after a build of an hour would be worse than a moment's checking.
#include "cli/build/build_inputs.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "cli/build/call.h"
#include "cli/build/step_options.h"
#include "output/destination.h"
#include "output/parse_output.h"

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

// NAME alone takes the value of our environment, and is dropped if that has none.
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
  // R09: buildx forwards it the same way. An explicit --build-arg wins.
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
    // "local" is buildx's word for this host's platform.
    oci::Platform platform =
        text == "local" ? oci::Platform::host() : oci::Platform::parse(trim(text));
    if (std::ranges::find(platforms, platform) == platforms.end()) platforms.push_back(platform);
  }
  return platforms;
}

// Whether the result is an index: for several platforms, or as BUILDKIT_MULTI_PLATFORM says.
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

// Without --platform the result is for this host; an explicit single one is no index either.
void choose_platforms(const BuildFlags& flags, BuildInputs& inputs) {
  inputs.platforms = read_platforms(flags.platforms);
  if (!inputs.platforms.empty()) inputs.options.platform = inputs.platforms.front();
  inputs.options.several_platforms = wants_index(inputs.platforms, inputs.options.build_args);
  if (inputs.platforms.empty()) inputs.platforms = {inputs.options.build_platform};
  if (!inputs.options.several_platforms) return;
  for (const output::OutputSpec& spec : inputs.outputs) output::refuse_platforms(spec);
}

// Defaults that depend on several flags: --load, --push and --format act on the outputs.
std::vector<output::OutputSpec> make_outputs(const BuildFlags& flags) {
  std::vector<output::OutputSpec> outputs;
  for (const std::string& text : flags.outputs) outputs.push_back(output::parse_output_spec(text));
  // --load adds the store to the outputs; without any output the store is the only one.
  if (outputs.empty() || flags.load) outputs.push_back({});
  if (flags.format == "docker") {
    for (output::OutputSpec& spec : outputs) spec.blobs.types = output::MediaTypes::kDocker;
  }
  for (output::OutputSpec& spec : outputs) {
    if (!spec.is_tree() && !spec.rewrite_timestamp)
      spec.rewrite_timestamp = flags.rewrite_timestamp;
  }
  if (flags.push) {
    output::OutputSpec pushed = output::parse_output_spec("type=registry");
    pushed.rewrite_timestamp = outputs[0].rewrite_timestamp;
    pushed.blobs = outputs[0].blobs;
    outputs.push_back(std::move(pushed));
  }
  output::rewrites_timestamps(outputs);  // throws for a contradiction before anything is built
  return outputs;
}

// Fails before the build for what would fail only after it.
void check_names(const BuildInputs& inputs) {
  for (const output::OutputSpec& spec : inputs.outputs) {
    if (!spec.push || !spec.names.empty() || !inputs.names.empty()) continue;
    throw Error(ErrorKind::kUsage, "a name is needed to push to a registry")
        .with_hint("give one with --tag");
  }
}

// A place named by an option, to be compared with the others.
struct NamedPlace {
  std::string option;
  sys::OutputId id;
  std::string path;
  bool is_directory = false;
};

// Two outputs must not write to the same file: one would be lost or both be mixed. They may share a
// directory, since their entries are written one by one.
void refuse_shared_places(const std::vector<NamedPlace>& places) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const NamedPlace &first = places[j], &second = places[i];
      bool are_directories = first.is_directory && second.is_directory;
      if (are_directories || !first.id.is_same(second.id)) continue;
      throw Error::of(ErrorKind::kUsage, "{} and {} name the same file: {}", first.option,
                      second.option, (first.is_directory ? second : first).path)
          .with_hint("give each output a file of its own");
    }
  }
}

// Opens every file that the build will write, and notes where each really is.
void open_files(const BuildFlags& flags, const std::string& store_root, BuildInputs& inputs) {
  std::vector<NamedPlace> places;
  auto open = [&](const std::string& option, const std::string& dest, sys::Dash dash) {
    const sys::OutputFile& file = inputs.files.emplace_back(dest, dash);
    output::refuse_inside_store(file, store_root);
    places.push_back({.option = option + dest, .id = file.id(), .path = file.path()});
  };
  for (const output::OutputSpec& spec : inputs.outputs) {
    if (spec.dest.empty()) continue;
    if (spec.is_directory()) {
      sys::check_output_directory(spec.dest);
      output::refuse_inside_store(spec.dest, store_root);
      places.push_back({.option = "--output dest=" + spec.dest,
                        .id = sys::missing_directory(spec.dest),
                        .path = spec.dest,
                        .is_directory = true});
      continue;
    }
    open("--output dest=", spec.dest, sys::Dash::kStdout);
    output::refuse_terminal(inputs.files.back());
  }
  if (!flags.iidfile.empty()) open("--iidfile ", flags.iidfile, sys::Dash::kFile);
  if (!flags.metadata_file.empty()) open("--metadata-file ", flags.metadata_file, sys::Dash::kFile);
  // A FIFO's reader waits from now on, and sees the end even if the build fails.
  for (sys::OutputFile& file : inputs.files) file.hold_reader();
  if (std::ranges::count_if(inputs.files, &sys::OutputFile::is_stdout) > 1) {
    throw Error(ErrorKind::kUsage, "multiple outputs configured to write to stdout")
        .with_hint("give all but one a file");
  }
  refuse_shared_places(places);
}

// A failed build leaves no id of an earlier one behind, as with docker.
void remove_old_files(const BuildFlags& flags) {
  for (const std::string& path : {flags.iidfile, flags.metadata_file}) {
    if (!path.empty()) sys::OutputFile(path, sys::Dash::kFile).remove_old();
  }
}

}  // namespace

BuildInputs read_build_inputs(const BuildFlags& flags, source::ContextFetcher& fetcher,
                              const std::string& store_root) {
  BuildInputs inputs;
  inputs.outputs = make_outputs(flags);
  for (const std::string& tag : flags.tags) inputs.names.push_back(oci::Reference::parse_tag(tag));
  // Files are opened before the context is read, which may take long.
  if (parse_call(flags.call).kind == CallKind::kBuild) {  // others write no output
    check_names(inputs);
    open_files(flags, store_root, inputs);
    remove_old_files(flags);
  }
  inputs.options = make_options(flags);
  choose_platforms(flags, inputs);
  source::BuildContext context =
      source::open_build_context(context_request(flags), inputs.options.build_args, fetcher);
  inputs.dockerfile = std::move(context.dockerfile);
  inputs.options.ignored = std::move(context.ignored);
  inputs.options.context_source = std::move(context.source);
  inputs.contexts.emplace("context", std::move(context.files));
  for (auto& [name, named] : inputs.options.contexts) {
    if (const auto* local = std::get_if<plan::LocalContext>(&named)) {
      inputs.contexts.emplace(name, source::open_named_directory(name, local->directory));
    } else if (const auto* layout = std::get_if<plan::LayoutContext>(&named)) {
      named = plan::ImageContext{.reference = fetcher.add_layout(name, *layout)};
    }
  }
  return inputs;
}

}  // namespace cairn::cli
