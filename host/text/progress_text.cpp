// host/text/progress_text.cpp - trajectories, speed, and the time that is left.
#include "host/text/progress_text.hpp"

#include <fmt/format.h>

#include "host/text/table.hpp"

namespace cristae {

std::string progress_text(u64 done, u64 total, Total kind, u64 events, double seconds) {
  auto text = fmt::format("{} of {}{} trajectories, {} events/s", done,
                          kind == Total::at_most ? "at most " : "", total,
                          short_count(seconds > 0 ? static_cast<double>(events) / seconds : 0));
  if (kind == Total::exact && done > 0 && done <= total)
    text += fmt::format(", {} left", short_duration(seconds * static_cast<double>(total - done) /
                                                    static_cast<double>(done)));
  return text;
}

}  // namespace cristae
