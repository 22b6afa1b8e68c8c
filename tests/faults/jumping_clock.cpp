// tests/faults/jumping_clock.cpp - preloaded: the time of day jumps by hours, forth and back, at every look.
//
// As an operator or a time server may set it. Clocks that only go on are left alone, as they are there.
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

#include <atomic>

namespace {

std::atomic<unsigned> looks{0};

long jump() {
  static constexpr long hours[] = {0, 30, -7, 9000, -9000, 1};
  return 3600 * hours[looks++ % 6];
}

}  // namespace

extern "C" {
int clock_gettime(clockid_t clock, timespec* now) noexcept {
  using Look = int (*)(clockid_t, timespec*);
  static auto const look = reinterpret_cast<Look>(dlsym(RTLD_NEXT, "clock_gettime"));
  int const outcome = look(clock, now);
  if (outcome == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    now->tv_sec += jump();
  return outcome;
}

time_t time(time_t* to) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (to != nullptr) *to = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(timeval* to, void*) noexcept {
  timespec now{};
  int const outcome = clock_gettime(CLOCK_REALTIME, &now);
  *to = {now.tv_sec, now.tv_nsec / 1000};
  return outcome;
}
}
