// tests/cuda/slices.cpp - the memory of a slice, and its launches.
#include "tests/cuda/slices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "cuda/network_cubin.hpp"
#include "host/codegen/network_source.hpp"
#include "host/core/slice.hpp"

namespace cristae::test {
namespace {

constexpr u32 blocks = 2, block_size = 11, threads = blocks * block_size;
constexpr u32 piece_slots = 24;

/// Arrays that hold garbage until something is written to them, as on a device.
class Memory {
 public:
  template <class T>
  T* take(usize count) {
    arrays_.emplace_back((count * sizeof(T) + 7) / 8 + 1, 0xa5a5a5a5a5a5a5a5);
    return reinterpret_cast<T*>(arrays_.back().data());
  }

 private:
  std::vector<std::vector<u64>> arrays_;
};

core::Block block_of(Memory& memory, u32 registers, u32 reactions) {
  core::Block b{};
  b.stride = threads;
  b.registers = memory.take<float>(usize{threads} * registers);
  b.propensities = memory.take<float>(usize{threads} * reactions);
  b.tree = memory.take<float>(usize{threads} * (core::tree_depth(reactions) + 2));
  for (float** array : {&b.left_high, &b.left_low, &b.total, &b.waiting})
    *array = memory.take<float>(threads);
  for (u32** array : {&b.draw_low, &b.draw_high, &b.id_low, &b.id_high, &b.idle, &b.chosen, &b.stop,
                      &b.sample, &b.segment, &b.redraws, &b.row, &b.sister})
    *array = memory.take<u32>(threads);
  b.words = memory.take<u32>(usize{4} * threads);
  b.hash = memory.take<u64>(threads);
  std::fill_n(b.idle, threads, 1u);
  return b;
}

}  // namespace

Kept run_in_slices(PtxModule const& module, RunPlan const& plan, SliceCode code) {
  bool const is_generated = code == SliceCode::generated;
  LawGraph const graph = build_law_graph(*plan.experiment->network);
  Tables const tables(
      graph, plan,
      is_generated ? TableShape{1, false, false} : TableShape{block_size, true, false});
  core::Program const& program = tables.program();
  if (is_generated) {
    auto const constants = network_constants(tables);
    usize bytes = 0;
    void* const at = module.global(cuda::constants_name, bytes);
    if (at == nullptr || bytes < constants.size() * sizeof(float))
      throw std::logic_error("the kernel has no room for its constants");
    std::copy(constants.begin(), constants.end(), static_cast<float*>(at));
  }

  Memory memory;
  u32 const species = program.species;
  u32 const samples = static_cast<u32>(plan.experiment->sample_times.size());
  u32 const pieces = static_cast<u32>((plan.trajectories + piece_slots - 1) / piece_slots);
  usize const slots = usize{pieces} * piece_slots;
  std::vector<core::Piece> piece;
  for (u32 p = 0; p < pieces; ++p) {
    u64 const begun = u64{p} * piece_slots;
    piece.push_back({plan.first + begun, std::min<u64>(piece_slots, plan.trajectories - begun)});
  }
  std::vector<u32> ended(pieces, 0);
  core::Progress progress{};
  progress.limit = slots;
  u32 const registers =
      is_generated ? species + program.schedule.constants + core::event_word_count(program.events)
                   : tables.register_count();
  core::Slice slice{.program = program,
                    .block = block_of(memory, registers, program.reactions),
                    .keys = core::PhiloxKeys(plan.seed),
                    .seed = plan.seed,
                    .max_events = plan.max_events,
                    .samples = samples,
                    .pairs = 0,
                    .registers = registers,
                    .own_rows = 0,
                    .first = plan.first,
                    .per_set = ~u64{0},
                    .sisters = plan.experiment->sisters,
                    .pieces = pieces,
                    .piece_slots = piece_slots,
                    .piece = piece.data(),
                    .ended = ended.data(),
                    .progress = &progress,
                    .ends = memory.take<core::End>(slots),
                    .counts = memory.take<float>(slots * samples * species),
                    .last = memory.take<float>(slots * species)};
  void* arguments[] = {&slice};
  u64 const most_slices = 100 + plan.trajectories * plan.max_events;
  for (u64 n = 0; progress.live != 0 || n == 0; ++n) {
    if (n == most_slices) throw std::logic_error("the slices do not come to an end");
    constexpr u32 pairs[] = {1, 2, 7, 1024};
    slice.pairs = pairs[n % std::size(pairs)];
    progress.live = progress.live_events = 0;
    module.launch(module.kernels().at(0), {blocks}, {block_size}, 0, arguments);
  }

  Kept kept;
  for (u32 p = 0; p < pieces; ++p) {
    if (ended[p] != piece[p].count)
      throw std::logic_error(
          fmt::format("{} of {} trajectories of a piece have ended", ended[p], piece[p].count));
    for (usize slot = usize{p} * piece_slots; slot < usize{p} * piece_slots + ended[p]; ++slot) {
      core::End const& end = slice.ends[slot];
      Kept::Trajectory& t = kept.by_id[end.id];
      t.end.id = end.id;
      t.end.status = static_cast<TrajectoryStatus>(end.status);
      t.end.events = end.events;
      t.end.hash = end.hash;
      t.end.samples = end.samples;
      t.samples.resize(usize{species} * samples);
      for (usize k = 0; k < std::min(end.samples, samples); ++k)
        for (usize s = 0; s < species; ++s)
          t.samples[s * samples + k] =
              static_cast<double>(slice.counts[(slot * samples + k) * species + s]);
    }
  }
  return kept;
}

std::string difference(Kept const& got, Kept const& expected, RunPlan const& plan) {
  usize const row = plan.experiment->sample_times.size();
  if (got.by_id.size() != expected.by_id.size())
    return fmt::format("{} trajectories, not {}", got.by_id.size(), expected.by_id.size());
  for (auto const& [id, e] : expected.by_id) {
    auto const found = got.by_id.find(id);
    if (found == got.by_id.end()) return fmt::format("no trajectory {}", id);
    auto const& g = found->second;
    if (g.end.hash != e.end.hash || g.end.events != e.end.events || g.end.status != e.end.status ||
        g.end.samples != e.end.samples)
      return fmt::format(
          "trajectory {}: hash {:016x}, {} events, status {}, {} samples; not {:016x}, {}, {}, {}",
          id, g.end.hash, g.end.events, static_cast<unsigned>(g.end.status), g.end.samples,
          e.end.hash, e.end.events, static_cast<unsigned>(e.end.status), e.end.samples);
    for (usize i = 0; i < e.samples.size(); ++i)
      if (i % row < e.end.samples && g.samples.at(i) != e.samples[i])
        return fmt::format("trajectory {}: {} copies of species {} at sample {}, not {}", id,
                           g.samples[i], i / row, i % row, e.samples[i]);
  }
  return {};
}

}  // namespace cristae::test
