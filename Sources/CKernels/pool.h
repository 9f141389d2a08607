// The threads that share the pieces of one call.
#pragma once

#include <cstdint>
#include <type_traits>

namespace ck {

// Runs piece(context, i) for every i in 0..<count, each once, on the pool's threads and the caller's.
void run_pieces(int64_t count, void (*piece)(void *context, int64_t index), void *context);

// The number of the calling thread among the pool's; 0 for those that call.
int32_t thread_index();
// The threads that work on one call.
int32_t thread_count();

// Has the calling thread do some work once the pieces of its next call are with the other threads.
void do_beside(void (*work)(void *context), void *context);
// Does it now, where it was not done yet.
void finish_beside();

// While it lives, the calling thread's pieces run on it alone.
class Alone {
 public:
  Alone();
  ~Alone();
  Alone(const Alone &) = delete;
  Alone &operator=(const Alone &) = delete;

 private:
  bool before;
};

template <class Body> void for_each_piece(int64_t count, Body &&body) {
  if (count == 1) return body(0);
  run_pieces(
      count, [](void *context, int64_t index) { (*static_cast<std::remove_reference_t<Body> *>(context))(index); },
      const_cast<void *>(static_cast<const void *>(&body)));
}

}  // namespace ck
