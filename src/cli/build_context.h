// SPDX-License-Identifier: Apache-2.0
//
// Where a build reads its files and its Dockerfile: a directory, an archive (a file or stdin), a
// git repository or a URL. Whatever it was, it becomes a tree behind an ignore file (FEATURES C,
// I01-I04).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/source_span.h"
#include "base/sys/fd.h"
#include "cli/build_flags.h"
#include "dockerfile/ignore.h"
#include "plan/build_options.h"
#include "source/local_context.h"

namespace cairn::cli {

// Brings in what is no directory of this host. Tests give a fake.
class ContextFetcher {
 public:
  virtual ~ContextFetcher() = default;

  struct Fetched {
    source::LocalContext files;
    std::string filename = {};  // of the only file in it: it was no archive
  };
  virtual Fetched fetch(const plan::GitOp& op) = 0;
  virtual Fetched fetch(const plan::HttpOp& op) = 0;  // an archive is unpacked
  // The archive is read from its start.
  virtual Fetched unpack(const sys::Fd& archive) = 0;
  virtual Fetched empty() = 0;
  // An image of a layout on disk; the reference by which it is found from now on.
  virtual oci::Reference add_layout(const std::string& name, const plan::LayoutContext& layout) = 0;
  // A place for what can be read only once; gone with the process.
  virtual sys::Fd spool(const sys::Fd& stream) = 0;
};

struct BuildContext {
  source::LocalContext files;
  std::shared_ptr<const SourceText> dockerfile;
  dockerfile::IgnoreMatcher ignored = {};         // the rules behind files.filter
  std::optional<plan::RemoteSource> source = {};  // where it was fetched from
};

// Whether files or the Dockerfile are no file of this host, so that bringing them in takes what
// steps take.
bool must_fetch(const BuildFlags& flags);

// Throws kUsage for flags that cannot be, kDockerfile for a Dockerfile or an ignore file that
// cannot be read, and what the fetcher throws.
BuildContext open_build_context(const BuildFlags& flags,
                                const std::map<std::string, std::string>& build_args,
                                ContextFetcher& fetcher);

// --build-context of a directory, with its own ignore file.
source::LocalContext open_named_directory(const std::string& name, const std::string& path);

}  // namespace cairn::cli
