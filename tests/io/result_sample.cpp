// tests/io/result_sample.cpp - a program that writes hand-made results, for tests of whole processes.
//
//   result_sample PATH [TRAJECTORIES [REPEATS [TIMES]]]
//
// Replaces PATH, as often as asked. Exit code 5 and the error on standard error where that fails.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "host/base/error.hpp"
#include "tests/support/results.hpp"

using namespace cristae;

namespace {

u64 argument(int count, char** values, int i, u64 otherwise) {
  return i < count ? std::strtoull(values[i], nullptr, 10) : otherwise;
}

}  // namespace

int main(int count, char** values) {
  if (count < 2) return 2;
  test::ResultShape shape;
  shape.first = u64{1} << 33;
  shape.trajectories = argument(count, values, 2, shape.trajectories);
  u64 const repeats = argument(count, values, 3, 1);
  shape.times = argument(count, values, 4, shape.times);
  test::MadeResult const made(shape);
  try {
    for (u64 i = 0; i < repeats; ++i) {
      ResultWriter writer(values[1], Overwrite::allow, made.experiment, made.columns, made.first,
                          made.kept);
      made.deliver_all(writer, 16);
      writer.finish(made.report, made.summary);
    }
  } catch (Error const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}
