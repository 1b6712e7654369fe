// SPDX-License-Identifier: Apache-2.0
//
// A repository at one commit, as a root of its own. The commit is found first, by a question to the
// remote where the ref is no commit itself; only a commit that is not here yet is fetched.
#include <fcntl.h>

#include "base/error.h"
#include "base/text.h"
#include "plan/git_ref.h"
#include "solver/git_sandbox.h"

namespace cairn::solver {
namespace {

using Words = std::vector<std::string>;

// A ref of the remote, and the commit it stands for.
struct Resolved {
  std::string ref;     // full name, or the commit itself
  std::string object;  // what the ref names: a commit, or an annotated tag
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
  Checkout(Job& job, const plan::GitOp& op, progress::VertexScope& scope)
      : job_(job),
        op_(op),
        scope_(scope),
        workspace_(empty_workspace()),
        git_(job, op, workspace_.root(), scope) {}

  StepResult run() {
    resolved_ = resolve();
    // A tag's own object shows in a kept repository only.
    const std::string& shown = op_.keep_git_dir ? resolved_.object : resolved_.commit;
    cache::CacheKey key = cache::git_key(op_, shown);
    std::optional<sys::PassingLock> ours = claim(job_, key, scope_);
    if (auto hit = find_cached(job_, key)) return *hit;
    fetch();
    bool keep = op_.keep_git_dir && op_.subdir.empty();
    if (keep) {
      clone();
    } else {
      check_out();
    }
    finish(keep ? "/checkout/.git" : GitSandbox::kRepository);
    if (op_.subdir.empty()) return commit(job_, workspace_, key);
    Workspace part = empty_workspace();
    take_subdir(part.root());
    return commit(job_, part, key);
  }

 private:
  Workspace empty_workspace() const {
    return Workspace(job_.shop.store, "", Workspace::Start::kEmpty);
  }

  Resolved resolve() {
    std::string whole = plan::is_commit(op_.ref) ? op_.ref
                        : op_.fetch_by_commit    ? op_.checksum
                                                 : "";
    if (!whole.empty()) return {.ref = whole, .object = whole, .commit = whole};
    std::string ref = op_.ref.empty() ? default_branch() : op_.ref;
    Resolved found = pick(ref, git_.run({"ls-remote", "--", op_.remote, ref, ref + "^{}"}));
    if (!starts_with_any(found, op_.checksum)) {
      throw Error::of(ErrorKind::kDockerfile, "expected checksum to match {}, got {}", op_.checksum,
                      found.commit);
    }
    return found;
  }

  std::string default_branch() {
    std::string answer = git_.run({"ls-remote", "--symref", "--", op_.remote, "HEAD"});
    std::size_t at = answer.find("refs/heads/");
    if (!answer.starts_with("ref: ") || at == std::string::npos) {
      throw Error::of(ErrorKind::kRegistry, "{}: the repository has no default branch", op_.remote);
    }
    return answer.substr(at, answer.find_first_of(" \t\n", at) - at);
  }

  // Branches win over tags of one name, as for git checkout.
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
      std::string peeled = name == tag ? find(tag + "^{}") : "";
      return {.ref = name, .object = object, .commit = peeled.empty() ? object : peeled};
    }
    throw Error::of(ErrorKind::kDockerfile, "{}: the repository has no ref {}", op_.remote, ref);
  }

  Words in_repository(const Words& arguments) const {
    Words words = {"--git-dir", GitSandbox::kRepository};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
  }

  // Servers need not give a commit that no ref names; then all that is reachable is asked for.
  void fetch() {
    Words init = {"init", "--bare", "--quiet"};
    if (resolved_.object.size() == 64) init.emplace_back("--object-format=sha256");
    init.emplace_back(GitSandbox::kRepository);
    git_.run(init);
    bool by_name = resolved_.ref.starts_with("refs/");
    std::string wanted = by_name ? resolved_.ref + ":" + resolved_.ref : resolved_.object;
    Words one = in_repository(
        {"fetch", "--quiet", "--depth=1", "--no-tags", "--force", "--", op_.remote, wanted});
    if (git_.try_run(one) && has_commit()) return;
    git_.run(in_repository(
        {"fetch", "--quiet", "--tags", "--force", "--", op_.remote, "+refs/*:refs/remote/*"}));
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

  // A repository of its own in .git, one commit deep, that names the remote and not our copy.
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
    git({"remote", "set-url", "origin", op_.remote});
    git({"reflog", "expire", "--all", "--expire=now"});
    sys::RootDir::Parent head = workspace_.root().open_parent("/.git/FETCH_HEAD");
    if (sys::find_stat_at(head.dir, "FETCH_HEAD")) sys::unlink_at(head.dir, "FETCH_HEAD");
  }

  void finish(const char* git_dir) {
    if (op_.submodules) {
      git_.run({"--work-tree", GitSandbox::kCheckout, "--git-dir", git_dir, "submodule", "--quiet",
                "update", "--init", "--recursive", "--depth=1"});
    }
    if (op_.commit_time) {
      std::string seconds =
          git_.run({"--git-dir", git_dir, "log", "-1", "--format=%ct", resolved_.commit});
      time_t time = static_cast<time_t>(parse_uint(trim(seconds)).value_or(0));
      date_all(sys::reopen(workspace_.root().fd(), O_RDONLY | O_DIRECTORY),
               {.tv_sec = time, .tv_nsec = 0});
    }
  }

  void take_subdir(const sys::RootDir& to) {
    std::optional<sys::Fd> dir = workspace_.root().find_in(op_.subdir, O_RDONLY | O_DIRECTORY);
    if (!dir) {
      throw Error::of(ErrorKind::kDockerfile, "{}: there is no directory {} at {}", op_.remote,
                      op_.subdir, resolved_.commit);
    }
    timespec time = sys::stat_of(*dir).st_mtim;
    for (const sys::DirEntry& entry : sys::list_dir(*dir)) {
      sys::rename_at(*dir, entry.name.c_str(), to.fd(), entry.name.c_str());
    }
    sys::set_mtime(to.fd(), time);
  }

  static void date_all(const sys::Fd& dir, const timespec& time) {
    for (const sys::DirEntry& entry : sys::list_dir(dir)) {
      const char* name = entry.name.c_str();
      if (S_ISDIR(sys::stat_at(dir, name).st_mode)) {
        date_all(sys::open_at(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), time);
      } else {
        sys::set_times_at(dir, name, time, time);
      }
    }
    sys::set_mtime(dir, time);
  }

  Job& job_;
  const plan::GitOp& op_;
  const progress::VertexScope& scope_;
  Workspace workspace_;
  GitSandbox git_;
  Resolved resolved_;
};

}  // namespace

StepResult run_git(Job& job, const plan::GitOp& op, progress::VertexScope& scope) {
  return Checkout(job, op, scope).run();
}

}  // namespace cairn::solver
