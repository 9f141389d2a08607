#include "cores.h"

#if defined(__linux__)

#include <cstdlib>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace ck {

RunDelay::RunDelay() : file(open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}
RunDelay::~RunDelay() {
  if (file >= 0) close(file);
}

int64_t RunDelay::read() const {
  char text[64];
  ssize_t count = file < 0 ? -1 : pread(file, text, sizeof text - 1, 0);
  if (count <= 0) return 0;
  text[count] = 0;
  // The time on cores, the time without one, the number of turns.
  char *delay = nullptr;
  strtoll(text, &delay, 10);
  return strtoll(delay, nullptr, 10);
}

int32_t current_core() { return sched_getcpu(); }

void leave_core(int32_t core) {
  cpu_set_t allowed, others;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  others = allowed;
  CPU_CLR(static_cast<size_t>(core), &others);
  if (CPU_COUNT(&others) == 0) return;
  if (sched_setaffinity(0, sizeof others, &others) == 0) sched_setaffinity(0, sizeof allowed, &allowed);
}

}  // namespace ck

#else

namespace ck {
RunDelay::RunDelay() : file(-1) {}
RunDelay::~RunDelay() {}
int64_t RunDelay::read() const { return 0; }
int32_t current_core() { return -1; }
void leave_core(int32_t) {}
}  // namespace ck

#endif
