#include "pool.h"

#include "ckernels.h"
#include "cores.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
static inline void rest() { _mm_pause(); }
#else
static inline void rest() { std::this_thread::yield(); }
#endif

namespace ck {
namespace {

using Clock = std::chrono::steady_clock;

// A thread that waits for work spins over the gaps between steps: each sleep lets the scheduler wake it on the core
// of the thread that calls.
constexpr auto patience_for_work = std::chrono::milliseconds(5);
// The caller waits for others as long as its own part took, and this much longer, before it sleeps: when one of them
// has lost its core to another program, the caller's is free for it then.
constexpr auto patience_for_others = std::chrono::microseconds(50);
// When one of the threads had to wait for a core longer than happens on an idle machine, the caller does without the
// others for a while, twice as long each time: its speed is then that of one thread on a core of its own, and not
// that of the scheduler's time slices.
constexpr auto shortest_solo = std::chrono::milliseconds(8), longest_solo = std::chrono::milliseconds(512);
constexpr auto look_every = std::chrono::milliseconds(20);
// The part of the time that a thread waits for a core.
constexpr double delay_of_contention = 0.35;
// So many looks without contention, and it counts as over.
constexpr int quiet_looks = 50;

// For a microsecond or so.
template <class Condition> bool spin_briefly(Condition &&holds) {
  for (int i = 0; i < 64; ++i) {
    if (holds()) return true;
    rest();
  }
  return false;
}

template <class Condition> bool spin_until(std::chrono::nanoseconds patience, Condition &&holds) {
  if (spin_briefly(holds)) return true;
  auto end = Clock::now() + patience;
  do {
    for (int i = 0; i < 32; ++i) {
      if (holds()) return true;
      rest();
    }
    // The core may be shared with the thread that is waited for.
    std::this_thread::yield();
  } while (Clock::now() < end);
  return holds();
}

struct Beside {
  void (*work)(void *) = nullptr;
  void *context = nullptr;
};
thread_local Beside beside;

thread_local int32_t index_of_thread = 0;
std::atomic<int32_t> threads_of_pool{1};

class Pool {
 public:
  explicit Pool(int32_t threads)
      : shares(static_cast<size_t>(threads)), delays(static_cast<size_t>(threads)), delays_before(delays.size()) {
    for (int32_t i = 1; i < threads; ++i) workers.emplace_back([this, i] { work(i); });
  }

  ~Pool() {
    call.stops.store(true);
    {
      std::lock_guard guard(lock);
      call.number.fetch_add(1);
    }
    called.notify_all();
    for (auto &worker : workers) worker.join();
  }

  int32_t threads() const { return static_cast<int32_t>(shares.size()); }

  // False where the others are left alone for now.
  bool run(int64_t pieces, void (*piece)(void *, int64_t), void *context) {
    auto start = Clock::now();
    if (start < solo_end) return false;
    if (start >= next_look && look(start)) return false;
    call.function.store(piece, std::memory_order_relaxed);
    call.argument.store(context, std::memory_order_relaxed);
    call.count.store(pieces, std::memory_order_relaxed);
    call.core.store(current_core(), std::memory_order_relaxed);
    done.store(0, std::memory_order_relaxed);
    uint64_t next = call.number.load(std::memory_order_relaxed) + 1;
    int32_t all = threads();
    for (int32_t i = 0; i < all; ++i)
      shares[static_cast<size_t>(i)].ticket.store(
          ticket(next, pieces * i / all, pieces * (i + 1) / all), std::memory_order_release);
    call.number.store(next);
    if (sleepers.load() > 0) {
      // A thread that is about to sleep holds the lock from its last look at the number of calls on.
      { std::lock_guard guard(lock); }
      called.notify_all();
    }
    finish_beside();
    take_pieces(0, next);
    auto are_done = [&] { return done.load() == pieces; };
    // Most calls end before it is worth asking what time it is.
    if (spin_briefly(are_done)) return true;
    if (spin_until(Clock::now() - start + patience_for_others, are_done)) return true;
    std::unique_lock guard(lock);
    waits.store(true);
    finished.wait(guard, are_done);
    waits.store(false);
    return true;
  }

 private:
  // Each thread has a share of a call's pieces, the same in every call, so that it finds in its cache what it left
  // there; one that is through with its own goes on with the others'. A ticket holds the number of the call, the
  // next piece and the end of the share: one word, so that a thread that comes late to a call cannot take a piece
  // of the next, and whoever takes a piece keeps the call from ending before it has looked at what the call is.
  struct alignas(64) Share {
    std::atomic<uint64_t> ticket{0};
  };
  static constexpr int bits = 20;
  static constexpr uint64_t low = (1ull << bits) - 1;
  static uint64_t ticket(uint64_t call, int64_t next, int64_t end) {
    return call << (2 * bits) | static_cast<uint64_t>(next) << bits | static_cast<uint64_t>(end);
  }
  std::vector<Share> shares;
  // What threads that wait look at, and what they come to know by it, is one line of the cache; what they write are others.
  struct alignas(64) Call {
    std::atomic<uint64_t> number{0};
    std::atomic<void (*)(void *, int64_t)> function{nullptr};
    std::atomic<void *> argument{nullptr};
    std::atomic<int64_t> count{0};
    std::atomic<int32_t> core{-1};  // of the caller
    std::atomic<bool> stops{false};
  } call;
  alignas(64) std::atomic<int64_t> done{0};
  alignas(64) std::atomic<int> sleepers{0};
  std::atomic<bool> waits{false};
  Clock::duration solo = shortest_solo;
  Clock::time_point solo_end{}, last_look{}, next_look{};
  // Of each thread but the caller, and what they were when last looked at, the caller's among them.
  std::vector<std::atomic<const RunDelay *>> delays;
  std::vector<int64_t> delays_before;
  const RunDelay *caller_before = nullptr;
  int quiet = 0;

  void go_solo(Clock::time_point now) {
    quiet = 0;
    solo_end = now + solo;
    next_look = solo_end;
    solo = std::min<Clock::duration>(2 * solo, longest_solo);
  }

  // Whether other programs have been on the threads' cores since the last look.
  bool look(Clock::time_point now) {
    thread_local RunDelay own;
    delays[0].store(&own);
    bool is_first = last_look < solo_end || last_look == Clock::time_point{} || caller_before != &own;
    int64_t longest = 0;
    for (size_t i = 0; i < delays.size(); ++i) {
      const RunDelay *delay = delays[i].load();
      int64_t total = delay ? delay->read() : 0;
      longest = std::max(longest, total - delays_before[i]);
      delays_before[i] = total;
    }
    std::chrono::duration<double, std::nano> time = now - last_look;
    caller_before = &own;
    last_look = now;
    next_look = now + look_every;
    if (is_first) return false;
    if (static_cast<double>(longest) >= delay_of_contention * time.count()) return go_solo(now), true;
    if (++quiet == quiet_looks) solo = shortest_solo;
    return false;
  }

  std::mutex lock;
  std::condition_variable called, finished;
  std::vector<std::thread> workers;

  void take_pieces(int32_t self, uint64_t number) {
    int32_t all = threads();
    for (int32_t i = 0; i < all; ++i) {
      auto &share = shares[static_cast<size_t>((self + i) % all)].ticket;
      int64_t taken = 0;
      for (;;) {
        uint64_t now = share.load(std::memory_order_acquire);
        uint64_t next = now >> bits & low;
        if (now >> (2 * bits) != (number & (~0ull >> (2 * bits)))) return;
        if (next >= (now & low)) break;
        if (!share.compare_exchange_weak(now, now + (1ull << bits), std::memory_order_acq_rel)) continue;
        call.function.load(std::memory_order_relaxed)(
            call.argument.load(std::memory_order_relaxed), static_cast<int64_t>(next));
        ++taken;
      }
      report(taken);
    }
  }

  // Pieces that a thread has done, of one share together: every word that threads write in turns costs a way between cores.
  void report(int64_t taken) {
    if (taken == 0) return;
    int64_t pieces = call.count.load(std::memory_order_relaxed);
    if (done.fetch_add(taken) + taken != pieces || !waits.load()) return;
    { std::lock_guard guard(lock); }
    finished.notify_one();
  }

  void work(int32_t self) {
    index_of_thread = self;
    RunDelay delay;
    delays[static_cast<size_t>(self)].store(&delay);
    Clock::time_point next_move{};
    uint64_t seen = 0;
    for (;;) {
      auto is_called = [&] { return call.number.load() != seen; };
      if (!spin_until(patience_for_work, is_called)) {
        std::unique_lock guard(lock);
        sleepers.fetch_add(1);
        called.wait(guard, is_called);
        sleepers.fetch_sub(1);
      }
      if (call.stops.load()) return;
      seen = call.number.load(std::memory_order_acquire);
      // A thread that slept is often woken on the core of the one that woke it, and both then take turns there.
      int32_t core = current_core();
      if (core >= 0 && core == call.core.load(std::memory_order_relaxed) && Clock::now() >= next_move) {
        leave_core(core);
        next_move = Clock::now() + look_every;
      }
      take_pieces(self, seen);
    }
  }
};

// Never destroyed: the process may end while its threads wait.
std::unique_ptr<Pool> &pool() {
  static auto *shared = new std::unique_ptr<Pool>;
  return *shared;
}

thread_local bool is_alone = false;

// Calls from several threads take turns; a call from within a piece runs on its own thread.
std::atomic_flag busy = ATOMIC_FLAG_INIT;

}  // namespace

int32_t thread_index() { return index_of_thread; }
int32_t thread_count() { return threads_of_pool.load(std::memory_order_relaxed); }

void do_beside(void (*work)(void *), void *context) { beside = {work, context}; }
void finish_beside() {
  if (!beside.work) return;
  Beside now = beside;
  beside = {};
  now.work(now.context);
}

Alone::Alone() : before(is_alone) { is_alone = true; }
Alone::~Alone() { is_alone = before; }

void run_pieces(int64_t count, void (*piece)(void *, int64_t), void *context) {
  if (count > 1 && !is_alone && !busy.test_and_set(std::memory_order_acquire)) {
    bool ran = pool() && pool()->run(count, piece, context);
    busy.clear(std::memory_order_release);
    if (ran) return;
  }
  for (int64_t i = 0; i < count; ++i) piece(context, i);
}

}  // namespace ck

void ck_set_threads(int32_t threads) {
  while (ck::busy.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  auto &pool = ck::pool();
  ck::threads_of_pool.store(threads > 1 ? threads : 1);
  if (threads != (pool ? pool->threads() : 1)) pool = threads > 1 ? std::make_unique<ck::Pool>(threads) : nullptr;
  ck::busy.clear(std::memory_order_release);
}
