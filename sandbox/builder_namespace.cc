// SPDX-License-Identifier: Apache-2.0
//
// The attempt is the probe: namespaces are unshared first, then one map after the other is tried,
// the most capable first. A map of many ids must be written by a process that is privileged outside
// the new namespace, so a helper is forked before. A namespace takes each map only once, but a
// refused write leaves it open for the next attempt.
#include "sandbox/builder_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/attempt.h"
#include "base/error.h"
#include "base/sys/fd.h"
#include "base/sys/mount.h"
#include "base/sys/process.h"
#include "base/text.h"
#include "sandbox/internal/blockers.h"
#include "sandbox/internal/message.h"

namespace cairn::sandbox {
namespace {

using sys::Fd;

struct Maps {
  IdMap uids;
  IdMap gids;
};

Maps maps_for(Identity identity, const HostFacts& facts) {
  switch (identity) {
    case Identity::kI1: return {identity_of(facts.uid_map), identity_of(facts.gid_map)};
    case Identity::kI2:
      return {map_with_sub_ids(facts.uid, facts.sub_uids),
              map_with_sub_ids(facts.gid, facts.sub_gids)};
    case Identity::kI3: return {map_with_sub_ids(facts.uid, {}), map_with_sub_ids(facts.gid, {})};
    default: return {facts.uid_map, facts.gid_map};
  }
}

// The result of trying a map: an errno, and the output of a helper program.
struct Outcome {
  int code = 0;
  std::string detail;
};

Outcome write_map(const std::string& process, const char* file, const std::string& text) {
  std::optional<Error> failure = failure_of([&] {
    sys::write_all(sys::open_path(fmt::format("/proc/{}/{}", process, file), O_WRONLY), text);
  });
  if (!failure) return {};
  return {failure->code(), failure->message()};
}

// Groups first: nothing is lost if that fails, while a uid map alone would bar every later attempt.
Outcome write_maps(const std::string& process, const Maps& maps) {
  Outcome outcome = write_map(process, "gid_map", id_map_text(maps.gids));
  if (outcome.code == 0) outcome = write_map(process, "uid_map", id_map_text(maps.uids));
  return outcome;
}

Outcome run_newidmap(const char* program, pid_t pid, const IdMap& map) {
  std::vector<std::string> argv{program, std::to_string(pid)};
  for (const IdMapEntry& entry : map) {
    for (std::uint32_t number : {entry.inside, entry.outside, entry.count}) {
      argv.push_back(std::to_string(number));
    }
  }
  sys::CommandResult result;
  if (std::optional<Error> failure = failure_of([&] { result = sys::run_command(argv); })) {
    return {failure->code() != 0 ? failure->code() : EPERM, failure->message()};
  }
  if (result.status.ok()) return {};
  return {EPERM, std::string(trim(result.errors))};
}

// --- the helper: it stays outside, where maps of many ids may be written ---

class MapHelper {
 public:
  explicit MapHelper(const HostFacts& facts) {
    auto [ours, theirs] = sys::make_socket_pair(SOCK_SEQPACKET);
    pid_t builder = ::getpid();
    pid_t pid = ::fork();
    if (pid < 0) throw Error::from_errno(errno, "fork a helper for id maps");
    if (pid == 0) {
      ours.reset();
      serve(theirs, builder, facts);
    }
    process_ = sys::Process(pid, Fd());
    socket_ = std::move(ours);
  }

  Outcome write(Identity identity) {
    char request = static_cast<char>(identity);
    send_message(socket_, std::string_view(&request, 1), {});
    std::optional<Message> reply = receive_message(socket_);
    if (!reply) return {ECHILD, "the helper for id maps died"};
    std::size_t space = reply->bytes.find(' ');
    auto code = parse_uint(std::string_view(reply->bytes).substr(0, space));
    return {static_cast<int>(code.value_or(ECHILD)), reply->bytes.substr(space + 1)};
  }

 private:
  [[noreturn]] static void serve(const Fd& socket, pid_t builder, const HostFacts& facts) {
    std::optional<Error> failure = last_failure_of([&] {
      while (std::optional<Message> request = receive_message(socket)) {
        auto identity = static_cast<Identity>(request->bytes.at(0));
        Outcome outcome = write_from_outside(identity, builder, facts);
        std::string detail = outcome.detail.substr(0, kMaxMessage / 2);
        send_message(socket, fmt::format("{} {}", outcome.code, detail), {});
      }
    });
    ::_exit(failure ? 1 : 0);  // the builder sees the socket close
  }

  static Outcome write_from_outside(Identity identity, pid_t builder, const HostFacts& facts) {
    Maps maps = maps_for(identity, facts);
    if (identity == Identity::kI1) return write_maps(std::to_string(builder), maps);
    Outcome outcome = run_newidmap("newgidmap", builder, maps.gids);
    return outcome.code != 0 ? outcome : run_newidmap("newuidmap", builder, maps.uids);
  }

  sys::Process process_;
  Fd socket_;
};

// Without any privilege the kernel lets us map our own id, once setgroups(2) is given up for good
// (user_namespaces(7): otherwise a process could leave a group that denies it something).
Outcome write_single_map(const HostFacts& facts) {
  Outcome outcome = write_map("self", "setgroups", "deny");
  return outcome.code != 0 ? outcome : write_maps("self", maps_for(Identity::kI3, facts));
}

ProbeItem question_of(Identity identity) {
  return identity == Identity::kI1   ? ProbeItem::kHelperMap
         : identity == Identity::kI2 ? ProbeItem::kNewidmap
                                     : ProbeItem::kSingleMap;
}

// Tried in this order: our own map needs capabilities, newuidmap needs delegated ids, and one id is
// what everybody has.
std::vector<Identity> worth_trying(const HostFacts& facts, const RungRequest& request) {
  if (request.identity) return {*request.identity};
  std::vector<Identity> order;
  if (facts.capabilities.has_all(map_writing_capabilities())) order.push_back(Identity::kI1);
  if (facts.has_newidmap && !facts.sub_uids.empty() && !facts.sub_gids.empty()) {
    order.push_back(Identity::kI2);
  }
  order.push_back(Identity::kI3);
  return order;
}

// A thread that was joined may still be leaving the kernel, and unshare(2) would refuse us because
// of it. /proc/self/task has one link for each thread, and two more.
void wait_for_threads_to_go() {
  constexpr int kPatience = 10000;  // rounds of 100 us: one second
  for (int i = 0; i < kPatience; ++i) {
    struct stat tasks {};
    if (::stat("/proc/self/task", &tasks) < 0 || tasks.st_nlink <= 3) return;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

// The first map that can be written is the one we keep.
void enter_user_namespace(Probe& probe, const RungRequest& request) {
  MapHelper helper(probe.facts);  // before unshare: it must stay outside
  wait_for_threads_to_go();
  int code = ::unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ? errno : 0;
  probe.add(ProbeItem::kUserNamespace, code);
  if (code != 0) return;
  for (Identity identity : worth_trying(probe.facts, request)) {
    Outcome outcome =
        identity == Identity::kI3 ? write_single_map(probe.facts) : helper.write(identity);
    probe.add(question_of(identity), outcome.code, outcome.detail);
    if (outcome.code == 0) return;
  }
}

// The map may give us another number than 0, e.g. for a container's user that has capabilities.
void become_root_inside() {
  if (::setresgid(0, 0, 0) < 0) throw Error::from_errno(errno, "become group 0 of the namespace");
  if (::setresuid(0, 0, 0) < 0) throw Error::from_errno(errno, "become root of the namespace");
}

std::vector<std::string> notes_on(Identity identity, const Probe& probe) {
  if (identity != Identity::kI3) return {};
  const HostFacts& facts = probe.facts;
  const ProbeResult* tried = probe.find(ProbeItem::kNewidmap);
  std::string user = facts.user.empty() ? fmt::format("uid {}", facts.uid) : facts.user;
  std::string why = tried != nullptr      ? "newuidmap failed: " + tried->detail
                    : !facts.has_newidmap ? std::string("newuidmap is not installed")
                                          : fmt::format("{} has no subordinate ids", user);
  return {
      fmt::format("only one user id is available ({}): packages that chown to other users will "
                  "fail; {}",
                  why, how_to_get_ids(facts))};
}

}  // namespace

BuilderNamespace enter_builder_namespace(const RungRequest& request) {
  ErrorContext while_here([] { return std::string("entering the builder's namespace"); });
  BuilderNamespace builder;
  builder.probe.facts = read_host_facts();
  const HostFacts& facts = builder.probe.facts;
  bool stay = is_real_root(facts) && request.identity.value_or(Identity::kI0) == Identity::kI0;
  // Real root needs no user namespace: only its mounts must stay its own.
  if (stay) {
    if (::unshare(CLONE_NEWNS) < 0) throw Error::from_errno(errno, "unshare the mount namespace");
  } else {
    enter_user_namespace(builder.probe, request);
  }
  builder.identity = choose_identity(builder.probe, request);
  if (!stay) become_root_inside();
  // Mounts and unmounts of the host still reach us, so that we keep none of its disks busy; our own
  // mounts stay here.
  sys::set_propagation("/", MS_SLAVE);
  Maps maps = maps_for(builder.identity, facts);
  builder.uid_map = std::move(maps.uids);
  builder.gid_map = std::move(maps.gids);
  // Denied with a single id, and below a namespace in which it is denied.
  builder.may_set_groups = sys::read_file("/proc/self/setgroups") == "allow\n";
  builder.notes = notes_on(builder.identity, builder.probe);
  return builder;
}

}  // namespace cairn::sandbox
