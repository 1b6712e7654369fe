// SPDX-License-Identifier: Apache-2.0
//
// Where a build gets its files and its Dockerfile: a directory, an archive (a file or stdin), a git
// repository or a URL. Whatever it was, it becomes a tree with an ignore file (I01 to I04).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/source_span.h"
#include "base/sys/fd.h"
#include "dockerfile/ignore.h"
#include "plan/build_options.h"
#include "source/local_context.h"

namespace cairn::source {

// Fetches contexts that are not directories of this host. Tests have a fake.
class ContextFetcher {
 public:
  virtual ~ContextFetcher() = default;

  struct Fetched {
    LocalContext files;
    std::string filename = {};  // of its only file, if it was not an archive
  };
  virtual Fetched fetch(const plan::GitOp& op) = 0;
  virtual Fetched fetch(const plan::HttpOp& op) = 0;  // unpacks an archive
  // Unpacks a file, read from its start; nullopt if it is no archive.
  virtual std::optional<Fetched> unpack(const sys::Fd& file) = 0;
  virtual Fetched empty() = 0;
  // Adds an image of a layout on disk; returns the reference to find it by.
  virtual oci::Reference add_layout(const std::string& name, const plan::LayoutContext& layout) = 0;
  // Copies a stream to a file that vanishes with the process.
  virtual sys::Fd spool(const sys::Fd& stream) = 0;
  // Interrupts reading from a FIFO or stdin that stays silent.
  virtual std::stop_token stop() const { return {}; }
};

// The user's request.
struct ContextRequest {
  std::string context = ".";     // a directory, an archive, a URL, or "-" for stdin
  std::string file = {};         // the Dockerfile: a path, a URL or "-"; "" for the default
  std::string ignore_file = {};  // "" for the Dockerfile's own, or the context's
};

struct BuildContext {
  LocalContext files;
  std::shared_ptr<const SourceText> dockerfile;
  dockerfile::IgnoreMatcher ignored = {};         // the rules of files.filter
  std::optional<plan::RemoteSource> source = {};  // where it was fetched from
};

// Whether files or Dockerfile must be fetched, which needs the builder's namespaces.
bool must_fetch(const ContextRequest& request);

// `build_args` may affect how a repository is fetched. Throws kUsage for an invalid request,
// kDockerfile for an unreadable Dockerfile or ignore file, and the fetcher's errors.
BuildContext open_build_context(const ContextRequest& request,
                                const std::map<std::string, std::string>& build_args,
                                ContextFetcher& fetcher);

// Opens a directory given by --build-context, with its own .dockerignore. Throws kUsage if missing.
LocalContext open_named_directory(const std::string& name, const std::string& path);

}  // namespace cairn::source
