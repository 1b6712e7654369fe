// SPDX-License-Identifier: Apache-2.0
//
// A project on disk and the words of a command line, read as a build reads them.
#pragma once

#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/sys/file.h"
#include "cli/build/build_inputs.h"
#include "cli/build/secrets_and_agents.h"
#include "overlay/unpack.h"
#include "tests/support/temp_tree.h"

namespace cairn::cli {

using test::TempTree;

using Words = std::vector<std::string>;

inline BuildFlags parsed(Words words) {
  BuildFlags flags;
  CLI::App app;
  declare_build_flags(app, flags);
  std::reverse(words.begin(), words.end());
  app.parse(words);
  return flags;
}

// Knows one repository and one remote file, and tells what it was asked for.
struct FakeFetcher final : source::ContextFetcher {
  TempTree tree;
  std::string filename;  // not "": the web has this lone file
  std::string asked;

  Fetched fetched(std::string what) {
    asked += what + ";";
    return {.files = {.name = {}, .root = sys::RootDir::open(tree.root()), .filter = {}},
            .filename = filename};
  }
  Fetched fetch(const plan::GitOp& op) override {
    return fetched("git " + op.remote.redacted() + "#" + op.ref + ":" + op.subdir +
                   (op.keep_git_dir ? " keep" : ""));
  }
  Fetched fetch(const plan::HttpOp& op) override { return fetched("http " + op.url.redacted()); }
  std::optional<Fetched> unpack(const sys::Fd& file) override {
    if (!overlay::looks_like_archive(file)) return std::nullopt;
    return fetched("unpack");
  }
  Fetched empty() override { return fetched("empty"); }
  oci::Reference add_layout(const std::string& name, const plan::LayoutContext& layout) override {
    asked += "layout " + layout.directory + ":" + layout.tag + ";";
    return oci::Reference::parse(name);
  }
  sys::Fd spool(const sys::Fd& stream) override { return sys::duplicate(stream); }
};

struct Project {
  TempTree tree;
  FakeFetcher fetcher;
  Project() { tree.file("Dockerfile", "FROM scratch\n"); }
  BuildInputs read(Words words = {}) {
    words.push_back(tree.root());
    BuildFlags flags = parsed(std::move(words));
    read_secrets(flags.secrets);  // as a build does, before it looks at any context
    open_agents(flags.ssh);
    return read_build_inputs(flags, fetcher, tree.at("store"));
  }
  // Message and hint of the refusal.
  std::string refusal(ErrorKind kind, Words words = {}) {
    try {
      read(std::move(words));
      return "accepted";
    } catch (const Error& error) {
      CHECK(error.kind() == kind);
      return error.message() + "; " + error.hint();
    }
  }
  bool excludes(const BuildInputs& inputs, const std::string& path,
                const std::string& context = "context") {
    const auto& filter = inputs.contexts.at(context).filter;
    return filter != nullptr && filter->judge(path, false) == PathFilter::Verdict::kExcluded;
  }
};

}  // namespace cairn::cli
