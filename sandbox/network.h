// SPDX-License-Identifier: Apache-2.0
//
// The network of a step. By default this is a network namespace of its own, connected to the world
// in user space by a helper program, without a way to the host's loopback. If no helper works, it
// is the host's network, closed to abstract sockets if the kernel can.
//
// Namespace and helper form a slot: made once, lent to one step at a time, and lent again if the
// step has left nothing in it. What could a step leave? Its processes and their sockets die with
// its pid namespace. It has no rights over the namespace (its user namespace is below the owner's),
// so addresses, routes and settings stay. Connections that outlive their process (TIME_WAIT) are
// counted, and a slot that has any is thrown away. An insecure step owns its network, as in docker,
// so it gets one that no other step has.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/sys/fd.h"
#include "base/sys/process.h"
#include "sandbox/builder_namespace.h"
#include "sandbox/network_helper.h"
#include "sandbox/spec.h"

namespace cairn::sandbox {

class Networks;

// A step's share of the network, for as long as it runs.
class NetworkLease {
 public:
  // The host's network; `mode` is kHost or kHostClosed. For `trouble` see trouble().
  explicit NetworkLease(NetworkMode mode, std::string trouble = {})
      : mode_(mode), trouble_(std::move(trouble)) {}
  NetworkLease(NetworkLease&& other) noexcept = default;
  NetworkLease& operator=(NetworkLease&&) = delete;
  ~NetworkLease();  // gives a slot back

  // Gives the network to its step. Call it once.
  void give(SandboxSpec& spec, StepFds& fds);
  bool is_private() const { return mode_ == NetworkMode::kSlot || mode_ == NetworkMode::kOwn; }
  // The address inside that forwards to a resolver on the host's loopback; "" on the host's
  // network.
  std::string resolver() const { return is_private() ? kStepResolver : ""; }
  // The address at which the step reaches the host: "host-gateway" of --add-host.
  std::string host_address() const;
  // Why there is no private network; only for the first step affected, otherwise "".
  const std::string& trouble() const { return trouble_; }

 private:
  friend class Networks;
  NetworkLease(NetworkMode mode, sys::Fd channel, sys::Fd ns, Networks* owner)
      : mode_(mode), channel_(std::move(channel)), ns_(std::move(ns)), owner_(owner) {}

  NetworkMode mode_;
  sys::Fd channel_;  // to the guardian of the network, which ends when it closes
  sys::Fd ns_;
  Networks* owner_ = nullptr;
  std::string trouble_;
};

// Thread-safe. Must outlive its leases. The destructor waits until all helpers are gone.
class Networks {
 public:
  // Forks, so call it in the builder's namespace and before any thread. Makes no network yet.
  static std::unique_ptr<Networks> start(const BuilderNamespace& builder);
  ~Networks();

  // A note for the user if steps share the host's network; otherwise "".
  const std::string& note() const { return note_; }
  // Starts making the first slot, without waiting for it.
  void prepare();
  // Blocks, for a first slot some milliseconds. An insecure step gets a network of its own.
  NetworkLease lease(bool insecure);
  // Ends the slots that are not lent, without waiting: a helper takes tens of milliseconds to end
  // (the kernel's rcu_barrier() for its device). A later lease() makes a new slot.
  void end_idle();

 private:
  struct Slot {
    sys::Fd channel;
    sys::Fd ns;
    std::size_t helper = 0;
  };
  friend class NetworkLease;
  explicit Networks(NetworkFacts facts) : facts_(std::move(facts)) {}
  Slot begin_slot() const;
  std::optional<Slot> take_idle();
  std::optional<Slot> take_new(std::string& trouble);
  void take_back(sys::Fd channel, sys::Fd ns);

  const NetworkFacts facts_;
  std::string note_;
  sys::Process keeper_;
  sys::Fd control_;

  std::mutex mutex_;
  std::size_t helper_ = 0;  // into facts_.helpers; those before it have failed
  std::vector<Slot> prepared_;
  std::vector<Slot> idle_;  // each has yet to answer kAskIfClean
  std::string failures_;
};

}  // namespace cairn::sandbox
