// SPDX-License-Identifier: Apache-2.0
//
// Follows the path link by link, to find the directory in which a new file can be renamed over the
// old one. What is not a regular file is opened and written in place. Links of procfs are never
// followed by their text, which may name no file ("pipe:[12]").
#include "base/sys/output_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/sys/copy.h"
#include "base/sys/file.h"
#include "base/sys/slow_end.h"
#include "base/sys/standard_streams.h"
#include "base/sys/unix_socket.h"
#include "base/text.h"

namespace cairn::sys {
namespace {

struct Place {
  std::string directory;
  std::string name;
};

Place split_path(const std::string& path) {
  std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {.directory = ".", .name = path};
  return {.directory = slash == 0 ? "/" : path.substr(0, slash), .name = path.substr(slash + 1)};
}

// "/dev/stdout" and the like are recognised by name, which works even when /proc belongs to another
// process.
std::optional<int> named_descriptor(const std::string& path) {
  std::string clean = clean_path(path);
  if (clean == "/dev/stdin") return STDIN_FILENO;
  if (clean == "/dev/stdout") return STDOUT_FILENO;
  if (clean == "/dev/stderr") return STDERR_FILENO;
  for (std::string_view directory : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!clean.starts_with(directory)) continue;
    std::optional<std::uint64_t> number = parse_uint(clean.substr(directory.size()));
    if (number && *number <= INT_MAX) return static_cast<int>(*number);
  }
  return std::nullopt;
}

// The identity of a directory entry that need not exist. nullopt when its directory does not exist.
std::optional<std::tuple<dev_t, ino_t, std::string>> entry_of(const std::string& path) {
  Place place = split_path(path);
  struct stat about {};
  if (::stat(place.directory.c_str(), &about) < 0) return std::nullopt;
  return std::tuple(about.st_dev, about.st_ino, place.name);
}

bool is_in_proc(const Fd& directory) {
  struct statfs about {};
  return ::fstatfs(directory.get(), &about) == 0 && about.f_type == PROC_SUPER_MAGIC;
}

// Whether it is our /proc/self/fd, under any name (/proc/PID/fd, /dev/fd).
bool is_own_table(const Fd& directory) {
  struct stat about = stat_of(directory), own{};
  return ::stat("/proc/self/fd", &own) == 0 && own.st_ino == about.st_ino &&
         own.st_dev == about.st_dev;
}

bool is_write_denied(int code) {
  return code == EACCES || code == EPERM || code == EROFS;
}

// Standard output. Its write errors get one message, whatever it is connected to.
class ResultSink final : public ByteSink {
 public:
  ResultSink(const Fd& fd, const std::stop_token& stop) : sink_(fd, stop) {}
  void write(std::span<const std::byte> bytes) override {
    auto name = [](const Error& error) {
      if (error.code() != 0) throw unwritten_result(error.code());
    };
    amend(name, [&] { sink_.write(bytes); });
  }

 private:
  SlowSink sink_;
};

// Empties a regular file whose offset is 0: otherwise the rest of an earlier output would follow
// ours. A file with another offset, or opened with O_APPEND, continues what others wrote.
void empty_at_start(const Fd& out) {
  bool is_file = S_ISREG(stat_of(out).st_mode);
  if (!is_file || (::fcntl(out.get(), F_GETFL) & O_APPEND) != 0) return;
  if (::lseek(out.get(), 0, SEEK_CUR) != 0) return;
  if (::ftruncate(out.get(), 0) < 0) throw Error::from_errno(errno, "empty a file");
}

Error not_writable(const std::string& dest, std::string_view why) {
  return Error::of(ErrorKind::kUsage, "cannot write {}: {}", dest, why);
}

}  // namespace

OutputFile::OutputFile(const std::string& dest, Dash dash) : dest_(dest) {
  if (dest == "-" && dash == Dash::kStdout) {
    take_descriptor("/dev/stdout");
    is_named_ = false;
    return;
  }
  resolve(dest);
  if (kind_ == Kind::kFile) check_directory();
}

void OutputFile::hold_reader() {
  if (kind_ != Kind::kSpecial || !S_ISFIFO(type_)) return;
  reader_ = Fd(::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

// Our own descriptors are close-on-exec; those that a caller passed cannot be. That is how a number
// of ours is told from one that the user means.
bool OutputFile::take_descriptor(const std::string& path) {
  std::optional<int> number = named_descriptor(path);
  if (!number) return false;
  int flags = ::fcntl(*number, F_GETFD);
  bool is_read_only = (::fcntl(*number, F_GETFL) & O_ACCMODE) == O_RDONLY;
  // stdout that was closed was opened read-only by take_known_state().
  if (*number == STDOUT_FILENO && (flags < 0 || is_read_only)) throw unwritten_result(EBADF);
  if (flags < 0 || (flags & FD_CLOEXEC) != 0) {
    throw not_writable(dest_, fmt::format("descriptor {} is not open", *number));
  }
  if (is_read_only) {
    throw not_writable(dest_, fmt::format("descriptor {} is open for reading only", *number));
  }
  kind_ = Kind::kDescriptor;
  descriptor_ = *number;
  return true;
}

// Follows the symbolic links at the end of the path one by one. A link of procfs is not what its
// text says: it is opened through procfs, or is a descriptor of ours.
void OutputFile::resolve(const std::string& dest) {
  path_ = dest;
  for (int links = 0; links < limits::kSymlinks; ++links) {
    if (take_descriptor(path_)) return;
    Place place = split_path(path_);
    if (place.name.empty() || place.name == "." || place.name == "..") {
      throw not_writable(dest_, "it is a directory").with_hint("name a file in it");
    }
    // O_PATH needs no permission to read the directory.
    std::optional<Fd> directory = find_path(place.directory, O_PATH | O_DIRECTORY);
    if (!directory) {
      throw not_writable(dest_, fmt::format("there is no directory {}", place.directory))
          .with_hint("make the directory first");
    }
    std::optional<struct stat> about = find_stat_at(*directory, place.name.c_str());
    type_ = about ? about->st_mode & S_IFMT : 0;
    if (S_ISLNK(type_) && is_in_proc(*directory)) {
      if (is_own_table(*directory) && take_descriptor("/proc/self/fd/" + place.name)) return;
      kind_ = Kind::kSpecial;
      return;
    }
    if (S_ISLNK(type_)) {
      std::string target = read_link_at(*directory, place.name.c_str());
      path_ = target.starts_with('/') ? target : place.directory + "/" + target;
      continue;
    }
    if (S_ISDIR(type_)) throw not_writable(dest_, "it is a directory");
    kind_ = type_ == 0 || S_ISREG(type_) ? Kind::kFile : Kind::kSpecial;
    return;
  }
  throw not_writable(dest_, "its symbolic links lead to no end");
}

// A writable file is enough even if its directory is not writable: it is then written in place.
void OutputFile::check_directory() const {
  if (::faccessat(AT_FDCWD, split_path(path_).directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0)
    return;
  int error = errno;
  if (type_ != 0 && ::faccessat(AT_FDCWD, path_.c_str(), W_OK, AT_EACCESS) == 0) return;
  throw Error::from_errno(error, "write {}", dest_).with_kind(ErrorKind::kUsage);
}

bool OutputFile::is_terminal() const {
  return kind_ == Kind::kDescriptor && ::isatty(descriptor_) == 1;
}

OutputId OutputFile::id() const {
  OutputId id;
  struct stat about {};
  bool is_there = kind_ == Kind::kDescriptor ? ::fstat(descriptor_, &about) == 0
                                             : ::stat(path_.c_str(), &about) == 0;
  // Each output makes its own connection to a socket, so two outputs do not collide.
  bool is_shared = S_ISCHR(about.st_mode) || (S_ISSOCK(about.st_mode) && kind_ == Kind::kSpecial);
  if (is_there && !is_shared) id.file = {about.st_dev, about.st_ino};
  if (kind_ == Kind::kFile) id.entry = entry_of(path_);
  return id;
}

void OutputFile::remove_old() const {
  if (kind_ != Kind::kFile || type_ == 0) return;
  if (::unlink(path_.c_str()) == 0 || errno == ENOENT) return;
  int error = errno;
  if (!is_write_denied(error) && error != EBUSY) throw Error::from_errno(error, "remove {}", path_);
  // It cannot be unlinked, so empty it: nothing old may stay.
  open_path(path_, O_WRONLY | O_TRUNC | O_NOFOLLOW);
}

void OutputFile::write(mode_t mode, const std::stop_token& stop,
                       const std::function<void(ByteSink&)>& write) const {
  std::optional<ErrorContext> while_here;
  if (!is_stdout()) while_here.emplace([this] { return "writing " + dest_; });
  if (kind_ == Kind::kFile) return replace(mode, write);
  Fd out = kind_ == Kind::kDescriptor ? Fd(::fcntl(descriptor_, F_DUPFD_CLOEXEC, 3))
                                      : open_special(stop);
  if (!out) throw Error::from_errno(errno, "write {}", dest_);
  if (is_named_) empty_at_start(out);
  if (is_stdout()) {
    ResultSink sink(out, stop);
    return write(sink);
  }
  SlowSink sink(out, stop);
  write(sink);
}

void OutputFile::write(mode_t mode, const std::stop_token& stop, std::string_view text) const {
  write(mode, stop, [text](ByteSink& out) { out.write(as_bytes(text)); });
}

Fd OutputFile::open_special(const std::stop_token& stop) const {
  if (S_ISFIFO(type_)) return open_fifo_to_write(path_, stop);
  if (S_ISSOCK(type_)) return connect_unix(path_);
  return open_path(path_, O_WRONLY | O_NOCTTY);
}

void OutputFile::replace(mode_t mode, const std::function<void(ByteSink&)>& write) const {
  std::optional<TempFile> file;
  if (std::optional<Error> failure =
          failure_of([&] { file.emplace(split_path(path_).directory); })) {
    // The directory is not writable, but the file that is there may be.
    if (type_ == 0 || !is_write_denied(failure->code())) throw *failure;
    return overwrite(write);
  }
  FdSink sink(file->fd());
  write(sink);
  chmod_fd(file->fd(), mode);
  // Without fsync(2): the output can be made again from the store.
  if (std::optional<Error> failure = failure_of([&] { file->publish(path_); })) {
    // The target is a mount point, or belongs to another user in a sticky directory.
    if (type_ == 0 || (!is_write_denied(failure->code()) && failure->code() != EBUSY))
      throw *failure;
    rewind(file->fd());
    overwrite([&](ByteSink& out) {
      FdSource source(file->fd());
      copy_all(source, out);
    });
  }
}

void OutputFile::overwrite(const std::function<void(ByteSink&)>& write) const {
  Fd out = open_path(path_, O_WRONLY | O_TRUNC | O_NOFOLLOW);
  FdSink sink(out);
  write(sink);
}

void check_output_directory(const std::string& dest) {
  std::string path = dest;
  while (true) {
    struct stat about {};
    if (::stat(path.c_str(), &about) == 0) {
      if (S_ISDIR(about.st_mode)) return;
      throw not_writable(dest, fmt::format("{} is no directory", path));
    }
    if (!is_absence(errno)) {
      throw Error::from_errno(errno, "write {}", dest).with_kind(ErrorKind::kUsage);
    }
    std::string parent = split_path(path).directory;
    if (parent == path) return;
    path = parent;
  }
}

OutputId missing_directory(const std::string& dest) {
  std::string path = dest;
  while (!exists(path)) {
    while (path.ends_with('/')) path.pop_back();
    Place place = split_path(path);
    bool is_name = place.name != "." && place.name != "..";
    if (auto entry = is_name ? entry_of(path) : std::nullopt) return {.file = {}, .entry = entry};
    if (place.directory == path) break;
    path = place.directory;
  }
  return {};
}

bool is_inside(const std::string& path, const std::string& directory) {
  std::optional<Fd> wanted = find_path(directory, O_PATH | O_DIRECTORY);
  if (!wanted) return false;
  std::string nearest = path;
  std::optional<Fd> found = find_path(nearest, O_PATH | O_DIRECTORY);
  while (!found) {
    std::string parent = split_path(nearest).directory;
    if (parent == nearest) return false;
    nearest = parent;
    found = find_path(nearest, O_PATH | O_DIRECTORY);
  }
  auto identity = [](const Fd& fd) {
    struct stat about = stat_of(fd);
    return std::pair(about.st_dev, about.st_ino);
  };
  Fd at = std::move(*found);
  while (identity(at) != identity(*wanted)) {
    // Up by ".." rather than by text: links on the way down do not count.
    Fd above = open_at(at, "..", O_PATH | O_DIRECTORY);
    if (identity(above) == identity(at)) return false;
    at = std::move(above);
  }
  return true;
}

}  // namespace cairn::sys
