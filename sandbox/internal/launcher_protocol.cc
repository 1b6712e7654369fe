// SPDX-License-Identifier: Apache-2.0
//
// A message is a letter for its type, a letter that says where its fields are, and the fields:
// numbers as they are in memory, texts and lists after their count, descriptors beside the bytes in
// the order of the fields. Fields that do not fit into one message are in a memfd, which is then
// the first descriptor.
//
// The `*_fields` functions list the fields of each type. A Writer visits them to encode, a Reader
// to decode.
#include "sandbox/internal/launcher_protocol.h"

#include <unistd.h>

#include <algorithm>
#include <concepts>
#include <cstring>
#include <type_traits>

#include "base/error_json.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;

enum class Type : char {
  kBuilderWorld = 'w',
  kRunRequest = 'r',
  kStepStarted = 's',
  kStepEnded = 'e',
  kFilterListener = 'f',
};
constexpr char kInline = '-';
constexpr char kInBody = 'b';
constexpr std::size_t kHeader = 2;

Error odd_message(std::string_view why) {
  return Error::of(ErrorKind::kBug, "a message between builder and launcher {}", why);
}

class Writer {
 public:
  template <typename T>
  requires(std::integral<T> || std::is_same_v<T, rusage>) void value(const T& value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(const std::string& text) {
    value(text.size());
    bytes_ += text;
  }
  template <typename E>
  void choice(E value, E) {
    this->value(static_cast<int>(value));
  }
  template <typename T>
  void list(const std::vector<T>& items, auto each) {
    value(items.size());
    for (const T& item : items) each(*this, item);
  }
  void fd(const Fd& fd) {
    CAIRN_ASSERT(fd, "a message of the launcher lacks a descriptor");
    fds_.push_back(fd.get());
  }
  void optional_fd(const Fd& fd) {
    value(static_cast<bool>(fd));
    if (fd) this->fd(fd);
  }
  void tree(const sys::MountTree& tree) { fd(tree.fd()); }

  // Environments may be large, while a socket's message is small: the rest goes through memory.
  EncodedMessage finish(Type type) && {
    EncodedMessage message{.bytes = {static_cast<char>(type), kInline}, .fds = {}, .body = {}};
    if (bytes_.size() <= kMaxMessage - kHeader) {
      message.bytes += bytes_;
    } else {
      message.bytes[1] = kInBody;
      message.body = sys::make_memfd("cairn-message");
      sys::write_all(message.body, bytes_);
      message.fds.push_back(message.body.get());
    }
    message.fds.insert(message.fds.end(), fds_.begin(), fds_.end());
    return message;
  }

 private:
  std::string bytes_;
  std::vector<int> fds_;
};

// A memfd's bytes from the start: its offset is shared with the process that wrote them.
std::string read_body(const Fd& body) {
  if (::lseek(body.get(), 0, SEEK_SET) < 0) throw Error::from_errno(errno, "rewind a message");
  return sys::read_all(body);
}

// Both ends are our own program, but a decoder must not trust the length of anything.
class Reader {
 public:
  Reader(Message message, Type type)
      : bytes_(std::move(message.bytes)), fds_(std::move(message.fds)) {
    if (bytes_.size() < kHeader) throw odd_message("is cut short");
    if (bytes_[0] != static_cast<char>(type)) throw odd_message("is of another type");
    char place = bytes_[1];
    if (place == kInBody && bytes_.size() == kHeader) {
      Fd body;
      fd(body);
      bytes_ = read_body(body);
    } else if (place == kInline) {
      at_ = kHeader;
    } else {
      throw odd_message("has its fields nowhere");
    }
  }

  template <typename T>
  requires((std::integral<T> && !std::same_as<T, bool>) ||
           std::is_same_v<T, rusage>) void value(T& value) {
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
  }
  // Any other byte in a bool would be undefined behaviour.
  void value(bool& value) {
    char byte = take(1)[0];
    if (byte != 0 && byte != 1) throw odd_message("has a flag that is neither set nor clear");
    value = byte == 1;
  }
  void text(std::string& text) { text = take(count()); }
  template <typename E>
  void choice(E& value, E last) {
    int number = 0;
    this->value(number);
    if (number < 0 || number > static_cast<int>(last)) throw odd_message("has an unknown choice");
    value = static_cast<E>(number);
  }
  template <typename T>
  void list(std::vector<T>& items, auto each) {
    std::size_t size = count();
    items.clear();
    for (std::size_t i = 0; i < size; ++i) each(*this, items.emplace_back());
  }
  void fd(Fd& fd) {
    if (next_fd_ == fds_.size()) throw odd_message("lacks a descriptor");
    fd = std::move(fds_[next_fd_++]);
  }
  void optional_fd(Fd& fd) {
    bool is_there = false;
    value(is_there);
    if (is_there) this->fd(fd);
  }
  void tree(sys::MountTree& tree) {
    Fd root;
    fd(root);
    tree = sys::MountTree(std::move(root));
  }

  void finish() const {
    if (at_ != bytes_.size()) throw odd_message("is too long");
    if (next_fd_ != fds_.size()) throw odd_message("has a descriptor too many");
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > bytes_.size() - at_) throw odd_message("is cut short");
    at_ += size;
    return std::string_view(bytes_).substr(at_ - size, size);
  }
  std::size_t count() {
    std::size_t count = 0;
    value(count);
    return count;
  }

  std::string bytes_;
  std::size_t at_ = 0;
  std::vector<Fd> fds_;
  std::size_t next_fd_ = 0;
};

// --- the fields of each type; `auto& value` is const for a Writer ---

void map_fields(auto& wire, auto& map) {
  wire.list(map, [](auto& each, auto& entry) {
    each.value(entry.inside);
    each.value(entry.outside);
    each.value(entry.count);
  });
}

void texts_fields(auto& wire, auto& texts) {
  wire.list(texts, [](auto& each, auto& text) { each.text(text); });
}

void mount_fields(auto& wire, auto& mount) {
  wire.text(mount.target);
  wire.choice(mount.kind, MountKind::kTmpfs);
  wire.value(mount.fd_index);
  wire.value(mount.read_only);
  wire.value(mount.tmpfs_size);
  wire.value(mount.tmpfs_mode);
}

void spec_fields(auto& wire, auto& spec) {
  texts_fields(wire, spec.argv);
  texts_fields(wire, spec.env);
  wire.text(spec.cwd);
  wire.text(spec.user);
  wire.text(spec.hostname);
  wire.choice(spec.network, NetworkMode::kOwn);
  wire.list(spec.mounts, [](auto& each, auto& mount) { mount_fields(each, mount); });
  wire.list(spec.rlimits, [](auto& each, auto& limit) {
    each.value(limit.resource);
    each.value(limit.soft);
    each.value(limit.hard);
  });
  wire.value(spec.shm_size);
  wire.value(spec.insecure);
  wire.value(spec.tty);
  wire.value(spec.read_only_root);
}

void world_fields(auto& wire, auto& world) {
  wire.choice(world.identity, Identity::kI5);
  wire.choice(world.isolation, Isolation::kS4);
  map_fields(wire, world.uid_map);
  map_fields(wire, world.gid_map);
  wire.value(world.may_set_groups);
}

void request_fields(auto& wire, auto& request) {
  wire.fd(request.errors);  // first, see decode_run_request
  wire.fd(request.channel);
  spec_fields(wire, request.spec);
  wire.tree(request.fds.root);
  wire.optional_fd(request.fds.in);
  wire.optional_fd(request.fds.out);
  wire.optional_fd(request.fds.err);
  wire.optional_fd(request.fds.network);
  wire.list(request.fds.mounts, [](auto& each, auto& mount) { each.fd(mount); });
}

void started_fields(auto& wire, auto& started) {
  wire.value(started.pid);
  wire.fd(started.pidfd);
}

void ended_fields(auto& wire, auto& ended) {
  wire.value(ended.status.code);
  wire.value(ended.status.signal);
  wire.value(ended.usage);
  wire.value(ended.refused_nodes.count);
  wire.value(ended.refused_nodes.is_block);
  wire.value(ended.refused_nodes.major_number);
  wire.value(ended.refused_nodes.minor_number);
}

// Checks what fields must have in common.
void check(const RunRequest& request) {
  if (request.spec.argv.empty()) throw odd_message("asks for no command");
  bool takes_network =
      request.spec.network == NetworkMode::kSlot || request.spec.network == NetworkMode::kOwn;
  if (takes_network != static_cast<bool>(request.fds.network)) {
    throw odd_message("has a network that does not fit its mode");
  }
  for (const MountPoint& mount : request.spec.mounts) {
    if (mount.kind == MountKind::kTmpfs) continue;
    if (mount.fd_index >= request.fds.mounts.size()) {
      throw odd_message("has a mount point without its descriptor");
    }
  }
}

constexpr std::string_view kNoteMark = "note ";  // an Error is a JSON object and begins with "{"

}  // namespace

EncodedMessage encode(const BuilderWorld& world) {
  Writer writer;
  world_fields(writer, world);
  return std::move(writer).finish(Type::kBuilderWorld);
}

EncodedMessage encode(const RunRequest& request) {
  Writer writer;
  request_fields(writer, request);
  return std::move(writer).finish(Type::kRunRequest);
}

EncodedMessage encode(const StepStarted& started) {
  Writer writer;
  started_fields(writer, started);
  return std::move(writer).finish(Type::kStepStarted);
}

EncodedMessage encode(const StepEnded& ended) {
  Writer writer;
  ended_fields(writer, ended);
  return std::move(writer).finish(Type::kStepEnded);
}

EncodedMessage encode(const FilterListener& listener) {
  Writer writer;
  writer.fd(listener.listener);
  return std::move(writer).finish(Type::kFilterListener);
}

void send_message(const Fd& socket, const EncodedMessage& message) {
  send_message(socket, message.bytes, message.fds);
}

BuilderWorld decode_builder_world(Message message) {
  Reader reader(std::move(message), Type::kBuilderWorld);
  BuilderWorld world;
  world_fields(reader, world);
  reader.finish();
  return world;
}

void decode_run_request(Message message, RunRequest& request) {
  Reader reader(std::move(message), Type::kRunRequest);
  request_fields(reader, request);
  reader.finish();
  check(request);
}

StepStarted decode_step_started(Message message) {
  Reader reader(std::move(message), Type::kStepStarted);
  StepStarted started;
  started_fields(reader, started);
  reader.finish();
  return started;
}

StepEnded decode_step_ended(Message message) {
  Reader reader(std::move(message), Type::kStepEnded);
  StepEnded ended;
  ended_fields(reader, ended);
  reader.finish();
  return ended;
}

FilterListener decode_filter_listener(Message message) {
  Reader reader(std::move(message), Type::kFilterListener);
  FilterListener listener;
  reader.fd(listener.listener);
  reader.finish();
  return listener;
}

std::string encode_notes(const Notes& notes) {
  std::string lines;
  for (const std::string& note : notes) lines += fmt::format("{}{}\n", kNoteMark, note);
  return lines;
}

std::string encode_failure(const Error& error) {
  return serialise(error);
}

// Notes are lines; the rest, if any, is one Error up to the end of file.
StepReport decode_report(std::string_view text) {
  StepReport report;
  while (text.starts_with(kNoteMark)) {
    std::string_view line = text.substr(0, text.find('\n'));
    report.notes.emplace_back(line.substr(kNoteMark.size()));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  if (!text.empty()) report.failure = parse_error(std::string(text));
  return report;
}

}  // namespace cairn::sandbox
