// host/io/run_report.cpp - figures of speed, and the reaction that stands out.
#include "host/io/run_report.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cristae {

ReactionMartingale const* Certificate::worst() const {
  // p is 1 for most of what is likely; there, firings that are few make z large and mean nothing.
  auto const deviation = [](ReactionMartingale const& reaction) {
    auto const firings = static_cast<double>(reaction.firings);
    double const scale = std::sqrt(std::max(firings, reaction.integral));
    return scale > 0 ? std::fabs(firings - reaction.integral) / scale : 0;
  };
  auto const is_more_likely = [&](auto const& a, auto const& b) {
    return a.p_value != b.p_value ? a.p_value > b.p_value : deviation(a) < deviation(b);
  };
  auto const worst = std::max_element(reactions.begin(), reactions.end(), is_more_likely);
  return worst == reactions.end() ? nullptr : &*worst;
}

double RunReport::events_per_second() const {
  return wall_seconds > 0 ? static_cast<double>(simulated_events) / wall_seconds : 0;
}

double RunReport::nanoseconds_per_event_per_core() const {
  return simulated_events > 0 ? wall_seconds * 1e9 * threads / static_cast<double>(simulated_events)
                              : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace cristae
