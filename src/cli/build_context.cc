// SPDX-License-Identifier: Apache-2.0
#include "cli/build_context.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "cli/ignore_filter.h"
#include "overlay/unpack.h"
#include "plan/git_ref.h"

namespace cairn::cli {
namespace {

constexpr std::size_t kMaxDockerfile = 64 << 20;
constexpr const char* kDockerfileNames[] = {"Dockerfile", "dockerfile", "Containerfile"};

std::string directory_of(const std::string& path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_http(const std::string& text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

std::shared_ptr<const SourceText> text_of(std::string name, std::string text) {
  return std::make_shared<const SourceText>(SourceText{std::move(name), std::move(text)});
}

[[noreturn]] void throw_no_context(const std::string& path) {
  throw Error::of(ErrorKind::kUsage, "unable to prepare context: path \"{}\" not found", path);
}

sys::RootDir open_directory(const std::string& path) {
  std::optional<sys::Fd> dir = sys::find_path(path, O_RDONLY | O_DIRECTORY);
  if (!dir) throw_no_context(path);
  return sys::RootDir(std::move(*dir));
}

// Whoever wrote a name that is not there is told what is.
Error no_dockerfile(const std::string& path, std::vector<std::string> names) {
  Error error = Error::of(ErrorKind::kDockerfile,
                          "failed to read dockerfile: open {}: no such file or directory", path);
  std::sort(names.begin(), names.end());
  if (auto near = nearest(base_name(path), names)) {
    error.set_hint("did you mean " + directory_of(path) + "/" + *near + "?");
    return error;
  }
  for (const std::string& name : names) {
    std::string lower = to_lower(name);
    if (lower.find("dockerfile") == std::string::npos &&
        lower.find("containerfile") == std::string::npos) {
      continue;
    }
    error.set_hint("there is " + name + ": name it with -f");
    break;
  }
  return error;
}

std::vector<std::string> names_in(const sys::Fd& dir) {
  std::vector<std::string> names;
  for (const sys::DirEntry& entry : sys::list_dir(dir)) names.push_back(entry.name);
  return names;
}

class Opening {
 public:
  using BuildArgs = std::map<std::string, std::string>;

  Opening(const BuildFlags& flags, const BuildArgs& build_args, ContextFetcher& fetcher)
      : flags_(flags), build_args_(build_args), fetcher_(fetcher) {}

  BuildContext run() {
    if (flags_.context == "-" && flags_.file == "-") {
      throw Error(ErrorKind::kUsage,
                  "invalid argument: can't use stdin for both build context and dockerfile");
    }
    open_files();
    files_->name = "context";
    std::shared_ptr<const SourceText> dockerfile = read_dockerfile();
    read_ignore_file();
    return {.files = std::move(*files_),
            .dockerfile = std::move(dockerfile),
            .ignored = std::move(ignored_),
            .source = std::move(source_)};
  }

 private:
  void open_files() {
    if (flags_.context == "-") return open_stream();
    if (auto dir = sys::find_path(flags_.context, O_RDONLY | O_DIRECTORY)) {
      files_ =
          source::LocalContext{.name = {}, .root = sys::RootDir(std::move(*dir)), .filter = {}};
      return;
    }
    if (auto git = plan::find_git_ref(flags_.context)) return open_git(*std::move(git));
    if (is_http(flags_.context)) {
      plan::HttpOp op{.url = flags_.context, .filename = plan::file_name_of(flags_.context)};
      source_ = op;
      return take(fetcher_.fetch(op));
    }
    std::optional<sys::Fd> file = sys::find_path(flags_.context, O_RDONLY);
    if (!file) throw_no_context(flags_.context);
    if (!overlay::looks_like_archive(*file)) {
      throw Error::of(ErrorKind::kUsage,
                      "unable to prepare context: \"{}\" is neither a directory nor an archive",
                      flags_.context)
          .with_hint("a Dockerfile is named with -f");
    }
    take(fetcher_.unpack(*file));
  }

  void open_git(plan::GitRef ref) {
    std::string keep = build_arg("BUILDKIT_CONTEXT_KEEP_GIT_DIR");
    ref.op.keep_git_dir = ref.keep_git_dir.value_or(keep == "1" || equal_fold(keep, "true"));
    // With an epoch the whole image is to repeat, so files are dated by their commit.
    if (!build_arg("SOURCE_DATE_EPOCH").empty()) ref.op.commit_time = true;
    plan::check_git_op(ref.op);
    source_ = ref.op;
    take(fetcher_.fetch(ref.op));
  }

  std::string build_arg(const std::string& name) const {
    auto given = build_args_.find(name);
    return given == build_args_.end() ? "" : given->second;
  }

  // An archive, or a Dockerfile that needs no files.
  void open_stream() {
    sys::Fd in = fetcher_.spool(sys::Fd(::dup(STDIN_FILENO)));
    if (overlay::looks_like_archive(in)) return take(fetcher_.unpack(in));
    if (!flags_.file.empty()) {
      throw Error(ErrorKind::kUsage,
                  "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles");
    }
    dockerfile_ = text_of("-", sys::read_all(in, kMaxDockerfile));
    take(fetcher_.empty());
  }

  void take(ContextFetcher::Fetched fetched) {
    files_ = std::move(fetched.files);
    is_fetched_ = true;
    if (!fetched.filename.empty() && flags_.file.empty()) name_in_files_ = fetched.filename;
  }

  // --- the Dockerfile ---

  std::shared_ptr<const SourceText> read_dockerfile() {
    if (dockerfile_) return dockerfile_;
    if (flags_.file == "-") {
      sys::Fd in(::dup(STDIN_FILENO));
      return text_of("-", sys::read_all(in, kMaxDockerfile));
    }
    if (is_http(flags_.file)) {
      ContextFetcher::Fetched fetched = fetcher_.fetch(
          plan::HttpOp{.url = flags_.file, .filename = plan::file_name_of(flags_.file)});
      if (fetched.filename.empty()) {
        throw Error::of(ErrorKind::kUsage, "{} is an archive, and no Dockerfile", flags_.file);
      }
      sys::Fd file = fetched.files.root.open_in(fetched.filename, O_RDONLY);
      return text_of(fetched.filename, sys::read_all(file, kMaxDockerfile));
    }
    bool elsewhere = !flags_.file.empty() && (!is_fetched_ || flags_.file.starts_with('/'));
    return elsewhere ? read_named(flags_.file) : read_from_files();
  }

  std::shared_ptr<const SourceText> read_named(const std::string& path) {
    std::optional<std::string> text = sys::find_file(path, kMaxDockerfile);
    if (!text) {
      std::vector<std::string> names;
      if (auto dir = sys::find_path(directory_of(path), O_RDONLY | O_DIRECTORY)) {
        names = names_in(*dir);
      }
      throw no_dockerfile(path, std::move(names));
    }
    ignore_beside_ = path + ".dockerignore";
    return text_of(base_name(path), std::move(*text));
  }

  // P15: the default name may be in lower case.
  std::shared_ptr<const SourceText> read_from_files() {
    std::vector<std::string> names(std::begin(kDockerfileNames), std::end(kDockerfileNames));
    if (!name_in_files_.empty()) names = {name_in_files_};
    if (!flags_.file.empty()) names = {flags_.file};
    for (const std::string& name : names) {
      if (auto file = files_->root.find_in(name, O_RDONLY)) {
        ignore_in_files_ = name + ".dockerignore";
        return text_of(base_name(name), sys::read_all(*file, kMaxDockerfile));
      }
    }
    std::string shown = is_fetched_ ? names[0] : flags_.context + "/" + names[0];
    throw no_dockerfile(shown, names_in(sys::reopen(files_->root.fd(), O_RDONLY | O_DIRECTORY)));
  }

  // --- the ignore file (I01): one named after the Dockerfile takes the place of the context's own
  // ---

  void read_ignore_file() {
    if (!flags_.ignorefile.empty()) {
      if (!ignore_by_path(flags_.ignorefile)) {
        throw Error::of(ErrorKind::kUsage, "--ignorefile: {} is not there", flags_.ignorefile);
      }
      return;
    }
    if (!ignore_beside_.empty() && ignore_by_path(ignore_beside_)) return;
    if (!ignore_in_files_.empty() && ignore_by_name(ignore_in_files_)) return;
    ignore_by_name(".dockerignore");
  }

  bool ignore_by_path(const std::string& path) {
    std::optional<std::string> text = sys::find_file(path, kMaxDockerfile);
    if (text) ignore(base_name(path), *text);
    return text.has_value();
  }

  bool ignore_by_name(const std::string& name) {
    std::optional<sys::Fd> file = files_->root.find_in(name, O_RDONLY);
    if (file) ignore(name, sys::read_all(*file, kMaxDockerfile));
    return file.has_value();
  }

  void ignore(const std::string& name, const std::string& text) {
    std::shared_ptr<const IgnoreFilter> filter = make_ignore_filter(name, text);
    if (filter) ignored_ = filter->matcher();
    files_->filter = std::move(filter);
  }

  const BuildFlags& flags_;
  const BuildArgs& build_args_;
  ContextFetcher& fetcher_;
  std::optional<plan::RemoteSource> source_;
  dockerfile::IgnoreMatcher ignored_;
  std::optional<source::LocalContext> files_;
  bool is_fetched_ = false;                       // no directory of this host
  std::string name_in_files_;                     // of the only file of a fetched context
  std::shared_ptr<const SourceText> dockerfile_;  // that came instead of files
  std::string ignore_beside_;                     // a path of this host
  std::string ignore_in_files_;                   // a path in files_
};

}  // namespace

bool must_fetch(const BuildFlags& flags) {
  return is_http(flags.file) || !sys::find_path(flags.context, O_PATH | O_DIRECTORY);
}

BuildContext open_build_context(const BuildFlags& flags,
                                const std::map<std::string, std::string>& build_args,
                                ContextFetcher& fetcher) {
  return Opening(flags, build_args, fetcher).run();
}

source::LocalContext open_named_directory(const std::string& name, const std::string& path) {
  source::LocalContext context{.name = name, .root = open_directory(path), .filter = {}};
  if (auto file = context.root.find_in(".dockerignore", O_RDONLY)) {
    context.filter = make_ignore_filter(".dockerignore", sys::read_all(*file, kMaxDockerfile));
  }
  return context;
}

}  // namespace cairn::cli
