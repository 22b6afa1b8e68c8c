// host/backends/speed_bound.cpp - issue rate over instructions.
#include "host/backends/speed_bound.hpp"

#include <algorithm>

#include "host/backends/backends.hpp"
#include "host/backends/choose_engine.hpp"
#include "host/cpu/cpu_engine.hpp"
#include "host/cpu/issue_rate.hpp"

namespace cristae {
namespace {

/// Of a vector of 16 lanes in the block's half step; benchmarks/where_time_goes counts 450 for vilar
/// (16 reactions), 676 for mitophagy (29), 1148 for isr (56) and 1634 for chain (100).
double instructions_per_vector(u32 reactions) { return 280 + 13.5 * reactions; }
constexpr double lanes_of_a_vector = 16;

}  // namespace

double bound_events_per_second(std::string const& engine, std::string const& isa, u32 reactions,
                               u32 threads) {
  if (engine == "cpu")
    return threads * vector_instructions_per_second(isa) * lanes_of_a_vector /
           instructions_per_vector(reactions);
  if (engine != "cuda") return 0;
  double instructions = 0;
  for (auto const& device : list_devices())
    if (device.engine == engine && device.usable) instructions += device.instructions_per_second;
  return instructions / gpu_instructions_per_event(reactions);
}

std::vector<std::string> cpu_instruction_sets() { return usable_isas(); }

}  // namespace cristae
