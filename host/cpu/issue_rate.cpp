// host/cpu/issue_rate.cpp - the best of a few repeats, by the clock of the thread.
#include "host/cpu/issue_rate.hpp"

#include <time.h>

#include <algorithm>

namespace cristae {

#if defined(__x86_64__)
namespace {

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

double vector_instructions_per_second(std::string const& isa) {
  if (isa != "avx512") return 0;
  constexpr u64 rounds = 50000;
  double least = 1;
  for (int repeat = 0; repeat < 20; ++repeat) {
    alignas(64) float values[256];
    std::fill(std::begin(values), std::end(values), 1.0f);
    double const start = thread_seconds();
    cpu::issue_avx512(values, rounds);
    least = std::min(least, thread_seconds() - start);
  }
  return 64.0 * rounds / least;
}
#else
double vector_instructions_per_second(std::string const&) { return 0; }
#endif

}  // namespace cristae
