// SPDX-License-Identifier: Apache-2.0
//
// Each message comes out as it went in, over a real socket; and what is no message is refused.
#include "sandbox/internal/launcher_protocol.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>

#include "base/error.h"

using namespace cairn;
using namespace cairn::sandbox;

namespace {

template <typename T>
Message sent(const T& message) {
  auto [near, far] = sys::make_socket_pair(SOCK_SEQPACKET);
  send_message(near, encode(message));
  return *receive_message(far);
}

// A descriptor that can be told from others.
sys::Fd named(const std::string& name) {
  sys::Fd fd = sys::make_memfd("cairn-test");
  sys::write_all(fd, name);
  return fd;
}

std::string name_of(const sys::Fd& fd) {
  if (!fd) return "";
  ::lseek(fd.get(), 0, SEEK_SET);
  return sys::read_all(fd);
}

RunRequest request() {
  RunRequest request;
  request.errors = named("errors");
  request.channel = named("channel");
  request.spec.argv = {"true"};
  request.fds.root = sys::MountTree(named("root"));
  return request;
}

RunRequest received(const RunRequest& request) {
  RunRequest result;
  decode_run_request(sent(request), result);
  return result;
}

// Throws what no caller should: anything but kBug.
bool refuses(const std::function<void()>& decode) {
  try {
    decode();
    return false;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBug) throw;
    return true;
  }
}

bool refuses_request(Message message) {
  RunRequest request;
  return refuses([&] { decode_run_request(std::move(message), request); });
}

SandboxSpec full_spec() {
  return {.argv = {"/bin/sh", "-c", "echo \xff\xfe"},
          .env = {"A=1", std::string("B=\x80\n\0C", 6), "A=2"},
          .cwd = "/srv",
          .user = "app:web",
          .hostname = "box",
          .network = NetworkMode::kSlot,
          .mounts = {{.target = "/cache",
                      .kind = MountKind::kTree,
                      .fd_index = 1,
                      .read_only = false,
                      .tmpfs_size = 0,
                      .tmpfs_mode = 0700},
                     {.target = "/t", .kind = MountKind::kTmpfs, .tmpfs_size = 1ull << 40}},
          .rlimits = {{.resource = 7, .soft = 1024, .hard = UINT64_MAX}},
          .shm_size = 1,
          .insecure = true,
          .tty = true,
          .read_only_root = true};
}

}  // namespace

TEST_CASE("the builder's world comes out as it went in") {
  BuilderWorld world{.identity = Identity::kI2,
                     .isolation = Isolation::kS3,
                     .uid_map = {{0, 0, 1}, {1, 1, 65535}},
                     .gid_map = {{0, 0, 4294967295}},
                     .may_set_groups = false};
  CHECK(decode_builder_world(sent(world)) == world);
  CHECK(decode_builder_world(sent(BuilderWorld())) == BuilderWorld());
}

TEST_CASE("a request comes out as it went in, with each descriptor in its place") {
  RunRequest full = request();
  full.spec = full_spec();
  full.fds.out = named("out");
  full.fds.network = named("network");
  full.fds.mounts.push_back(named("first mount"));
  full.fds.mounts.push_back(named("second mount"));
  RunRequest result = received(full);
  CHECK(result.spec == full.spec);
  CHECK(name_of(result.errors) == "errors");
  CHECK(name_of(result.channel) == "channel");
  CHECK(name_of(result.fds.root.fd()) == "root");
  CHECK(name_of(result.fds.in) == "");
  CHECK(name_of(result.fds.out) == "out");
  CHECK(name_of(result.fds.err) == "");
  CHECK(name_of(result.fds.network) == "network");
  REQUIRE(result.fds.mounts.size() == 2);
  CHECK(name_of(result.fds.mounts[0]) == "first mount");
  CHECK(name_of(result.fds.mounts[1]) == "second mount");
}

TEST_CASE("a request of defaults comes out as it went in") {
  RunRequest result = received(request());
  CHECK(result.spec == request().spec);
  CHECK(result.fds.mounts.empty());
}

TEST_CASE("a request that is too long for one message travels in a file") {
  RunRequest large = request();
  large.spec.env = {"A=" + std::string(1 << 20, 'x')};
  large.fds.in = named("in");
  CHECK(sent(large).bytes.size() < 10);
  RunRequest result = received(large);
  CHECK(result.spec == large.spec);
  CHECK(name_of(result.errors) == "errors");
  CHECK(name_of(result.fds.in) == "in");
}

TEST_CASE("a step that has started comes out as it went in") {
  StepStarted result = decode_step_started(sent(StepStarted{.pid = 4711, .pidfd = named("pidfd")}));
  CHECK(result.pid == 4711);
  CHECK(name_of(result.pidfd) == "pidfd");
}

TEST_CASE("a step that has ended comes out as it went in") {
  StepEnded ended{
      .status = {.code = 3, .signal = 9},
      .refused_nodes = {.count = 2, .is_block = true, .major_number = 7, .minor_number = 1}};
  ended.usage.ru_maxrss = 1234;
  StepEnded result = decode_step_ended(sent(ended));
  CHECK(result.status == ended.status);
  CHECK(result.usage.ru_maxrss == 1234);
  CHECK(text(result.refused_nodes) == text(ended.refused_nodes));
}

TEST_CASE("the listener of a filter comes out as it went in") {
  CHECK(name_of(decode_filter_listener(sent(FilterListener{named("listener")})).listener) ==
        "listener");
}

TEST_CASE("a report is its notes, then perhaps an error") {
  Error error = Error::from_errno(ENOENT, "exec x").with_kind(ErrorKind::kStep);
  std::string notes = encode_notes({"first", "second"});
  StepReport report = decode_report(notes + encode_failure(error));
  CHECK(report.notes == Notes{"first", "second"});
  REQUIRE(report.failure);
  CHECK(report.failure->message() == error.message());
  CHECK(report.failure->kind() == ErrorKind::kStep);
  CHECK_FALSE(decode_report(notes).failure);
  CHECK(decode_report("").notes.empty());
  CHECK(decode_report("note cut o").notes == Notes{"cut o"});
  CHECK(decode_report("garbage").failure->kind() == ErrorKind::kBug);
}

TEST_CASE("a message that is cut short anywhere is refused, and so is one that is too long") {
  RunRequest full = request();
  full.spec = full_spec();
  full.fds.network = named("network");
  full.fds.mounts.push_back(named("a"));
  full.fds.mounts.push_back(named("b"));
  std::size_t size = sent(full).bytes.size();
  for (std::size_t cut = 0; cut < size; ++cut) {
    CAPTURE(cut);
    Message message = sent(full);
    message.bytes.resize(cut);
    CHECK(refuses_request(std::move(message)));
  }
  Message message = sent(full);
  message.bytes += '\0';
  CHECK(refuses_request(std::move(message)));
}

TEST_CASE("a message with a descriptor too few or too many is refused") {
  Message message = sent(request());
  message.fds.pop_back();
  CHECK(refuses_request(std::move(message)));
  message = sent(request());
  message.fds.push_back(named("another"));
  CHECK(refuses_request(std::move(message)));
}

TEST_CASE("a message of another type is refused, also one of the same length") {
  CHECK(refuses_request(sent(BuilderWorld())));
  Message message = sent(StepStarted{.pid = 1, .pidfd = named("pidfd")});
  message.bytes[0] = sent(StepEnded()).bytes[0];
  CHECK(refuses([&] { decode_step_started(std::move(message)); }));
}

TEST_CASE("a value that no field can have is refused") {
  auto damaged = [](std::size_t offset, char byte) {
    Message message = sent(BuilderWorld());
    message.bytes.at(offset) = byte;
    return message;
  };
  CHECK(refuses([&] { decode_builder_world(damaged(1, '?')); }));
  CHECK(refuses([&] { decode_builder_world(damaged(2, 17)); }));  // an identity
  CHECK(refuses([&] { decode_builder_world(damaged(6, -1)); }));  // an isolation
  CHECK(refuses([&] { decode_builder_world(damaged(sent(BuilderWorld()).bytes.size() - 1, 2)); }));
}

TEST_CASE("a length that nothing follows is not believed") {
  Message message = sent(BuilderWorld());
  for (std::size_t i = 10; i < 18; ++i) message.bytes.at(i) = '\x7f';  // of the first map
  CHECK(refuses([&] { decode_builder_world(std::move(message)); }));
}

TEST_CASE("a request whose parts do not fit together is refused") {
  RunRequest odd = request();
  odd.spec.argv.clear();
  CHECK(refuses_request(sent(odd)));
  odd = request();
  odd.spec.network = NetworkMode::kOwn;  // without one
  CHECK(refuses_request(sent(odd)));
  odd = request();
  odd.fds.network = named("network");  // that nothing asks for
  CHECK(refuses_request(sent(odd)));
  odd = request();
  odd.spec.mounts = {{.target = "/x", .kind = MountKind::kTree, .fd_index = 0}};
  CHECK(refuses_request(sent(odd)));
}

TEST_CASE("a request that makes no sense leaves the pipe on which it is answered") {
  RunRequest odd = request(), result;
  odd.spec.argv.clear();
  CHECK(refuses([&] { decode_run_request(sent(odd), result); }));
  CHECK(name_of(result.errors) == "errors");
}
