// SPDX-License-Identifier: Apache-2.0
//
// Sets of capabilities as values (capabilities(7)), and how a process gives up all others for good.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

namespace cairn::sandbox {

class CapabilitySet {
 public:
  CapabilitySet() = default;
  explicit CapabilitySet(std::uint64_t bits) : bits_(bits) {}
  CapabilitySet(std::initializer_list<int> capabilities) {  // CAP_CHOWN, ...
    for (int capability : capabilities) bits_ |= std::uint64_t{1} << capability;
  }

  bool has(int capability) const { return (bits_ >> capability & 1) != 0; }
  bool has_all(CapabilitySet others) const { return (others.bits_ & ~bits_) == 0; }
  std::uint64_t bits() const { return bits_; }
  bool operator==(const CapabilitySet&) const = default;

 private:
  std::uint64_t bits_ = 0;
};

// The fourteen capabilities that docker gives to a container, and BuildKit to a RUN.
CapabilitySet default_capabilities();
// What a process must have to count as real root here. CAP_SYS_RESOURCE and others may be missing.
CapabilitySet real_root_capabilities();
// What a process needs to write a map of ids other than its own, including uid 0.
CapabilitySet map_writing_capabilities();
CapabilitySet effective_capabilities();  // of this process

// Drops all but `keep` from the bounding set, so that no program executed later can gain them.
void limit_bounding_set(CapabilitySet keep);
// Sets the permitted and effective sets to `held`. The inheritable and ambient sets become empty,
// or `held` with kYes: then a program of any user starts with them.
enum class Ambient { kNo, kYes };
void hold_capabilities(CapabilitySet held, Ambient ambient = Ambient::kNo);

}  // namespace cairn::sandbox
