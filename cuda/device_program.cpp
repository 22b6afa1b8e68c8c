// cuda/device_program.cpp - every array of a core::Program, copied.
#include "cuda/device_program.hpp"

namespace cristae::cuda {

template <class T>
void DeviceProgram::move(T const*& array, usize count) {
  arrays_.emplace_back(reinterpret_cast<std::byte const*>(array), count * sizeof(T));
  array = reinterpret_cast<T const*>(arrays_.back().get());
}

DeviceProgram::DeviceProgram(core::Program const& on_host) : program_(on_host) {
  core::Program const& h = on_host;
  u32 guards = 0, segments = 1;
  for (u32 j = 0; j < h.reactions; ++j) guards = std::max(guards, h.terms[j].guard_end);
  for (u32 k = 1; k < h.stops.count; ++k)
    segments += (h.stops.actions[k] & core::stop_changes) != 0 ? 1 : 0;
  u32 const adds = h.schedule.add_begin[segments];
  core::Program& p = program_;
  move(p.ops, h.ops_count);
  move(p.terms, h.reactions);
  move(p.guards, guards);
  move(p.change_begin, h.reactions + 2);
  move(p.changes, h.change_begin[h.reactions + 1]);
  move(p.initial, h.initial_rows * h.hashed);
  move(p.multipliers, h.hashed + 3);
  move(p.stops.interval_high, h.stops.count);
  move(p.stops.interval_low, h.stops.count);
  move(p.stops.actions, h.stops.count);
  move(p.schedule.values, usize{segments} * h.schedule.constants);
  move(p.schedule.add_begin, segments + 1);
  move(p.schedule.add_species, adds);
  move(p.schedule.add_count, adds);
  p.constants = nullptr;  // generated code has its own, in constant memory
}

}  // namespace cristae::cuda
