// host/cpu/cpu_engine.cpp - threads that each run a block of lanes, and single trajectories beside it.
#include "host/cpu/cpu_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>
#include <optional>
#include <span>
#include <utility>

#include "host/base/large_array.hpp"
#include "host/cpu/generated_kernel.hpp"
#include "host/cpu/kernel.hpp"
#include "host/cpu/pilot.hpp"
#include "host/cpu/trajectory_end.hpp"
#include "host/engine/cells.hpp"
#include "host/engine/in_flight.hpp"
#include "host/engine/piece_queue.hpp"
#include "host/engine/threads.hpp"

namespace cristae {
namespace {

using cpu::BlockSize;
using cpu::Kernel;

Kernel kernel_for(std::string const& isa, BlockSize size) {
#if defined(__x86_64__)
  if (isa == "avx512") return cpu::kernel_avx512(size);
  if (isa == "avx2") return cpu::kernel_avx2(size);
#endif
  return cpu::kernel_portable(size);
}

/// Zeroed, cache-line aligned memory of one thread, handed out piece by piece.
class Arena {
 public:
  explicit Arena(usize bytes) {
    usize const rounded = (bytes + 63) / 64 * 64;
    memory_.reset(static_cast<std::byte*>(std::aligned_alloc(64, rounded)));
    if (!memory_) throw std::bad_alloc();
    std::fill_n(memory_.get(), rounded, std::byte{0});
  }
  template <class T>
  T* take(usize count) {
    usize const at = used_;
    used_ += padded<T>(count);
    return reinterpret_cast<T*>(memory_.get() + at);
  }
  template <class T>
  static usize padded(usize count) {
    return (count * sizeof(T) + 63) / 64 * 64;
  }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  std::unique_ptr<std::byte, Free> memory_;
  usize used_ = 0;
};

class Worker;

class CpuEngine final : public Engine {
 public:
  CpuEngine(RunPlan const& plan, std::string const& isa)
      : plan_(plan), graph_(build_law_graph(*plan.experiment->network)) {
    threads_ = useful_threads(plan);
    u64 const per_thread =
        (plan.queue == nullptr ? plan.todo_count() : plan.trajectories) / threads_;
    Kernel const large = kernel_for(isa, BlockSize::large);
    Kernel const small = kernel_for(isa, BlockSize::small);
    kernel_ = per_thread >= large.lanes ? large : small;
    // A step of a small block, or of a block of generated code, takes about as long as four events
    // of single trajectories.
    one_lane_ = per_thread < 4;
    wide_ = std::make_unique<Tables>(graph_, plan_, TableShape{1, false, true});
    choose_code(isa);
    narrow_ = std::make_unique<Tables>(graph_, plan_, TableShape{kernel_.lanes, true, false});
    program_ = narrow_->program();
    program_.constants = generated_.block_constants.data();
    wide_program_ = wide_->program();
    wide_program_.constants = generated_.one_constants.data();
  }

  std::string name() const override { return "cpu"; }
  std::string isa() const override { return kernel_.isa; }
  u32 threads() const override { return threads_; }
  std::string code() const override { return code_; }

  void run(SampleSink& sink, RunControl& control) override;

 private:
  friend class Worker;
  RunPlan plan_;
  LawGraph graph_;
  std::unique_ptr<Tables> narrow_, wide_;
  core::Program program_{}, wide_program_{};  ///< of blocks, and of single trajectories
  cpu::GeneratedKernel generated_;
  std::string code_;
  Kernel kernel_{};
  bool one_lane_ = false;
  u32 threads_ = 1;
  PieceQueue* queue_ = nullptr;  ///< while it runs

  void choose_code(std::string const& isa);
  double predicted_seconds() const;
};

/// One thread: its memory, and the answers to what its block asks.
class Worker final : public cpu::LaneHost {
 public:
  Worker(CpuEngine& engine, SampleSink& sink, RunControl& control)
      : e_(engine), sink_(sink), control_(control), kernel_(engine.kernel_),
        narrow_(engine.program_), wide_(engine.wide_program_),
        samples_(u32(engine.plan_.experiment->sample_times.size())), arena_(bytes()),
        numbers_(engine.one_lane_ ? 1 : kernel_.lanes), slabs_(numbers_.size() * slab_size()) {
    carve();
    if (engine.plan_.experiment->has_rows()) make_rows();
    if (engine.plan_.in_flight != nullptr)
      was_wanted_ = wide_was_wanted_ = engine.plan_.in_flight->wanted();
  }

  void run() {
    if (e_.one_lane_) {
      core::Begin begin;
      while (next(0, begin)) {
        core::TrajectoryState state{};
        if (goes_on_)
          go_on_wide(0);
        else
          run_wide(0, state, &begin);
      }
    } else {
      kernel_.run_block(narrow_, block_, *this, e_.plan_.seed, e_.plan_.max_events);
    }
    flush_events();
  }

  bool next(core::u32 lane, core::Begin& begin) override {
    for (;;) {
      if (!take(lane, begin)) return false;
      goes_on_ = e_.plan_.in_flight != nullptr && e_.plan_.in_flight->find(numbers_[lane], left_) &&
                 is_whole();
      if (!goes_on_ || e_.one_lane_ || fits_block()) return true;
      go_on_wide(lane);
    }
  }

  bool take(core::u32 lane, core::Begin& begin) {
    if (control_.stop.load(std::memory_order_relaxed)) return false;
    if (mine_.count == 0) mine_ = e_.queue_->take(e_.plan_.queue == nullptr ? 1 : most_at_once);
    if (mine_.count == 0) {
      drained_ = true;
      return false;
    }
    numbers_[lane] = mine_.first++;
    --mine_.count;
    auto const place = e_.plan_.place_of(numbers_[lane]);
    if (rows_)
      rows_->fill(place, row_values_.data() + lane * rows_->values(),
                  row_initial_.data() + lane * rows_->initial());
    begin = begin_of(place, rows_ ? lane : 0);
    return true;
  }

  bool resume(core::u32 lane, core::TrajectoryState& state, core::NarrowCounts& counts) override {
    if (!goes_on_) return false;
    goes_on_ = false;
    fill_in(lane, state, counts);
    return true;
  }

  void sample(core::u32 lane, core::u32 index, core::NarrowCounts const& counts) override {
    record(lane, index, counts);
  }
  void sample_wide(core::u32 index, core::WideCounts const& counts) override {
    record(wide_lane_, index, counts);
  }

  void finished(core::u32 lane, core::TrajectoryState const& state, core::Status status,
                core::u32 reaction, core::NarrowCounts const& counts) override {
    finish(lane, state, status, reaction, counts);
  }

  /// Runs the trajectory of a lane to its end as a single one; the block waits meanwhile.
  void widen(core::u32 lane, core::TrajectoryState const& state, bool started,
             core::NarrowCounts const& counts) override {
    core::TrajectoryState t = state;
    core::Begin const begin = begin_of(e_.plan_.place_of(numbers_[lane]), t.row);
    if (started) {
      core::WideCounts copy{one_.counts, one_.registers};
      for (u32 s = 0; s < narrow_.species; ++s) copy.set(s, counts.get(s));
      u32 const base = narrow_.schedule.constant_base;
      for (u32 reg = base; reg < base + kept_registers(); ++reg)
        copy.set_constant(reg, counts.constant(reg));
    }
    run_wide(lane, t, started ? nullptr : &begin);
  }

  using LaneHost::happen;
  /// Half steps that only look at events are none of what pause() counts.
  core::Settled happen(core::Program const& program, core::TrajectoryState& state,
                       core::NarrowCounts& counts, core::Occasion occasion) override {
    if (occasion > core::Occasion::changes) --pending_events_;
    return LaneHost::happen(program, state, counts, occasion);
  }

  bool pause(core::u32 live) override {
    pending_events_ += 2 * u64(live);
    if ((++polls_ & 1023u) == 0) {
      flush_events();
      if (e_.plan_.in_flight != nullptr) put_lanes_if_wanted();
      if (control_.stop.load(std::memory_order_relaxed)) return true;
    }
    // With no trajectories left to refill with, a step still costs a whole block; single ones are
    // cheaper below about an eighth of it, with generated code below four.
    u32 const few = e_.generated_.run_block != nullptr ? 3 : kernel_.lanes / 8;
    return drained_ && live <= few;
  }

  bool pause_wide(core::u64 events) override {
    pending_events_ += events - std::exchange(wide_events_, events);
    flush_events();
    bool const stops = control_.stop.load(std::memory_order_relaxed);
    if (e_.plan_.in_flight == nullptr) return stops;
    u64 const wanted = std::exchange(wide_was_wanted_, e_.plan_.in_flight->wanted());
    // The block that waits meanwhile is put at its next pause: it may be in the middle of a step.
    if (stops || wanted != wide_was_wanted_)
      put(wide_lane_, *wide_state_, core::WideCounts{one_.counts, one_.registers});
    return stops;
  }

 private:
  CpuEngine& e_;
  SampleSink& sink_;
  RunControl& control_;
  Kernel kernel_;
  core::Program narrow_, wide_;
  u32 samples_;
  Arena arena_;
  core::Block block_{};
  core::OneLane one_{};
  std::vector<u64> numbers_;  ///< of the lanes' trajectories
  LargeArray<double> slabs_;  ///< [lane][species][sample]: copy numbers of those in flight
  std::optional<CellRows> rows_;
  std::vector<float> row_values_;       ///< [lane][CellRows::values]
  std::vector<core::i64> row_initial_;  ///< [lane][CellRows::initial]
  u32 wide_lane_ = 0;
  core::TrajectoryState const* wide_state_ = nullptr;
  bool goes_on_ = false;                      ///< the trajectory that was taken last, from
  TrajectoryInFlight left_;                   ///< this
  u64 was_wanted_ = 0, wide_was_wanted_ = 0;  ///< InFlight::wanted, when they were put
  u64 wide_events_ = 0;
  u64 pending_events_ = 0;
  u32 polls_ = 0;
  static constexpr u64 most_at_once = 4;
  bool drained_ = false;
  Piece mine_;  ///< taken from the queue, not begun

  usize slab_size() const { return usize(narrow_.species) * samples_; }
  std::span<double> slab(u32 lane) { return slabs_.part(lane * slab_size(), slab_size()); }
  std::span<double const> slab(u32 lane) const {
    return slabs_.part(lane * slab_size(), slab_size());
  }

  /// Where lanes differ, each has a row of its own.
  void make_rows() {
    rows_.emplace(e_.graph_, *e_.narrow_, e_.plan_);
    row_values_.resize(numbers_.size() * rows_->values());
    row_initial_.resize(numbers_.size() * rows_->initial());
    for (core::Program* program : {&narrow_, &wide_}) {
      program->schedule.values = row_values_.data();
      program->initial = row_initial_.data();
    }
  }

  // ---- trajectories under way ----

  u32 kept_registers() const {
    return narrow_.schedule.constants + core::event_word_count(narrow_.events);
  }

  template <class Counts>
  void put(u32 lane, core::TrajectoryState const& state, Counts const& counts) const {
    TrajectoryInFlight left;
    left.number = numbers_[lane];
    left.state = state;
    for (u32 s = 0; s < narrow_.species; ++s) left.counts.push_back(counts.get(s));
    u32 const base = narrow_.schedule.constant_base;
    for (u32 i = 0; i < kept_registers(); ++i)
      left.registers.push_back(std::bit_cast<u32>(counts.constant(base + i)));
    for (u32 s = 0; s < narrow_.species; ++s) {
      double const* const row = slab(lane).data() + usize(s) * samples_;
      left.samples.insert(left.samples.end(), row, row + state.sample);
    }
    e_.plan_.in_flight->put(std::move(left));
  }

  void put_lanes_if_wanted() {
    u64 const wanted = e_.plan_.in_flight->wanted();
    if (std::exchange(was_wanted_, wanted) == wanted) return;
    for (u32 lane = 0; lane < kernel_.lanes; ++lane)
      if (block_.idle[lane] == 0)
        put(lane, core::load_state<core::ScalarLane, 1>(block_, lane),
            core::NarrowCounts{block_.registers + lane, block_.stride, narrow_.widen_above});
  }

  /// One that is not, is begun anew.
  bool is_whole() const {
    core::TrajectoryState const& t = left_.state;
    if (t.stop < 1 || t.stop >= narrow_.stops.count) return false;
    u32 samples = 0, segments = 1;
    for (u32 stop = 0; stop < t.stop; ++stop) {
      u8 const actions = narrow_.stops.actions[stop];
      samples += (actions & core::stop_samples) != 0;
      segments += stop > 0 && (actions & core::stop_changes) != 0;
    }
    return t.sample == samples && t.segment == segments && left_.counts.size() == narrow_.species &&
           left_.registers.size() == kept_registers() &&
           left_.samples.size() == usize(narrow_.species) * t.sample && has_known_events();
  }

  /// A checkpoint may be made to harm: what its event words point to must be there.
  bool has_known_events() const {
    struct Saved {
      std::vector<u32> const& registers;
      u32 base;
      float constant(u32 reg) const { return std::bit_cast<float>(registers[reg - base]); }
    } saved{left_.registers, narrow_.schedule.constant_base};
    auto const& events = narrow_.events;
    if (events.count == 0) return true;
    core::EventWords<Saved> const words{events, saved};
    if (words.pending() > events.capacity) return false;
    for (u32 entry = 0; entry < words.pending(); ++entry)
      if (words.event_of(entry) >= events.count) return false;
    return true;
  }

  bool fits_block() const {
    auto const is_small = [&](i64 count) { return count <= i64(narrow_.widen_above); };
    return std::all_of(left_.counts.begin(), left_.counts.end(), is_small) &&
           left_.state.events() < e_.plan_.max_events;
  }

  template <class Counts>
  void fill_in(u32 lane, core::TrajectoryState& state, Counts& counts) {
    state = left_.state;
    state.row = rows_ ? lane : 0;
    for (u32 s = 0; s < narrow_.species; ++s) counts.set(s, left_.counts[s]);
    u32 const base = narrow_.schedule.constant_base;
    for (u32 i = 0; i < kept_registers(); ++i)
      counts.set_constant(base + i, std::bit_cast<float>(left_.registers[i]));
    for (u32 s = 0; s < narrow_.species; ++s)
      std::copy_n(left_.samples.data() + usize(s) * state.sample, state.sample,
                  slab(lane).data() + usize(s) * samples_);
  }

  void go_on_wide(u32 lane) {
    goes_on_ = false;
    core::TrajectoryState state;
    core::WideCounts counts{one_.counts, one_.registers};
    fill_in(lane, state, counts);
    run_wide(lane, state, nullptr);
  }

  core::Begin begin_of(RunPlan::Place place, u32 row) const {
    return {place.id, row, rows_ ? row : place.id % narrow_.initial_rows, place.sister};
  }

  u32 tree_levels() const { return core::tree_depth(std::max(1u, narrow_.reactions)) + 2; }

  usize bytes() const {
    usize const n = kernel_.lanes;
    usize const floats = Arena::padded<float>(n);
    usize const words = Arena::padded<u64>(n);
    usize const rows = e_.narrow_->register_count() + narrow_.reactions + tree_levels() + 4;
    usize const one = Arena::padded<float>(e_.wide_->register_count()) +
                      Arena::padded<i64>(wide_.species) +
                      Arena::padded<float>(2 * usize(core::tree_leaves(wide_.reactions)));
    return rows * floats + 16 * floats + words + one + Arena::padded<u32>(4 * n);
  }

  void carve() {
    usize const n = kernel_.lanes;
    block_.stride = kernel_.lanes;
    block_.registers = arena_.take<float>(n * e_.narrow_->register_count());
    block_.propensities = arena_.take<float>(n * narrow_.reactions);
    block_.tree = arena_.take<float>(n * tree_levels());
    block_.left_high = arena_.take<float>(n);
    block_.left_low = arena_.take<float>(n);
    block_.total = arena_.take<float>(n);
    block_.waiting = arena_.take<float>(n);
    block_.draw_low = arena_.take<u32>(n);
    block_.draw_high = arena_.take<u32>(n);
    block_.id_low = arena_.take<u32>(n);
    block_.id_high = arena_.take<u32>(n);
    block_.idle = arena_.take<u32>(n);
    block_.words = arena_.take<u32>(4 * n);
    block_.chosen = arena_.take<u32>(n);
    block_.stop = arena_.take<u32>(n);
    block_.sample = arena_.take<u32>(n);
    block_.segment = arena_.take<u32>(n);
    block_.redraws = arena_.take<u32>(n);
    block_.row = arena_.take<u32>(n);
    block_.sister = arena_.take<u32>(n);
    block_.hash = arena_.take<core::u64>(n);
    one_.registers = arena_.take<float>(e_.wide_->register_count());
    one_.counts = arena_.take<core::i64>(wide_.species);
    one_.leaves = core::tree_leaves(wide_.reactions);
    one_.sums = arena_.take<float>(2 * usize(one_.leaves));
  }

  template <class Counts>
  void record(u32 lane, u32 index, Counts const& counts) {
    double* const values = slab(lane).data() + index;
    for (u32 s = 0; s < narrow_.species; ++s) values[usize(s) * samples_] = double(counts.get(s));
  }

  /// From `begin` on, or from `t` where it is null.
  void run_wide(u32 lane, core::TrajectoryState& t, core::Begin const* begin) {
    wide_lane_ = lane;
    wide_state_ = &t;
    wide_events_ = begin == nullptr ? t.events() : 0;
    core::OneLaneOutcome const outcome = kernel_.run_one(
        wide_, e_.wide_->dependencies(), one_, *this, t, begin, e_.plan_.seed, e_.plan_.max_events);
    if (outcome.interrupted) return;
    pending_events_ += t.events() - wide_events_;
    finish(lane, t, outcome.status, outcome.reaction,
           core::WideCounts{one_.counts, one_.registers});
  }

  template <class Counts>
  void finish(u32 lane, core::TrajectoryState const& t, core::Status status, u32 reaction,
              Counts const& counts) {
    core::TrajectoryState at_stop = t;
    at_stop.left = core::left_to_stop(narrow_, t, counts);
    TrajectoryEnd end = end_of(at_stop, status, reaction, counts, *e_.narrow_, e_.plan_);
    end.id = numbers_[lane];
    sink_.finished(end, slab(lane));
    if (e_.plan_.in_flight != nullptr) e_.plan_.in_flight->ended(end.id);
    control_.trajectories.fetch_add(1, std::memory_order_relaxed);
  }

  void flush_events() {
    control_.events.fetch_add(std::exchange(pending_events_, 0), std::memory_order_relaxed);
  }
};

void CpuEngine::choose_code(std::string const& isa) {
  code_ = "tables";
  if (plan_.code == Code::table) return;
  // Generated code takes half the time of tables or less.
  double const compile_seconds = 1 + 0.04 * wide_->program().reactions;
  bool const shall_compile =
      plan_.code == Code::generated || predicted_seconds() > 2 * compile_seconds;
  generated_ = cpu::generated_kernel(graph_, plan_, isa,
                                     shall_compile ? cpu::Compile::always : cpu::Compile::if_known);
  if (generated_.run_block == nullptr) {
    if (plan_.code == Code::generated)
      throw Error(ExitCode::usage,
                  fmt::format("there is no generated code for network '{}'",
                              plan_.experiment->network->name),
                  generated_.reason, "Use --code auto, or install a C++ compiler");
    code_ = fmt::format("tables: {}", generated_.reason);
    return;
  }
  code_ = fmt::format("generated code, {}", generated_.origin);
  if (generated_.run_one != nullptr) kernel_.run_one = generated_.run_one;
  kernel_.run_block = generated_.run_block;
  kernel_.lanes = generated_.lanes;
}

/// How long the run would take on tables.
double CpuEngine::predicted_seconds() const {
  constexpr double seconds_per_event = 12e-9, seconds_per_law = 0.25e-9;
  return predicted_events(plan_, graph_, *wide_) * double(plan_.trajectories) / threads_ *
         (seconds_per_event + seconds_per_law * wide_->program().reactions);
}

void CpuEngine::run(SampleSink& sink, RunControl& control) {
  PieceQueue own(plan_.todo());
  queue_ = plan_.queue == nullptr ? &own : plan_.queue;
  run_on_threads(threads_, control, [&] { Worker(*this, sink, control).run(); });
}

}  // namespace

std::vector<std::string> usable_isas() {
  std::vector<std::string> isas;
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool const avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  bool const avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl");
  if (avx512) isas.push_back("avx512");
  if (avx2) isas.push_back("avx2");
#endif
  isas.push_back("baseline");
  return isas;
}

std::unique_ptr<Engine> make_cpu_engine(RunPlan const& plan) {
  std::vector<std::string> const isas = usable_isas();
  std::string const isa = plan.isa.empty() ? isas.front() : plan.isa;
  if (std::find(isas.begin(), isas.end(), isa) == isas.end()) {
    bool const known = isa == "avx512" || isa == "avx2" || isa == "baseline";
    throw Error(
        ExitCode::usage,
        fmt::format("instruction set '{}' is {}", isa, known ? "not on this machine" : "not known"),
        "the engine would stop at the first instruction",
        fmt::format("Use --isa {}", fmt::join(isas, " or ")));
  }
  return std::make_unique<CpuEngine>(plan, isa);
}

}  // namespace cristae
