// SPDX-License-Identifier: Apache-2.0
//
// What a build has to do, as values: a DAG of vertices, and the image that comes of them. The
// solver sees vertices, not instructions; a vertex keeps its span and its name for messages only. A
// Plan holds what the target reaches and nothing else, and is complete before any work starts.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/mode_change.h"
#include "base/source_span.h"
#include "base/time.h"
#include "oci/image_config.h"
#include "oci/platform.h"
#include "oci/reference.h"

namespace cairn::plan {

// Index into Plan::vertices. Inputs of a vertex always come before it.
using VertexId = std::size_t;

// --- ops that bring a tree in ---

// The root of an image, pinned by what the ImageResolver answered.
struct ImageOp {
  oci::Reference reference;  // as written, normalised
  oci::Platform platform;
  Digest manifest;            // of the platform's own manifest
  std::string resolved_from;  // where the resolver found it, opaque to the plan

  // However it was named.
  bool operator==(const ImageOp& other) const {
    return manifest == other.manifest && platform == other.platform;
  }
};

// An empty root.
struct ScratchOp {
  bool operator==(const ScratchOp&) const = default;
};

// Files of the client: the build context ("context") or a named one. It has no snapshot: COPY and
// bind mounts read from it.
struct LocalOp {
  std::string name;
  bool operator==(const LocalOp&) const = default;
};

// A file of the web: a root with this one file, 0600 and root's, dated as the server dates it.
struct HttpOp {
  std::string url;
  std::string filename;                 // its name in the root
  std::optional<Digest> checksum = {};  // what its bytes must be

  bool operator==(const HttpOp&) const = default;
};

// A repository at one commit: a root with its files, root's.
struct GitOp {
  std::string remote;         // as git takes it, without credentials of ours
  std::string ref = {};       // branch, tag, commit or full name of a ref; "" is the remote's HEAD
  std::string subdir = {};    // clean and relative, "" for all of it
  std::string checksum = {};  // the start of the commit it must be, or ""
  bool keep_git_dir = false;
  bool submodules = true;
  bool commit_time = false;      // files are dated as the commit, not as the checkout
  bool fetch_by_commit = false;  // the checksum is fetched itself, the ref is only its name

  bool operator==(const GitOp&) const = default;
};

// --- ops that change a root; inputs[0] is the root they change ---

// One source of COPY or ADD.
struct CopySource {
  VertexId from = 0;      // LocalOp, ImageOp, HttpOp, GitOp or any root
  std::string path = {};  // as written, variables expanded; wildcards not
  // --parents: what is copied is not `path` itself, but whatever this pattern takes below it, with
  // the directories that lead there.
  std::optional<std::string> below = {};
  bool unpack = false;  // an archive gives its members

  bool operator==(const CopySource&) const = default;
};

// A file whose content is in the Dockerfile itself (heredoc).
struct InlineFile {
  std::string name;
  std::string content;
  bool operator==(const InlineFile&) const = default;
};

// COPY and ADD. Sources are taken in order, then the inline files. `dest` is absolute, and keeps a
// trailing "/" when the line had one (or "/.").
struct CopyOp {
  std::vector<CopySource> sources = {};
  std::vector<InlineFile> inline_files = {};
  std::string dest = {};
  // "", or as written: "user", "1000:1000", "user:group"; names are looked up in the passwd and
  // group of inputs[0] at run time.
  std::string chown = {};
  std::optional<ModeChange> chmod = {};
  std::string chmod_text = {};            // as written, for the key
  std::vector<std::string> exclude = {};  // patterns, relative to what each source names
  // --link: the files go to an empty tree, which is then put on top of the root: what lies there
  // neither leads them elsewhere nor keeps its metadata.
  bool link = false;
  bool is_add = false;

  bool operator==(const CopyOp&) const = default;
};

// --- what RUN --mount may put into a step: one struct for each type ---

// A tree, or a file of it.
struct BindMount {
  VertexId from = 0;
  std::string source = "/";  // inside `from`, rooted and clean

  bool operator==(const BindMount&) const = default;
};

enum class CacheSharing { kShared, kPrivate, kLocked };

// A directory that outlives builds and is found again by its id.
struct CacheMount {
  std::string id;
  bool id_is_target = true;  // no id was given, so the target stands for it
  CacheSharing sharing = CacheSharing::kShared;
  std::optional<VertexId> from = {};  // the tree whose `source` a new one starts as
  std::string source = "/";           // without `from`: the part of the directory that is shown
  // Of a new directory. Nothing: as in the tree it starts as, or 0755 and root's.
  std::optional<mode_t> mode = {};
  std::optional<std::uint32_t> uid = {};
  std::optional<std::uint32_t> gid = {};

  bool operator==(const CacheMount&) const = default;
};

struct TmpfsMount {
  std::uint64_t size = 0;  // 0: the kernel's default
  bool operator==(const TmpfsMount&) const = default;
};

// Owner and mode of what a secret or an agent's socket appears as.
struct FileOwner {
  mode_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  bool operator==(const FileOwner&) const = default;
};

// A file that a client holds. Its value is no part of the plan.
struct SecretMount {
  std::string id;
  bool required = false;
  FileOwner file = {.mode = 0400};
  bool operator==(const SecretMount&) const = default;
};

// The socket of an agent that a client holds.
struct SshMount {
  std::string id;
  bool required = false;
  FileOwner file = {.mode = 0600};
  bool operator==(const SshMount&) const = default;
};

struct RunMount {
  std::string target;  // absolute and clean
  bool read_only = true;
  std::variant<BindMount, CacheMount, TmpfsMount, SecretMount, SshMount> what = {};
  SourceSpan span = {};  // of the option, for messages

  // Wherever it is written.
  bool operator==(const RunMount& other) const {
    return target == other.target && read_only == other.read_only && what == other.what;
  }
};

// The tree that a mount reads, if it reads one.
std::optional<VertexId> tree_of(const RunMount& mount);

// A secret as a variable; one that is not there and not required is empty.
struct SecretVariable {
  std::string name;
  std::string id;
  bool required = false;
  SourceSpan span = {};

  bool operator==(const SecretVariable& other) const {
    return name == other.name && id == other.id && required == other.required;
  }
};

struct Ulimit {
  std::string name;       // "nofile", ...
  std::int64_t soft = 0;  // -1 is without limit
  std::int64_t hard = 0;
  bool operator==(const Ulimit&) const = default;
};

enum class NetworkMode { kDefault, kHost, kNone };
enum class SecurityMode { kSandbox, kInsecure };

struct RunOp {
  std::vector<std::string> argv;
  std::vector<std::string> env;  // "K=V", order kept
  std::string cwd;
  std::string user;  // "" is root
  NetworkMode network = NetworkMode::kDefault;
  SecurityMode security = SecurityMode::kSandbox;
  std::string hostname;          // "" is the usual one
  std::vector<RunMount> mounts;  // parents first
  std::vector<SecretVariable> secret_env;
  std::vector<Ulimit> ulimits;
  std::uint64_t shm_size = 0;  // of /dev/shm; 0: the usual one
  // A heredoc that starts with "#!": written 0755 to this path on a read-only mount and run from
  // there.
  std::optional<InlineFile> script;
  std::vector<std::string> proxy_env;  // given to the command, not part of the key
  std::vector<std::pair<std::string, std::string>> extra_hosts;  // host, address
  oci::Platform platform = {};                                   // of the root it runs in

  bool operator==(const RunOp&) const = default;
};

// mkdir -p of WORKDIR, owned by `user`; a directory that is there stays as it is.
struct WorkdirOp {
  std::string path;
  std::string user;
  std::optional<std::int64_t> epoch = {};  // seconds; the time of directories that it makes (C16)

  bool operator==(const WorkdirOp&) const = default;
};

using Op = std::variant<ImageOp, ScratchOp, LocalOp, HttpOp, GitOp, CopyOp, RunOp, WorkdirOp>;

struct Vertex {
  Op op;
  std::vector<VertexId> inputs;  // all that the op reads, inputs[0] the root it changes
  std::string name;              // as shown: "[build 2/4] RUN make"
  std::string stage;             // its stage's name, "" when it has none
  SourceSpan span;
  bool no_cache = false;
};

// One line of the image's history. An entry with a vertex is a layer, one without is `empty_layer`.
struct HistoryLine {
  std::string created_by;
  std::string comment = "buildkit.dockerfile.v0";
  std::optional<VertexId> vertex;
};

struct Plan {
  std::vector<Vertex> vertices;
  // The target: its root, and the image config without rootfs, history and created. `base` is the
  // vertex whose layers and history come first (an ImageOp or ScratchOp).
  VertexId root = 0;
  VertexId base = 0;
  oci::ImageConfig config;
  std::vector<oci::History> base_history;  // of the base image, kept as it is; before `history`
  std::vector<HistoryLine> history;
  oci::Platform platform;
  std::optional<Timestamp> source_date_epoch;
  std::vector<std::string> warnings;  // one line each, for the user
};

}  // namespace cairn::plan
