// SPDX-License-Identifier: Apache-2.0
//
// The work of a build as values: a DAG of vertices, and the image that they make. The solver sees
// vertices and not instructions; a vertex has its span and name for messages only. A Plan holds
// only what the target needs, and is complete before any work starts. It is immutable then, and
// safe from any thread.
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
#include "base/owner.h"
#include "base/remote_url.h"
#include "base/source_span.h"
#include "base/time.h"
#include "oci/image_config.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "plan/vertex_id.h"

namespace cairn::plan {

// --- ops that bring a tree in ---

// The root of an image, pinned to the manifest that the ImageResolver returned.
struct ImageOp {
  oci::Reference reference;  // as written, normalised
  oci::Platform platform;
  Digest manifest;  // of the manifest for the platform
  Digest digest;    // what the name resolves to, for display

  // Equal whatever the name was.
  bool operator==(const ImageOp& other) const {
    return manifest == other.manifest && platform == other.platform;
  }
};

// An empty root.
struct ScratchOp {
  bool operator==(const ScratchOp&) const = default;
};

// Files of the client: the build context ("context") or a named one. It has no snapshot; COPY and
// bind mounts read from it.
struct LocalOp {
  std::string name;
  bool operator==(const LocalOp&) const = default;
};

// A remote file: a root with this one file, owned by root with mode 0600. Its mtime is
// Last-Modified.
struct HttpOp {
  RemoteUrl url;
  std::string filename;                 // its name in the root
  std::optional<Digest> checksum = {};  // expected digest of its bytes

  bool operator==(const HttpOp&) const = default;
};

// A repository at one commit: a root with its files, owned by root.
struct GitOp {
  RemoteUrl remote;           // as passed to git
  std::string ref = {};       // branch, tag, commit or full name of a ref; "" is the remote's HEAD
  std::string subdir = {};    // clean and relative, "" for all of it
  std::string checksum = {};  // expected commit or a prefix of it, or ""
  bool keep_git_dir = false;
  bool submodules = true;
  bool commit_time = false;      // mtimes of the commit instead of the checkout
  bool fetch_by_commit = false;  // fetch the checksum; the ref only names it

  bool operator==(const GitOp&) const = default;
};

// --- ops that change a root; inputs[0] is the root they change ---

// One source of COPY or ADD.
struct CopySource {
  VertexId from = {};     // LocalOp, ImageOp, HttpOp, GitOp or any root
  std::string path = {};  // variables expanded, wildcards not
  // --parents: copies not `path` itself but what this pattern matches below it, with the
  // directories that lead there.
  std::optional<std::string> below = {};
  bool unpack = false;  // an archive is extracted

  bool operator==(const CopySource&) const = default;
};

// A file whose content is in the Dockerfile (heredoc).
struct InlineFile {
  std::string name;
  std::string content;
  bool operator==(const InlineFile&) const = default;
};

// COPY and ADD. Sources are copied in order, then the inline files. `dest` is absolute, and has a
// trailing "/" when the line has one (or "/.").
struct CopyOp {
  std::vector<CopySource> sources = {};
  std::vector<InlineFile> inline_files = {};
  std::string dest = {};
  // As written: "", "user", "1000:1000", "user:group". Names are looked up in the passwd and group
  // files of inputs[0] when the step runs.
  std::string chown = {};
  std::optional<ModeChange> chmod = {};
  std::string chmod_text = {};            // as written, for the cache key
  std::vector<std::string> exclude = {};  // patterns, relative to each source
  bool broken_json = false;               // the line starts like the JSON form; for messages
  // --link: the files are copied to an empty tree, which is then merged on top of the root. What is
  // in the root neither redirects them (symlinks) nor keeps its metadata.
  bool link = false;

  bool operator==(const CopyOp&) const = default;
};

// --- what RUN --mount may put into a step: one struct for each type ---

// A tree, or a file in it.
struct BindMount {
  VertexId from = {};
  std::string source = "/";  // inside `from`, rooted and clean

  bool operator==(const BindMount&) const = default;
};

enum class CacheSharing { kShared, kPrivate, kLocked };

// A directory that persists between builds, identified by its id.
struct CacheMount {
  std::string id;
  bool id_is_target = true;  // no id was given; the target is the id
  CacheSharing sharing = CacheSharing::kShared;
  std::optional<VertexId> from = {};  // a new directory starts as `source` of this tree
  std::string source = "/";           // without `from`: the subdirectory that is mounted
  // For a new directory. nullopt: as in the initial tree, or 0755 and root.
  std::optional<mode_t> mode = {};
  std::optional<std::uint32_t> uid = {};
  std::optional<std::uint32_t> gid = {};

  bool operator==(const CacheMount&) const = default;
};

struct TmpfsMount {
  std::uint64_t size = 0;  // bytes; 0: the kernel's default
  bool operator==(const TmpfsMount&) const = default;
};

// Owner and mode of the file of a secret, or of the socket of an agent.
struct OwnerAndMode {
  mode_t mode = 0;
  Owner owner = {};
  bool operator==(const OwnerAndMode&) const = default;
};

// A file of the client. Its value is not part of the plan.
struct SecretMount {
  std::string id;
  bool required = false;
  OwnerAndMode file = {.mode = 0400};
  bool operator==(const SecretMount&) const = default;
};

// The socket of an SSH agent of the client.
struct SshMount {
  std::string id;
  bool required = false;
  OwnerAndMode file = {.mode = 0600};
  bool operator==(const SshMount&) const = default;
};

struct RunMount {
  std::string target;  // absolute and clean
  bool read_only = true;
  std::variant<BindMount, CacheMount, TmpfsMount, SecretMount, SshMount> what = {};
  SourceSpan span = {};  // of the option; for messages

  // Equal wherever it is written.
  bool operator==(const RunMount& other) const {
    return target == other.target && read_only == other.read_only && what == other.what;
  }
};

// The tree that a mount reads from; nullopt when it reads none.
std::optional<VertexId> tree_of(const RunMount& mount);

// A secret in a variable. If it is missing and not required, the variable is empty.
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
  std::int64_t soft = 0;  // -1: unlimited
  std::int64_t hard = 0;
  bool operator==(const Ulimit&) const = default;
};

enum class NetworkMode { kDefault, kHost, kNone };

// In place of an address in --add-host: the host, as seen from the network of the step.
constexpr const char* kHostGateway = "host-gateway";
enum class SecurityMode { kSandbox, kInsecure };

struct RunOp {
  std::vector<std::string> argv;
  std::vector<std::string> env;  // "K=V", order kept
  std::string cwd;
  std::string user;  // "" means root
  NetworkMode network = NetworkMode::kDefault;
  SecurityMode security = SecurityMode::kSandbox;
  std::string hostname;          // "" means the default
  std::vector<RunMount> mounts;  // parents first
  std::vector<SecretVariable> secret_env;
  std::vector<Ulimit> ulimits;
  std::uint64_t shm_size = 0;  // of /dev/shm in bytes; 0: the default
  // A heredoc that starts with "#!". It is written with mode 0755 to this path on a read-only
  // mount, and run from there.
  std::optional<InlineFile> script;
  std::vector<std::string> proxy_env;  // passed to the command, not part of the cache key
  std::vector<std::pair<std::string, std::string>> extra_hosts;  // host, address or kHostGateway
  oci::Platform platform = {};                                   // of the root it runs in

  bool operator==(const RunOp&) const = default;
};

// mkdir -p for WORKDIR, owned by `user`. A directory that exists is left as it is.
struct WorkdirOp {
  std::string path;
  std::string user;
  std::optional<Timestamp> epoch = {};  // mtime of the directories that it makes (C16)

  bool operator==(const WorkdirOp&) const = default;
};

using Op = std::variant<ImageOp, ScratchOp, LocalOp, HttpOp, GitOp, CopyOp, RunOp, WorkdirOp>;

struct Vertex {
  Op op;
  std::vector<VertexId> inputs;  // all that the op reads; inputs[0] is the root that it changes
  std::string name;              // as shown: "[build 2/4] RUN make"
  std::string stage;             // the name of its stage, or ""
  SourceSpan span;
  bool no_cache = false;
};

// One line of the image's history. An entry with a vertex is a layer; one without is an
// `empty_layer`.
struct HistoryLine {
  std::string created_by;
  std::string comment = "buildkit.dockerfile.v0";
  std::optional<VertexId> vertex;
};

struct Plan {
  PerVertex<Vertex> vertices;
  // The target: its root, and the image config without rootfs, history and created. `base` is the
  // vertex whose layers and history come first (an ImageOp or ScratchOp).
  VertexId root = {};
  VertexId base = {};
  oci::ImageConfig config;
  std::vector<HistoryLine> history;
  std::optional<Timestamp> source_date_epoch;
  std::vector<std::string> warnings;  // one line each, for the user
};

}  // namespace cairn::plan
