// SPDX-License-Identifier: Apache-2.0
//
// The order is fixed by what names what: first the files, then the Dockerfile, which may be one of
// them, then the ignore file, which is named after the Dockerfile. A path given by the user may be
// of any type, and waiting for it can be interrupted; files inside a context are opened only if
// regular.
#include "source/build_context.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/limits.h"
#include "base/sys/slow_end.h"
#include "base/sys/standard_streams.h"
#include "base/text.h"
#include "plan/git_ref.h"
#include "source/ignore_filter.h"

namespace cairn::source {
namespace {

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

const char* kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return "a directory";
    case S_IFIFO: return "a FIFO";
    case S_IFSOCK: return "a socket";
    case S_IFCHR:
    case S_IFBLK: return "a device";
    default: return "something else";
  }
}

[[noreturn]] void throw_no_context(const std::string& path) {
  throw Error::of(ErrorKind::kUsage, "unable to prepare context: path \"{}\" not found", path);
}

// Runs `read`, which reads `path` in a directory named by the user, and explains EACCES.
template <typename Read>
auto reading(const std::string& directory, const std::string& path, Read read) {
  auto explain = [&](const Error& error) {
    if (error.code() == EACCES && !directory.empty()) throw unreadable(directory, path);
  };
  return amend(explain, read);
}

std::optional<LocalContext> find_directory(const std::string& name, const std::string& path) {
  std::optional<sys::Fd> dir =
      reading(path, "/", [&] { return sys::find_path(path, O_RDONLY | O_DIRECTORY); });
  if (!dir) return std::nullopt;
  return LocalContext{
      .name = name, .root = sys::RootDir(std::move(*dir)), .filter = {}, .shown = path};
}

// The error for a missing Dockerfile, with a suggestion from the names that exist.
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

// Reads a file of a context, which is untrusted: only a regular file, since a FIFO or device could
// block for ever. nullopt if it does not exist.
std::optional<std::string> find_text(const LocalContext& context, const std::string& name,
                                     std::size_t limit) {
  return reading(context.shown, name, [&]() -> std::optional<std::string> {
    std::optional<sys::Fd> file = context.root.find_end(name);
    if (!file) return std::nullopt;
    if (!S_ISREG(sys::stat_of(*file).st_mode)) {
      throw Error::of(ErrorKind::kDockerfile, "failed to read {}: it is {}, and no regular file",
                      name, kind_of(sys::stat_of(*file).st_mode));
    }
    ErrorContext while_here([&] { return "reading " + name; });
    return sys::read_all(context.root.open_in(name, O_RDONLY | O_NONBLOCK), limit);
  });
}

std::vector<std::string> names_in(const sys::Fd& dir) {
  std::vector<std::string> names;
  for (const sys::DirEntry& entry : sys::list_dir(dir)) names.push_back(entry.name);
  return names;
}

class ContextOpener {
 public:
  using BuildArgs = std::map<std::string, std::string>;

  ContextOpener(const ContextRequest& request, const BuildArgs& build_args, ContextFetcher& fetcher)
      : request_(request), build_args_(build_args), fetcher_(fetcher) {}

  BuildContext run() {
    if (request_.context == "-" && request_.file == "-") {
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
    if (request_.context == "-") return open_stream();
    // A directory wins over anything that its name could mean as a URL or repository.
    files_ = find_directory("", request_.context);
    if (files_) return;
    if (auto git = plan::find_git_ref(request_.context)) return open_git(*std::move(git));
    if (is_http(request_.context)) {
      plan::HttpOp op{.url = request_.context, .filename = plan::file_name_of(request_.context)};
      source_ = op;
      return take(fetcher_.fetch(op));
    }
    std::optional<sys::Fd> file = sys::find_to_read(request_.context);
    if (!file) throw_no_context(request_.context);
    if (!S_ISREG(sys::stat_of(*file).st_mode)) file = fetcher_.spool(*file);
    if (auto unpacked = fetcher_.unpack(*file)) return take(*std::move(unpacked));
    throw Error::of(ErrorKind::kUsage,
                    "unable to prepare context: \"{}\" is neither a directory nor an archive",
                    request_.context)
        .with_hint("a Dockerfile is named with -f");
  }

  void open_git(plan::GitRef ref) {
    std::string keep = build_arg("BUILDKIT_CONTEXT_KEEP_GIT_DIR");
    ref.op.keep_git_dir = ref.keep_git_dir.value_or(keep == "1" || equal_fold(keep, "true"));
    // With an epoch the image must be reproducible, so files get the time of their commit.
    if (!build_arg("SOURCE_DATE_EPOCH").empty()) ref.op.commit_time = true;
    plan::check_git_op(ref.op);
    source_ = ref.op;
    take(fetcher_.fetch(ref.op));
  }

  std::string build_arg(const std::string& name) const {
    auto given = build_args_.find(name);
    return given == build_args_.end() ? "" : given->second;
  }

  // Stdin: an archive, or a Dockerfile without files.
  void open_stream() {
    sys::Fd in = fetcher_.spool(sys::standard_input());
    if (auto unpacked = fetcher_.unpack(in)) return take(*std::move(unpacked));
    if (!request_.file.empty()) {
      throw Error(ErrorKind::kUsage,
                  "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles");
    }
    dockerfile_ = text_of("-", sys::read_all(in, limits::kDockerfile));
    take(fetcher_.empty());
  }

  void take(ContextFetcher::Fetched fetched) {
    files_ = std::move(fetched.files);
    is_fetched_ = true;
    if (!fetched.filename.empty() && request_.file.empty()) name_in_files_ = fetched.filename;
  }

  // --- the Dockerfile ---

  std::shared_ptr<const SourceText> read_dockerfile() {
    if (dockerfile_) return dockerfile_;
    if (request_.file == "-") return text_of("-", read_stdin());
    if (is_http(request_.file)) {
      ContextFetcher::Fetched fetched = fetcher_.fetch(
          plan::HttpOp{.url = request_.file, .filename = plan::file_name_of(request_.file)});
      if (fetched.filename.empty()) {
        throw Error::of(ErrorKind::kUsage, "{} is an archive, and no Dockerfile", request_.file);
      }
      sys::Fd file = fetched.files.root.open_in(fetched.filename, O_RDONLY);
      return text_of(fetched.filename, sys::read_all(file, limits::kDockerfile));
    }
    // -f is a path of this host for a local context, and a path inside a fetched one unless
    // absolute.
    bool elsewhere = !request_.file.empty() && (!is_fetched_ || request_.file.starts_with('/'));
    return elsewhere ? read_named(request_.file) : read_from_files();
  }

  std::shared_ptr<const SourceText> read_named(const std::string& path) {
    std::optional<std::string> text = find_named(path, limits::kDockerfile);
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

  // A path given by the user may be a FIFO, as from `<(command)`.
  std::optional<std::string> find_named(const std::string& path, std::size_t limit) const {
    return sys::find_file(path, limit, fetcher_.stop());
  }

  // Stdin may stay silent for any time, so reading it can be interrupted.
  std::string read_stdin() const {
    sys::Fd in = sys::standard_input();
    sys::SlowSource source(in, fetcher_.stop());
    return sys::read_all(source, limits::kDockerfile);
  }

  // P15: the default name may be in lower case.
  std::shared_ptr<const SourceText> read_from_files() {
    std::vector<std::string> names(std::begin(kDockerfileNames), std::end(kDockerfileNames));
    if (!name_in_files_.empty()) names = {name_in_files_};
    if (!request_.file.empty()) names = {request_.file};
    for (const std::string& name : names) {
      if (auto text = find_text(*files_, name, limits::kDockerfile)) {
        ignore_in_files_ = name + ".dockerignore";
        return text_of(base_name(name), std::move(*text));
      }
    }
    std::string shown = is_fetched_ ? names[0] : request_.context + "/" + names[0];
    Error error =
        no_dockerfile(shown, names_in(sys::reopen(files_->root.fd(), O_RDONLY | O_DIRECTORY)));
    for (const std::string& name : names) {
      // The name may exist as a symlink that leads nowhere inside the context.
      std::string lost = files_->root.explain_lost_link(name);
      if (!lost.empty()) throw std::move(error).with_hint(lost);
    }
    throw error;
  }

  // --- the ignore file (I01) ---
  // One named after the Dockerfile takes the place of the context's own.

  void read_ignore_file() {
    if (!request_.ignore_file.empty()) {
      if (!ignore_by_path(request_.ignore_file)) {
        throw Error::of(ErrorKind::kUsage, "--ignorefile: {} is not there", request_.ignore_file);
      }
      return;
    }
    if (!ignore_beside_.empty() && ignore_by_path(ignore_beside_)) return;
    if (!ignore_in_files_.empty() && ignore_by_name(ignore_in_files_)) return;
    ignore_by_name(".dockerignore");
  }

  bool ignore_by_path(const std::string& path) {
    std::optional<std::string> text = find_named(path, limits::kIgnoreFile);
    if (text) ignore(base_name(path), *text);
    return text.has_value();
  }

  bool ignore_by_name(const std::string& name) {
    std::optional<std::string> text = find_text(*files_, name, limits::kIgnoreFile);
    if (text) ignore(name, *text);
    return text.has_value();
  }

  void ignore(const std::string& name, const std::string& text) {
    std::shared_ptr<const IgnoreFilter> filter = make_ignore_filter(name, text);
    if (filter) ignored_ = filter->matcher();
    files_->filter = std::move(filter);
  }

  const ContextRequest& request_;
  const BuildArgs& build_args_;
  ContextFetcher& fetcher_;
  std::optional<plan::RemoteSource> source_;
  dockerfile::IgnoreMatcher ignored_;
  std::optional<LocalContext> files_;
  bool is_fetched_ = false;                       // the context is not a directory of this host
  std::string name_in_files_;                     // the only file of a fetched context
  std::shared_ptr<const SourceText> dockerfile_;  // came instead of files
  std::string ignore_beside_;                     // a path of this host
  std::string ignore_in_files_;                   // a path in files_
};

}  // namespace

bool must_fetch(const ContextRequest& request) {
  return is_http(request.file) || !sys::find_path(request.context, O_PATH | O_DIRECTORY);
}

BuildContext open_build_context(const ContextRequest& request,
                                const std::map<std::string, std::string>& build_args,
                                ContextFetcher& fetcher) {
  return ContextOpener(request, build_args, fetcher).run();
}

LocalContext open_named_directory(const std::string& name, const std::string& path) {
  std::optional<LocalContext> context = find_directory(name, path);
  if (!context) throw_no_context(path);
  if (auto text = find_text(*context, ".dockerignore", limits::kIgnoreFile)) {
    context->filter = make_ignore_filter(".dockerignore", *text);
  }
  return std::move(*context);
}

}  // namespace cairn::source
