// SPDX-License-Identifier: Apache-2.0
//
// How several processes use one store while any of them collects garbage.
//
// Each process that finds or makes something has a file ROOT/tmp/lease-XXXXXX. The process holds an
// flock(2) on it, which the kernel releases when the process dies, and appends its pins to it: the
// snapshots, blobs and images it goes on to use, one per line. What the process is making is in a
// directory ROOT/tmp/work-XXXXXX with the same suffix, created when needed: on ext4, making a
// directory costs more than a whole build that is cached.
//
// The gate, a lock on ROOT/lock, makes a lookup and its pin atomic. A lookup holds it shared from
// before the look until the pin is written, which takes microseconds. A collection holds it
// exclusively, from before it reads other processes' leases until everything it removes has lost
// its name on disk and its row. So a lookup comes either before a collection, which then sees the
// pin, or after it, and finds nothing. A collection waits for lookups, never for builds.
//
// Order of locks: the layout's lock, the database's write lock, the gate. Inside the gate, a thread
// may read the database and waits for nothing else.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <unordered_set>

#include "base/sys/fd.h"
#include "store/internal/uses.h"

namespace cairn::store {

enum class PinKind : char { kSnapshot = 's', kBlob = 'b', kImage = 'i' };

// Snapshots by id, blobs by hex digest, images by digest.
struct Pins {
  std::unordered_set<std::string> snapshots;
  std::unordered_set<std::string> blobs;
  std::unordered_set<std::string> images;
};

// Thread-safe.
class Lease {
 public:
  // Pins nothing: for a read-only store, which nobody can change.
  Lease() = default;
  explicit Lease(std::string root);
  ~Lease();
  Lease(const Lease&) = delete;

  // This process's directory in tmp/, created by the first call; the destructor removes it and its
  // content.
  const std::string& work_dir();

  // Runs `is_there`, which looks something up and may only read. If it returns true, pins the
  // object until this process ends. Returns its result.
  template <typename Look>
  bool keep(PinKind kind, const std::string& name, Look is_there) {
    if (only_looks() || is_pinned(kind, name)) return is_there();
    Entry inside(*this);
    bool there = is_there();
    if (there) pin(kind, name);
    return there;
  }
  // Pins an object that is about to be made.
  void keep_new(PinKind kind, const std::string& name) {
    keep(kind, name, [] { return true; });
  }

  // While one lives, lookups of this thread pin nothing: for listing everything.
  class Look {
   public:
    explicit Look(const Lease& lease) : before_(std::exchange(looking_, &lease)) {}
    ~Look() { looking_ = before_; }
    Look(const Look&) = delete;

   private:
    const Lease* before_;
  };

  // Holds the gate exclusively; waits for threads inside it.
  class Shut {
   public:
    explicit Shut(Lease& lease);

   private:
    Look look_;
    sys::Fd lock_;
  };

  // What other processes have pinned. Call it with the gate shut.
  Pins pins_of_others() const;

 private:
  // Holds the gate shared.
  class Entry {
   public:
    explicit Entry(Lease& lease) : lease_(lease) { lease_.enter(); }
    ~Entry() { lease_.leave(); }
    Entry(const Entry&) = delete;

   private:
    Lease& lease_;
  };

  bool only_looks() const { return root_.empty() || looking_ == this; }
  bool is_pinned(PinKind kind, const std::string& name) const;
  void pin(PinKind kind, const std::string& name);
  void enter();
  void leave();
  void begin();  // creates the lease file

  static thread_local const Lease* looking_;

  std::string root_;
  sys::Fd gate_;
  std::mutex gate_mutex_;
  int inside_ = 0;
  mutable std::mutex mutex_;
  std::string id_;  // XXXXXX
  std::string work_dir_;
  sys::Fd file_;
  std::unordered_set<std::string> pinned_;  // the lines of the file
};

}  // namespace cairn::store
