// SPDX-License-Identifier: Apache-2.0
//
// What the lower() functions share: expansion with its checks and its limit, the bookkeeping of
// steps, and step names. Names are BuildKit's to the letter, since scripts read them.
#include "plan/internal/lowering.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/attempt.h"
#include "base/error.h"
#include "base/text.h"

namespace cairn::plan {
namespace {

// An ARG without a value is declared, and empty.
void lint_undefined(const std::set<std::string>& names, const Lowering& context) {
  const ImageState& image = context.stage.image;
  for (const std::string& name : names) {
    bool declared = std::any_of(image.args.begin(), image.args.end(),
                                [&](const dockerfile::ArgItem& item) { return item.key == name; });
    // Reported only if neither ENV nor ARG defines it.
    if (declared || is_hidden_arg(name)) continue;
    std::optional<std::string> near = nearest_exact(name, image.env.names());
    context.linter.report(dockerfile::rules::kUndefinedVar, context.origin, name,
                          near ? fmt::format(" (did you mean ${}?)", *near) : "");
  }
}

// The platform that the stage compiles for, according to its own variables; nullopt if it has none.
std::optional<oci::Platform> target_of(const Environment& env, const oci::Platform& stage) {
  if (std::optional<std::string> text = env.find("TARGETPLATFORM")) {
    // If the user set it to something else, the single variables may still be valid.
    if (std::optional<oci::Platform> target = oci::Platform::find(*text)) return target;
  }
  std::optional<std::string> os = env.find("TARGETOS"), architecture = env.find("TARGETARCH"),
                             variant = env.find("TARGETVARIANT");
  if (!os && !architecture && !variant) return std::nullopt;
  oci::Platform target{.os = os.value_or(""),
                       .architecture = architecture.value_or(""),
                       .variant = variant.value_or("")};
  if (target.os.empty()) target.os = stage.os;
  if (target.architecture.empty()) target.architecture = stage.architecture;
  return target.normalised();
}

// "linux/arm64", or "linux/amd64->arm64" when a stage compiles for another platform.
std::string platform_prefix(const oci::Platform& stage, const Environment& env) {
  std::string text = stage.str();
  std::optional<oci::Platform> target = target_of(env, stage);
  if (!target) return text;
  if (target->os != stage.os) return text + "->" + target->str();
  if (target->architecture == stage.architecture) return text;
  text += "->" + target->architecture;
  return target->variant.empty() ? text : text + "/" + target->variant;
}

}  // namespace

std::string Lowering::expand(std::string_view word) const {
  dockerfile::Expansion found =
      dockerfile::expand_word(word, stage.image.env.variables(), {.escape = escape});
  lint_undefined(found.unset, *this);
  charge_beyond(word.size(), found.text.size());
  return std::move(found.text);
}

std::string Lowering::expand_body(std::string_view text) const {
  dockerfile::Expansion found =
      dockerfile::expand_word(text, stage.image.env.variables(), {.ignore_quotes = true});
  lint_undefined(found.unset, *this);
  charge_beyond(text.size(), found.text.size());
  return std::move(found.text);
}

void Lowering::charge_beyond(std::size_t written, std::size_t size) const {
  if (size > written) vertices.charge(size - written);
}

VertexId Lowering::add_step(Op op, std::vector<VertexId> more_inputs, std::string name,
                            const SourceSpan& span) {
  charge_beyond(origin.code.size(), name.size());
  // The root comes first, and no input twice: a step may mount the tree that it changes.
  std::vector<VertexId> inputs = {image().root};
  for (VertexId input : more_inputs) {
    if (std::find(inputs.begin(), inputs.end(), input) == inputs.end()) inputs.push_back(input);
  }
  image().root =
      vertices.add({.op = std::move(op),
                    .inputs = std::move(inputs),
                    .name = step_prefix(stage) + (on_build ? "ONBUILD " : "") + std::move(name),
                    .stage = stage.name,
                    .span = span,
                    .no_cache = stage.no_cache});
  return image().root;
}

void Lowering::record(std::string created_by, std::optional<VertexId> vertex) {
  charge_beyond(origin.code.size(), created_by.size());
  image().history.push_back({.created_by = std::move(created_by), .vertex = vertex});
}

std::string step_prefix(StageState& stage) {
  std::string total = std::to_string(stage.steps);
  std::string name = stage.shown_name.empty() ? "" : stage.shown_name + " ";
  if (stage.shown_platform) {
    name = platform_prefix(*stage.shown_platform, stage.image.env) + " " + name;
  }
  return fmt::format("[{}{:{}}/{}] ", name, ++stage.step, total.size(), total);
}

std::string Lowering::step_display_name(std::string_view code, InNames what,
                                        const Environment& env) const {
  bool is_shell = what == InNames::kShell;
  dockerfile::ExpandOptions options{
      .escape = escape, .keep_quotes = is_shell, .keep_unset = is_shell};
  // Shell text may not be valid here; then it is shown as it is.
  std::string text = if_possible([&] {
                       return dockerfile::expand_word(code, env.variables(), options).text;
                     }).value_or(std::string(code));
  // The keyword is shown in capitals, however it was written.
  std::size_t end = std::min(text.find(' '), text.size());
  return to_upper(text.substr(0, end)) + text.substr(end);
}

std::vector<std::string> with_shell(const oci::ImageConfig& config,
                                    const std::vector<std::string>& words) {
  std::vector<std::string> argv = {"/bin/sh", "-c"};
  if (config.shell && !config.shell->empty()) argv = *config.shell;
  argv.push_back(join(words, " "));
  return argv;
}

std::string in_workdir(const oci::ImageConfig& config, std::string_view path) {
  if (path.starts_with('/')) return rooted_path(path);
  return rooted_path(config.working_dir + "/" + std::string(path));
}

VertexId files_of(StageState& source, Vertices& vertices) {
  // A directory of the client is read in place, without a root.
  return source.local ? vertices.local(*source.local) : source.image.root;
}

void note_for_outline(const dockerfile::Mount& mount, Lowering& context) {
  bool is_secret = mount.type == dockerfile::MountType::kSecret;
  if (!is_secret && mount.type != dockerfile::MountType::kSsh) return;
  std::string id = is_secret && !mount.source.empty() ? mount.source : mount.id;
  if (id.empty()) id = is_secret ? mount.target.substr(mount.target.rfind('/') + 1) : "default";
  std::vector<OutlineMount>& known = is_secret ? context.stage.secrets : context.stage.ssh;
  auto same = [&](const OutlineMount& other) { return other.id == id; };
  if (std::none_of(known.begin(), known.end(), same)) {
    known.push_back({.id = id, .required = mount.required, .span = context.origin.span});
  }
}

void check_file_name(std::string_view name) {
  if (!name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos)
    return;
  throw dockerfile_error("the word {} of a heredoc cannot name a file", go_quote(name));
}

void lower(const dockerfile::From& from, Lowering&) {
  (void)from;
  CAIRN_ASSERT(false, "FROM starts a stage and is none of its instructions");
}

}  // namespace cairn::plan
