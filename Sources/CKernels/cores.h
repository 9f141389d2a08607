// What the system tells of the cores that threads run on.
#pragma once

#include <cstdint>

namespace ck {

// The account of the thread that made it.
class RunDelay {
 public:
  RunDelay();
  ~RunDelay();
  RunDelay(const RunDelay &) = delete;
  RunDelay &operator=(const RunDelay &) = delete;
  // Nanoseconds in which the thread could have run and had no core; 0 where the system does not tell.
  int64_t read() const;

 private:
  int file;
};

// The core of the calling thread; -1 where the system does not tell.
int32_t current_core();

// Moves the calling thread to another core, where it may use one. The scheduler is free to move it again.
void leave_core(int32_t core);

}  // namespace ck
