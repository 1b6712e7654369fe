// SPDX-License-Identifier: Apache-2.0
//
// A counter and a condition variable. The share of an allocation is stored in front of it, as
// malloc(3) implementations do, so that freeing needs no map. A small allocation has an empty
// share.
#include "base/window_memory.h"

#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>

#include "base/limits.h"

namespace cairn {
namespace {

struct Budget {
  std::mutex mutex;
  std::condition_variable freed;
  std::size_t used = 0;
};

Budget& budget() {
  static Budget all;
  return all;
}

// A share of the budget, returned by the destructor.
class Share {
 public:
  explicit Share(std::size_t bytes) : bytes_(bytes) {
    Budget& all = budget();
    std::unique_lock lock(all.mutex);
    // A window larger than the bound gets its turn when no other is in use.
    all.freed.wait(lock, [&] { return all.used == 0 || all.used + bytes_ <= limits::kAllWindows; });
    all.used += bytes_;
  }
  ~Share() {
    Budget& all = budget();
    {
      std::lock_guard lock(all.mutex);
      all.used -= bytes_;
    }
    all.freed.notify_all();
  }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

 private:
  std::size_t bytes_;
};

// Aligned as malloc(3) aligns, because the caller's memory follows it.
struct alignas(std::max_align_t) Header {
  std::unique_ptr<Share> share;
};

}  // namespace

void* allocate_window(void*, std::size_t bytes) {
  std::unique_ptr<Share> share;
  if (bytes > limits::kSmallWindow) share = std::make_unique<Share>(bytes);
  void* memory = std::malloc(sizeof(Header) + bytes);
  if (memory == nullptr) return nullptr;
  return new (memory) Header{std::move(share)} + 1;
}

void free_window(void*, void* memory) {
  if (memory == nullptr) return;
  Header* header = static_cast<Header*>(memory) - 1;
  header->~Header();
  std::free(header);
}

}  // namespace cairn
