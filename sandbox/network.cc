// SPDX-License-Identifier: Apache-2.0
//
// The builder's side: slots that are prepared, lent or idle, each with a channel to its guardian. A
// returned slot is asked whether it is clean; the answer is read when the slot is lent again, so
// nobody waits for it. The mutex is never held while waiting for a guardian, since a helper takes
// milliseconds to seconds.
#include "sandbox/network.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/attempt.h"
#include "base/error.h"
#include "sandbox/internal/message.h"
#include "sandbox/internal/network_keeper.h"
#include "sandbox/internal/network_messages.h"

namespace cairn::sandbox {
namespace {

std::uint32_t last_id(const IdMap& map) {
  constexpr std::uint32_t kLastGroup = 2147483647;  // the most that ping_group_range takes
  std::uint64_t last = 0;
  for (const IdMapEntry& entry : map) {
    last = std::max<std::uint64_t>(last, std::uint64_t{entry.inside} + entry.count - 1);
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(last, kLastGroup));
}

// Returns false if the guardian is gone: then its slot is lost.
bool try_send(const sys::Fd& channel, std::string_view text) {
  return best_effort([&] { send_message(channel, text, {}); });
}

// Asks for a new guardian and returns our end of its channel.
sys::Fd request_network(const sys::Fd& control, const NetworkRequest& request) {
  auto [ours, theirs] = sys::make_socket_pair(SOCK_SEQPACKET);
  send_message(control, text(request), {theirs.get()});
  return std::move(ours);
}

}  // namespace

NetworkLease::~NetworkLease() {
  if (owner_ != nullptr && channel_) owner_->take_back(std::move(channel_), std::move(ns_));
}

void NetworkLease::give(SandboxSpec& spec, StepFds& fds) {
  spec.network = mode_;
  if (mode_ == NetworkMode::kSlot) fds.network = sys::duplicate(ns_);
  if (mode_ == NetworkMode::kOwn) fds.network = std::move(channel_);
}

// On the host's network this is the loopback. Otherwise it is the host's address towards the world,
// at which services that listen on all addresses can be reached. The kernel chooses it when a
// socket is connected, and connecting a UDP socket sends nothing (udp(7)).
std::string NetworkLease::host_address() const {
  if (!is_private()) return "127.0.0.1";
  sys::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  // An address for documentation that no host has (RFC 5737).
  ::inet_pton(AF_INET, "203.0.113.1", &address.sin_addr);
  socklen_t size = sizeof address;
  char text[INET_ADDRSTRLEN] = {};
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) < 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) < 0 ||
      ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text) == nullptr) {
    return kStepGateway;  // a host without a route cannot be reached at any address
  }
  return text;
}

std::unique_ptr<Networks> Networks::start(const BuilderNamespace& builder) {
  std::unique_ptr<Networks> networks(new Networks(read_network_facts()));
  networks->note_ = network_note(networks->facts_);
  if (!networks->note_.empty()) return networks;
  auto [ours, theirs] = sys::make_socket_pair(SOCK_SEQPACKET);
  networks->keeper_ = start_network_keeper(ours, std::move(theirs), networks->facts_.helpers,
                                           last_id(builder.gid_map));
  networks->control_ = std::move(ours);
  return networks;
}

Networks::~Networks() = default;  // kills the keeper and waits until all below it are gone

Networks::Slot Networks::begin_slot() const {
  return {.channel = request_network(control_, {.helper = helper_, .of_step = false}),
          .ns = {},
          .helper = helper_};
}

void Networks::prepare() {
  std::lock_guard lock(mutex_);
  if (note_.empty() && prepared_.empty() && idle_.empty()) prepared_.push_back(begin_slot());
}

NetworkLease Networks::lease(bool insecure) {
  // An earlier note says why there are no private networks; all steps share the host's then.
  if (!note_.empty()) return NetworkLease(NetworkMode::kHostClosed);
  std::string trouble;
  std::optional<Slot> slot = take_idle();
  if (!slot) slot = take_new(trouble);
  if (!slot) return NetworkLease(NetworkMode::kHostClosed, std::move(trouble));
  NetworkLease lease(NetworkMode::kSlot, std::move(slot->channel), std::move(slot->ns), this);
  if (!insecure) return lease;
  // The slot proves that the helper works. It goes back to the idle ones for the next step.
  std::lock_guard lock(mutex_);
  sys::Fd channel = request_network(control_, {.helper = helper_, .of_step = true});
  return NetworkLease(NetworkMode::kOwn, std::move(channel), sys::Fd(), nullptr);
}

// Closing a channel ends its guardian.
void Networks::end_idle() {
  std::lock_guard lock(mutex_);
  prepared_.clear();
  idle_.clear();
}

// Takes the slot that came back last. If the last step left something, its guardian has closed the
// channel.
std::optional<Networks::Slot> Networks::take_idle() {
  while (true) {
    Slot slot;
    {
      std::lock_guard lock(mutex_);
      if (idle_.empty()) return std::nullopt;
      slot = std::move(idle_.back());
      idle_.pop_back();
    }
    std::optional<Message> answer = receive_message(slot.channel);
    if (answer && answer->bytes == kNetworkClean) return slot;
  }
}

// Tries the helpers in order; one that failed is not tried again.
std::optional<Networks::Slot> Networks::take_new(std::string& trouble) {
  while (true) {
    Slot slot;
    {
      std::lock_guard lock(mutex_);
      if (helper_ >= facts_.helpers.size()) return std::nullopt;
      if (prepared_.empty()) {
        slot = begin_slot();
      } else {
        slot = std::move(prepared_.back());
        prepared_.pop_back();
      }
    }
    std::optional<Message> answer = receive_message(slot.channel);
    if (answer && answer->bytes == kNetworkReady && answer->fds.size() == 1) {
      slot.ns = std::move(answer->fds[0]);
      return slot;
    }
    std::string failure = answer ? answer->bytes : "the process that connects networks has died";
    std::lock_guard lock(mutex_);
    // Another step may have given up on this helper while we waited for it.
    if (helper_ != slot.helper) continue;
    // A failure that is not the helper's fault is the same for each, so say it once.
    if (failure != failures_) failures_ += (failures_.empty() ? "" : "; ") + failure;
    if (++helper_ < facts_.helpers.size()) continue;
    trouble = network_note(facts_, failures_);
    return std::nullopt;
  }
}

void Networks::take_back(sys::Fd channel, sys::Fd ns) {
  if (!try_send(channel, kAskIfClean)) return;
  std::lock_guard lock(mutex_);
  idle_.push_back({.channel = std::move(channel), .ns = std::move(ns)});
}

}  // namespace cairn::sandbox
