// tests/support/event_networks.hpp - a small network with triggered events of every kind.
#pragma once

#include <string>

#include "host/io/network_reader.hpp"

namespace cristae::test {

/// A protein that is made in bursts, and what events do to it.
inline constexpr char const* event_network_text = R"toml(
[network]
name = "cell"
time_unit = "h"
[parameters]
k = { value = 20, bounds = [0, 1e4] }
d = 0.4
low = 20
next = 5
[species]
M = 3
P = 40
Q = 0
n = 0
[rules]
share = "P / (P + Q + 1)"
[reactions]
transcribe = { equation = "0 -> M", mass_action = "k" }
translate = { equation = "M -> M + P", mass_action = "6 * d" }
turn = { equation = "P -> Q", rate = "d * hill(P, low, 2) * P" }
loss_M = { equation = "M -> 0", mass_action = "d * 2" }
loss_P = { equation = "P -> 0", mass_action = "d" }
loss_Q = { equation = "Q -> 0", mass_action = "d / 3" }
[events]
EVENTS
[conditions.shifted]
at = [{ time = 2, set = { k = 60 } }, { time = 6, set = { k = 10 }, add = { P = 30 } }]
[run]
t_end = 12
sample_every = 0.5
)toml";

/// Sums of copy numbers against numbers, at once and delayed.
inline constexpr char const* threshold_events =
    "halve = { trigger = \"P + 2*Q > 120\", set = { P = \"floor(P / 2)\", n = \"n + 1\" } }\n"
    "refill = { trigger = \"P < 25\", delay = 0.3, set = { P = \"P + 15\" } }\n";
/// Triggers that are no such sums, times, parameters that are set, priorities, withdrawals.
inline constexpr char const* events_of_every_kind =
    "ratio = { trigger = \"share < 0.5 or sqrt(M) > 6\", set = { Q = \"floor(Q / 3)\", n = \"n + "
    "1\" } }\n"
    "feed = { trigger = \"time >= next\", set = { next = \"next + 1.7\", M = \"M + 4\" } }\n"
    "slow = { trigger = \"P > 150\", persistent = false, delay = \"0.1 + 0.001 * M\", priority = "
    "\"P\", "
    "values_from_trigger_time = false, set = { k = \"k * 0.75\", low = \"low + 1\", P = \"P - "
    "ceil(P / 4)\" } }\n"
    "recover = { trigger = \"k < 8 and M <= 2\", set = { k = 40 } }\n"
    "rush = { trigger = \"time * k > 100 and Q >= 30\", initial_value = false, set = { M = \"M + "
    "1\" } }\n";

inline Network network_with(char const* events) {
  std::string text = event_network_text;
  text.replace(text.find("EVENTS"), 6, events);
  return read_network_text(text, "cell.toml");
}

}  // namespace cristae::test
