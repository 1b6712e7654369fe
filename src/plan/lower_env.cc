// SPDX-License-Identifier: Apache-2.0
//
// ARG, ENV and LABEL. All pairs of one ENV see the values from before it; the items of one ARG see
// each other in order. An ARG after an ENV of the same name wins during the build, while the config
// keeps the ENV (docker/cli#3344 has the history; the reference manual says otherwise).
#include "base/text.h"
#include "plan/internal/lowering.h"

namespace cairn::plan {
namespace {

std::vector<dockerfile::KeyValue> expand_pairs(const std::vector<dockerfile::KeyValue>& pairs,
                                               const Lowering& context) {
  std::vector<dockerfile::KeyValue> out;
  for (const dockerfile::KeyValue& pair : pairs) {
    out.push_back({.key = context.expand(pair.key), .value = context.expand(pair.value)});
    out.back().legacy = pair.legacy;
  }
  return out;
}

void lint_legacy(const dockerfile::KeyValue& pair, const Lowering& context) {
  if (!pair.legacy) return;
  context.linter.report(dockerfile::rules::kLegacyKeyValueFormat, context.origin,
                        context.origin.keyword);
}

}  // namespace

void lower(const dockerfile::Arg& arg, Lowering& context) {
  std::vector<std::string> said;
  for (dockerfile::ArgItem item : arg.items) {
    lint_secret("ARG", item.key, context);
    auto given = context.build_args.find(item.key);
    if (given != context.build_args.end()) {
      item.value = given->second;  // taken literally; an unused default is not expanded either
    } else if (item.value) {
      item.value = context.expand(*item.value);
    } else {
      item.value = context.globals.find(item.key);
    }
    if (item.value && !is_hidden_arg(item.key)) context.image().env.set(item.key, *item.value);
    said.push_back(item.value ? item.key + "=" + *item.value : item.key);
    context.image().args.push_back(std::move(item));
  }
  context.record("ARG " + join(said, " "));
}

void lower(const dockerfile::Env& env, Lowering& context) {
  std::string said = "ENV";
  for (const dockerfile::KeyValue& pair : expand_pairs(env.pairs, context)) {
    lint_legacy(pair, context);
    lint_secret("ENV", pair.key, context);
    context.image().env.set(pair.key, pair.value);
    set_variable(context.image().config.env, pair.key, pair.value);
    said += " " + pair.key + "=" + pair.value;
  }
  context.record(std::move(said));
}

void lower(const dockerfile::Label& label, Lowering& context) {
  std::string said = "LABEL";
  for (const dockerfile::KeyValue& pair : expand_pairs(label.pairs, context)) {
    lint_legacy(pair, context);
    context.image().config.labels[pair.key] = pair.value;
    said += " " + pair.key + "=" + pair.value;
  }
  context.record(std::move(said));
}

}  // namespace cairn::plan
