// SPDX-License-Identifier: Apache-2.0
//
// A repository at one commit, as a root of its own. The ref is resolved to a commit first, with
// ls-remote unless it is a commit already: the commit is the cache key, and it is fetched only on a
// miss. Fetch and checkout are two directories, so that no .git reaches the result unless the build
// asks for it.
#include <fcntl.h>

#include "base/error.h"
#include "base/text.h"
#include "plan/git_ref.h"
#include "solver/fetch/git_submodules.h"

namespace cairn::solver {
namespace {

using Words = std::vector<std::string>;

// A ref of the remote, and the commit it stands for.
struct Resolved {
  std::string ref;     // full name, or the commit itself
  std::string object;  // what the ref points to: a commit or an annotated tag
  std::string commit;
};

bool starts_with_any(const Resolved& resolved, const std::string& checksum) {
  return resolved.object.starts_with(checksum) || resolved.commit.starts_with(checksum);
}

// "OBJECT\tREF" lines of ls-remote.
std::vector<std::pair<std::string, std::string>> read_refs(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> refs;
  for (const std::string& line : split(text, '\n')) {
    std::size_t tab = line.find('\t');
    if (tab != std::string::npos) refs.emplace_back(line.substr(tab + 1), line.substr(0, tab));
  }
  return refs;
}

std::string without(std::string_view prefix, const std::string& text) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

class Checkout {
 public:
  Checkout(RunJob& job, const plan::GitOp& op, progress::VertexScope& scope)
      : job_(job),
        op_(op),
        scope_(scope),
        remote_(op.remote.without_login()),
        active_(empty_snapshot()),
        git_(job, op, active_->root(), scope) {}

  StepResult run() {
    resolved_ = resolve();
    // The tag object itself is visible only if the .git directory is kept.
    const std::string& shown = op_.keep_git_dir ? resolved_.object : resolved_.commit;
    cache::CacheKey key = cache::git_key(op_, shown);
    std::optional<sys::LockFile> ours = lock_step(job_, key, scope_);
    if (auto hit = find_cached(job_, key)) return *hit;
    if (!route_) find_route();
    fetch();
    bool keep = op_.keep_git_dir && op_.subdir.empty();
    if (keep) {
      clone();
    } else {
      check_out();
    }
    finish(keep ? "/checkout/.git" : GitSandbox::kRepository);
    if (op_.subdir.empty()) return commit(job_, *active_, key);
    std::unique_ptr<ActiveSnapshot> part = empty_snapshot();
    take_subdir(part->root());
    return commit(job_, *part, key);
  }

 private:
  std::unique_ptr<ActiveSnapshot> empty_snapshot() const {
    return job_.services.snapshotter.prepare(SnapshotId::empty_root(), Start::kEmpty);
  }

  void find_route() {
    route_ = git_.find_route(op_.remote, remote_, {});
    git_.use(route_->config);
  }

  Resolved resolve() {
    std::string whole = plan::is_commit(op_.ref) ? op_.ref
                        : op_.fetch_by_commit    ? op_.checksum
                                                 : "";
    if (!whole.empty()) return {.ref = whole, .object = whole, .commit = whole};
    find_route();
    std::string ref = op_.ref.empty() ? default_branch() : op_.ref;
    Resolved found = pick(ref, git_.run({"ls-remote", "--", remote_, ref, ref + "^{}"}));
    if (!starts_with_any(found, op_.checksum)) {
      throw dockerfile_error("expected checksum to match {}, got {}", op_.checksum, found.commit);
    }
    return found;
  }

  std::string default_branch() {
    std::string answer = git_.run({"ls-remote", "--symref", "--", remote_, "HEAD"});
    std::size_t at = answer.find("refs/heads/");
    if (!answer.starts_with("ref: ") || at == std::string::npos) {
      throw Error::of(ErrorKind::kRegistry, "{}: the repository has no default branch", op_.remote);
    }
    return answer.substr(at, answer.find_first_of(" \t\n", at) - at);
  }

  // A branch wins over a tag of the same name, as in git checkout.
  Resolved pick(const std::string& ref, const std::string& answer) const {
    std::string partial = "refs/" + without("refs/", ref);
    std::string head = "refs/heads/" + without("refs/heads/", ref);
    std::string tag = "refs/tags/" + without("refs/tags/", ref);
    auto refs = read_refs(answer);
    auto find = [&](const std::string& name) -> std::string {
      for (const auto& [known, object] : refs) {
        if (known == name && plan::is_commit(object)) return object;
      }
      return "";
    };
    for (const std::string& name : {partial, head, tag}) {
      std::string object = find(name);
      if (object.empty()) continue;
      // ls-remote lists the commit of an annotated tag as "TAG^{}".
      std::string peeled = name == tag ? find(tag + "^{}") : "";
      return {.ref = name, .object = object, .commit = peeled.empty() ? object : peeled};
    }
    throw dockerfile_error("{}: the repository has no ref {}", op_.remote, ref);
  }

  Words in_repository(const Words& arguments) const {
    Words words = {"--git-dir", GitSandbox::kRepository};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
  }

  // A server may refuse a commit that no ref names (uploadpack.allowReachableSHA1InWant); then all
  // refs are fetched.
  void fetch() {
    Words init = {"init", "--bare", "--quiet"};
    if (resolved_.object.size() == 64) init.emplace_back("--object-format=sha256");
    init.emplace_back(GitSandbox::kRepository);
    git_.run(init);
    bool by_name = resolved_.ref.starts_with("refs/");
    std::string wanted = by_name ? resolved_.ref + ":" + resolved_.ref : resolved_.object;
    Words one = in_repository(
        {"fetch", "--quiet", "--depth=1", "--no-tags", "--force", "--", remote_, wanted});
    if (git_.try_run(one) && has_commit()) return;
    git_.run(in_repository(
        {"fetch", "--quiet", "--tags", "--force", "--", remote_, "+refs/*:refs/remote/*"}));
    if (!has_commit()) {
      throw Error::of(ErrorKind::kRegistry, "{}: commit {} is not in the repository", op_.remote,
                      resolved_.commit);
    }
    if (by_name) git_.run(in_repository({"update-ref", resolved_.ref, resolved_.object}));
  }

  bool has_commit() {
    return git_.try_run(in_repository({"cat-file", "-e", resolved_.object + "^{commit}"}))
        .has_value();
  }

  void check_out() {
    git_.run(in_repository({"--work-tree", GitSandbox::kCheckout, "checkout", "--quiet",
                            "--no-overlay", resolved_.commit, "--", "."}));
  }

  // A repository of its own in .git, one commit deep, whose origin is the remote and not our copy.
  void clone() {
    auto git = [&](Words arguments) {
      Words words = {"--work-tree", GitSandbox::kCheckout, "--git-dir", "/checkout/.git"};
      words.insert(words.end(), arguments.begin(), arguments.end());
      return git_.run(words);
    };
    Words init = {"init", "--quiet"};
    if (resolved_.object.size() == 64) init.emplace_back("--object-format=sha256");
    git(init);
    git({"remote", "add", "origin", std::string("file://") + GitSandbox::kRepository});
    std::string wanted = resolved_.ref;
    if (wanted.starts_with("refs/")) {
      wanted += ":" + wanted;
    } else {
      wanted = "refs/cairn/commit";
      git_.run(in_repository({"update-ref", wanted, resolved_.object}));
    }
    git({"fetch", "--quiet", "-u", "--depth=1", "--", "origin", wanted});
    git({"checkout", "--quiet", "FETCH_HEAD"});
    git({"remote", "set-url", "origin", remote_});
    // Reflog and FETCH_HEAD hold the time of this build and the path of our copy.
    git({"reflog", "expire", "--all", "--expire=now"});
    sys::RootDir::Parent head = active_->root().open_parent("/.git/FETCH_HEAD");
    if (sys::find_stat_at(head.dir, "FETCH_HEAD")) sys::unlink_at(head.dir, "FETCH_HEAD");
  }

  void finish(const char* git_dir) {
    if (op_.submodules) {
      GitSubmodules(git_, active_->root()).update(git_dir, remote_, route_->beyond);
    }
    if (op_.commit_time) {
      std::string seconds =
          git_.run({"--git-dir", git_dir, "log", "-1", "--format=%ct", resolved_.commit});
      auto time = static_cast<std::int64_t>(parse_uint(trim(seconds)).value_or(0));
      date_all(sys::reopen(active_->root().fd(), O_RDONLY | O_DIRECTORY), {.seconds = time});
    }
  }

  void take_subdir(const sys::RootDir& to) {
    std::optional<sys::Fd> dir = active_->root().find_in(op_.subdir, O_RDONLY | O_DIRECTORY);
    if (!dir) {
      throw dockerfile_error("{}: there is no directory {} at {}", op_.remote, op_.subdir,
                             resolved_.commit);
    }
    // Read before the renames, which change it.
    Timestamp time = timestamp_of(sys::stat_of(*dir).st_mtim);
    for (const sys::DirEntry& entry : sys::list_dir(*dir)) {
      sys::rename_at(*dir, entry.name.c_str(), to.fd(), entry.name.c_str());
    }
    sys::set_mtime(to.fd(), time);
  }

  static void date_all(const sys::Fd& dir, Timestamp time) {
    for (const sys::DirEntry& entry : sys::list_dir(dir)) {
      const char* name = entry.name.c_str();
      if (S_ISDIR(sys::stat_at(dir, name).st_mode)) {
        date_all(sys::open_at(dir, name, sys::kOpenDir), time);
      } else {
        sys::set_times_at(dir, name, to_timespec(time), to_timespec(time));
      }
    }
    sys::set_mtime(dir, time);
  }

  RunJob& job_;
  const plan::GitOp& op_;
  const progress::VertexScope& scope_;
  const std::string remote_;  // the login travels by GitSandbox's environment
  std::unique_ptr<ActiveSnapshot> active_;
  GitSandbox git_;
  std::optional<GitRoute> route_;  // nullopt before the remote is needed
  Resolved resolved_;
};

}  // namespace

StepResult run_git(RunJob& job, const plan::GitOp& op, progress::VertexScope& scope) {
  return Checkout(job, op, scope).run();
}

}  // namespace cairn::solver
