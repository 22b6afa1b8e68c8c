// cuda/device_run.cpp - slices of a grid, one after the other, and the harvest of what has ended.
#include "cuda/device_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <optional>
#include <utility>

#include "host/codegen/network_source.hpp"
#include "host/cpu/trajectory_end.hpp"
#include "host/engine/threads.hpp"

namespace cristae::cuda {
namespace {

using core::End;
using core::Progress;
using core::Slice;

/// A slice shall take so long: short enough to answer to a signal and for a watchdog, long enough for
/// launches not to matter.
constexpr double slice_seconds = 0.08;
constexpr u32 first_pairs = 64;
constexpr u32 most_pairs = 1u << 20;
/// Pieces of the ring: the host reads ended ones while the grid works on others.
constexpr u32 most_pieces = 8;
/// Of the free memory, at most.
constexpr double share_of_memory = 0.85;
constexpr usize most_harvest_bytes = usize{64} << 20;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Module {
 public:
  explicit Module(std::string const& image) {
    check(driver().load_module(&module_, image.c_str()), "loading the network's kernel");
  }
  Module(Module const&) = delete;
  Module& operator=(Module const&) = delete;
  ~Module() { driver().unload_module(module_); }
  CUfunction function(char const* name) const {
    CUfunction found = nullptr;
    check(driver().module_function(&found, module_, name), "looking up the kernel");
    return found;
  }
  void set_global(char const* name, std::vector<float> const& values) const {
    CUdeviceptr at = 0;
    std::size_t bytes = 0;
    check(driver().module_global(&at, &bytes, module_, name), "looking up the constants");
    if (!values.empty())
      check(driver().copy_to_device(at, values.data(), values.size() * sizeof(float)),
            "copying the constants");
  }

 private:
  CUmodule module_ = nullptr;
};

class Stream {
 public:
  Stream() { check(driver().create_stream(&stream_, CU_STREAM_NON_BLOCKING), "making a stream"); }
  Stream(Stream const&) = delete;
  Stream& operator=(Stream const&) = delete;
  ~Stream() { driver().destroy_stream(stream_); }
  CUstream get() const { return stream_; }
  void synchronize(char const* what) const { check(driver().synchronize_stream(stream_), what); }

 private:
  CUstream stream_ = nullptr;
};

int attribute(CUfunction function, CUfunction_attribute which) {
  int value = 0;
  check(driver().function_attribute(&value, which, function), "asking for a kernel's attribute");
  return value;
}

/// The state of all threads, in one allocation.
class GridMemory {
 public:
  GridMemory(u32 threads, u32 registers, u32 reactions)
      : words_(usize{threads} * words_of(registers, reactions)) {
    core::Block& b = block_;
    b.stride = threads;
    b.hash = take<u64>(threads);
    b.registers = take<float>(usize{threads} * registers);
    b.propensities = take<float>(usize{threads} * reactions);
    b.tree = take<float>(usize{threads} * levels(reactions));
    b.left_high = take<float>(threads);
    b.left_low = take<float>(threads);
    b.draw_low = take<u32>(threads);
    b.draw_high = take<u32>(threads);
    b.id_low = take<u32>(threads);
    b.id_high = take<u32>(threads);
    b.words = take<u32>(usize{4} * threads);
    b.total = take<float>(threads);
    b.waiting = take<float>(threads);
    b.chosen = take<u32>(threads);
    b.stop = take<u32>(threads);
    b.sample = take<u32>(threads);
    b.segment = take<u32>(threads);
    b.redraws = take<u32>(threads);
    b.idle = take<u32>(threads);
    words_.fill_bytes(0, words_.size());
    std::vector<u32> const idle(threads, 1);
    check(driver().copy_to_device(reinterpret_cast<CUdeviceptr>(b.idle), idle.data(),
                                  threads * sizeof(u32)),
          "copying to the device");
  }
  core::Block const& block() const { return block_; }
  static u64 bytes(u32 threads, u32 registers, u32 reactions) {
    return u64{threads} * words_of(registers, reactions) * sizeof(u32);
  }

 private:
  static u32 levels(u32 reactions) { return core::tree_depth(std::max(1u, reactions)) + 2; }
  static usize words_of(u32 registers, u32 reactions) {
    return usize{2} + registers + reactions + levels(reactions) + 6 + 4 + 8;
  }
  template <class T>
  T* take(usize count) {
    u32* const at = words_.get() + used_;
    used_ += count * sizeof(T) / sizeof(u32);
    return reinterpret_cast<T*>(at);
  }

  DeviceArray<u32> words_;
  usize used_ = 0;
  core::Block block_{};
};

}  // namespace

Context::Context(Device const& device) {
  Driver const& d = driver();
  check(d.device_get(&handle_, device.ordinal), "opening the device");
  CUcontext context = nullptr;
  check(d.retain_context(&context, handle_), "making a context");
  check(d.set_context(context), "making a context current");
}

Context::~Context() {
  driver().set_context(nullptr);
  driver().release_context(handle_);
}

class DeviceRun::Impl {
 public:
  Impl(Device const& device, RunPlan const& plan, Tables const& tables, Cubin const& cubin)
      : plan_(plan), tables_(tables), program_(tables.program()), module_(cubin.image),
        kernel_(module_.function(kernel_name)) {
    module_.set_global(constants_name, network_constants(tables));
    shape_.registers = attribute(kernel_, CU_FUNC_ATTRIBUTE_NUM_REGS);
    shape_.local_bytes = attribute(kernel_, CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);
    samples_ = static_cast<u32>(plan.experiment->sample_times.size());
    species_ = tables.program().species;
    int blocks = 0;
    check(driver().resident_blocks(&blocks, kernel_, block_threads, 0),
          "asking how many threads are resident");
    allocate(device, static_cast<u64>(std::max(1, blocks)) *
                         static_cast<u64>(std::max(1, device.multiprocessors)) * block_threads);
  }

  DevicePlan const& shape() const { return shape_; }

  void run(PieceQueue& queue, SampleSink& sink, PieceQueue& left_float, RunControl& control) {
    try {
      run_slices(queue, sink, left_float, control);
    } catch (DeviceFailure const&) {
      // Whatever was not handed on is computed again by whoever takes it.
      for (u64 p = harvested_; p < filled_; ++p) hand_back(queue, pieces_[p % shape_.pieces]);
      throw;
    }
  }

 private:
  RunPlan const& plan_;
  Tables const& tables_;
  DeviceProgram program_;
  Module module_;
  CUfunction kernel_;
  DevicePlan shape_;
  u32 samples_ = 0, species_ = 0;

  std::optional<GridMemory> grid_;
  DeviceArray<End> ends_;
  DeviceArray<float> counts_, last_;
  DeviceArray<core::Piece> piece_table_;
  DeviceArray<u32> ended_;
  DeviceArray<Progress> progress_;
  Stream compute_, copy_;

  std::vector<Piece> pieces_;  ///< of the ring, as handed out
  u64 filled_ = 0;             ///< pieces taken from the queue
  u64 ready_ = 0;              ///< of these, in order, how many have ended
  u64 harvested_ = 0;          ///< and were handed on
  usize handed_on_ = 0;        ///< trajectories of the piece at hand that were
  u64 reported_events_ = 0;

  /// Registers that a trajectory keeps between events: copy numbers, constants that a schedule changes.
  u32 inputs() const { return species_ + tables_.program().schedule.constants; }

  u64 bytes_per_thread() const {
    return GridMemory::bytes(1, inputs(), tables_.program().reactions);
  }
  u64 bytes_per_slot() const {
    return sizeof(End) + (u64{samples_} + 1) * species_ * sizeof(float);
  }

  /// As many threads as are resident and have work; four trajectories of results for each, at least
  /// one, as memory allows.
  void allocate(Device const& device, u64 resident) {
    u64 const work = std::max<u64>(1, plan_.trajectories);
    u64 threads = std::min(resident, (work + block_threads - 1) / block_threads * block_threads);
    std::size_t free = 0, total = 0;
    check(driver().memory_info(&free, &total), "asking for free memory");
    u64 budget = static_cast<u64>(share_of_memory * static_cast<double>(free));
    for (;;) {
      auto const slots_within = [&](u64 of_threads) {
        u64 const grid = of_threads * bytes_per_thread();
        u64 const fit = budget > grid ? (budget - grid) / bytes_per_slot() : 0;
        return std::min({fit, 4 * of_threads, work});
      };
      u64 slots = slots_within(threads);
      while (threads > block_threads && slots < std::min(threads, work)) {
        threads = (threads / 2 + block_threads - 1) / block_threads * block_threads;
        slots = slots_within(threads);
      }
      if (slots == 0)
        throw Error(
            ExitCode::device,
            fmt::format("{} has {:.1f} MiB of memory free, one trajectory of {} samples and "
                        "{} species needs {:.1f} MiB",
                        device.name, static_cast<double>(free) / 0x1p20, samples_, species_,
                        static_cast<double>(bytes_per_slot() + block_threads * bytes_per_thread()) /
                            0x1p20),
            "", "Ask for fewer sample times, or use --engine cpu");
      shape_.pieces = static_cast<u32>(std::min<u64>(most_pieces, slots));
      shape_.piece_slots = static_cast<u32>(slots / shape_.pieces);
      if (u64{shape_.pieces} * shape_.piece_slots < work && slots == work) ++shape_.piece_slots;
      shape_.threads = static_cast<u32>(threads);
      if (try_allocate()) return;
      budget /= 2;
    }
  }

  /// False where the device is out of memory after all.
  bool try_allocate() {
    u64 const slots = u64{shape_.pieces} * shape_.piece_slots;
    try {
      grid_.emplace(shape_.threads, inputs(), tables_.program().reactions);
      ends_ = DeviceArray<End>(slots);
      counts_ = DeviceArray<float>(slots * samples_ * species_);
      last_ = DeviceArray<float>(slots * species_);
      piece_table_ = DeviceArray<core::Piece>(shape_.pieces);
      ended_ = DeviceArray<u32>(shape_.pieces);
      progress_ = DeviceArray<Progress>(1);
    } catch (DeviceFailure const& failure) {
      grid_.reset();
      ends_ = {};
      counts_ = {};
      last_ = {};
      if (!failure.is_out_of_memory()) throw;
      return false;
    }
    shape_.bytes = shape_.threads * bytes_per_thread() + slots * bytes_per_slot();
    ends_.fill_bytes(0xff, slots);
    ended_.fill_bytes(0, shape_.pieces);
    progress_.fill_bytes(0, 1);
    pieces_.assign(shape_.pieces, {});
    return true;
  }

  void run_slices(PieceQueue& queue, SampleSink& sink, PieceQueue& left_float,
                  RunControl& control) {
    Slice slice = slice_of();
    double pairs = first_pairs;
    for (;;) {
      fill(queue);
      if (harvested_ == filled_) return;  // and the queue is empty
      bool const has_work = ready_ < filled_;
      if (has_work) {
        slice.pairs = static_cast<u32>(pairs);
        Progress progress = progress_now();
        progress.limit = filled_ * shape_.piece_slots;
        progress.live = progress.live_events = 0;
        progress_.upload(&progress, 1);
        void* arguments[] = {&slice};
        auto const start = std::chrono::steady_clock::now();
        check(driver().launch(kernel_, shape_.threads / block_threads, 1, 1, block_threads, 1, 1, 0,
                              compute_.get(), arguments, nullptr),
              "launching a slice");
        harvest_ready(sink, left_float, control);
        compute_.synchronize("running a slice");
        double const seconds = seconds_since(start);
        pairs = std::clamp(pairs * std::clamp(slice_seconds / std::max(seconds, 1e-4), 0.5, 2.0),
                           double{first_pairs}, double{most_pairs});
      }
      look_for_ended();
      report_events(control);
      if (control.stop.load(std::memory_order_relaxed)) {
        harvest_rest(sink, left_float, control);
        return;
      }
      if (!has_work || ready_ == filled_) harvest_ready(sink, left_float, control);
    }
  }

  Slice slice_of() const {
    Slice s{.program = program_.program(),
            .block = grid_->block(),
            .keys = core::PhiloxKeys(plan_.seed),
            .seed = plan_.seed,
            .max_events = plan_.max_events,
            .samples = samples_,
            .pairs = 0,
            .pieces = shape_.pieces,
            .piece_slots = shape_.piece_slots,
            .piece = piece_table_.get(),
            .ended = ended_.get(),
            .progress = progress_.get(),
            .ends = ends_.get(),
            .counts = counts_.get(),
            .last = last_.get()};
    return s;
  }

  Progress progress_now() const {
    Progress progress{};
    progress_.download(&progress, 1);
    return progress;
  }

  /// Puts new pieces where old ones were handed on.
  void fill(PieceQueue& queue) {
    while (filled_ - harvested_ < shape_.pieces) {
      Piece const taken = queue.take(shape_.piece_slots);
      if (taken.count == 0) return;
      auto const at = filled_ % shape_.pieces;
      pieces_[at] = taken;
      core::Piece const entry{taken.first, taken.count};
      u32 const none = 0;
      piece_table_.upload(&entry, 1, at);
      ended_.upload(&none, 1, at);
      ends_.fill_bytes(0xff, shape_.piece_slots, at * shape_.piece_slots);
      ++filled_;
    }
  }

  void look_for_ended() {
    std::vector<u32> ended(shape_.pieces);
    ended_.download(ended.data(), ended.size());
    while (ready_ < filled_ &&
           ended[ready_ % shape_.pieces] == pieces_[ready_ % shape_.pieces].count)
      ++ready_;
  }

  void report_events(RunControl& control) {
    Progress const progress = progress_now();
    u64 const events = progress.done_events + progress.live_events;
    control.events.fetch_add(events - std::exchange(reported_events_, events),
                             std::memory_order_relaxed);
  }

  void harvest_ready(SampleSink& sink, PieceQueue& left_float, RunControl& control) {
    for (; harvested_ < ready_; ++harvested_, handed_on_ = 0)
      harvest(harvested_ % shape_.pieces, sink, left_float, control);
  }

  /// What has ended of the pieces that have not as a whole.
  void harvest_rest(SampleSink& sink, PieceQueue& left_float, RunControl& control) {
    for (; harvested_ < filled_; ++harvested_, handed_on_ = 0)
      harvest(harvested_ % shape_.pieces, sink, left_float, control);
  }

  /// Hands on a piece's ended trajectories, in bites that fit into host memory.
  void harvest(u64 at, SampleSink& sink, PieceQueue& left_float, RunControl& control) {
    Piece const piece = pieces_[at];
    usize const row = usize{samples_} * species_;
    usize const bite = std::clamp<usize>(most_harvest_bytes / bytes_per_slot(), 1, piece.count);
    PinnedArray<End> ends(bite);
    PinnedArray<float> counts(bite * row), last(bite * species_);
    for (usize begin = 0; begin < piece.count; begin += bite) {
      usize const count = std::min<usize>(bite, piece.count - begin);
      usize const slot = at * shape_.piece_slots + begin;
      fetch(ends, ends_, slot, count);
      fetch(counts, counts_, slot * row, count * row);
      fetch(last, last_, slot * species_, count * species_);
      copy_.synchronize("copying results");
      hand_on(ends, counts, last, count, sink, control);
      handed_on_ += count;
      for (usize i = 0; i < count; ++i)
        if (ends[i].status == core::leaves_float) left_float.give_back({ends[i].id, 1});
    }
  }

  template <class T>
  void fetch(PinnedArray<T> const& to, DeviceArray<T> const& from, usize begin, usize count) const {
    if (count > 0)
      check(driver().copy_to_host_async(to.get(), reinterpret_cast<CUdeviceptr>(from.get() + begin),
                                        count * sizeof(T), copy_.get()),
            "copying results");
  }

  void hand_on(PinnedArray<End> const& ends, PinnedArray<float> const& counts,
               PinnedArray<float> const& last, usize count, SampleSink& sink, RunControl& control) {
    std::atomic<usize> next{0};
    RunPlan of_host;
    of_host.threads = plan_.threads;
    of_host.trajectories = count;
    run_on_threads(useful_threads(of_host), control, [&] {
      std::vector<double> samples(usize{samples_} * species_);
      for (usize i = next++; i < count; i = next++) {
        End const& end = ends[i];
        if (end.status == core::leaves_float || end.status == core::not_ended) continue;
        float const* const from = counts.get() + i * samples.size();
        for (usize k = 0; k < end.samples; ++k)
          for (usize s = 0; s < species_; ++s)
            samples[s * samples_ + k] = static_cast<double>(from[k * species_ + s]);
        sink.finished(end_of_slot(end, last.get() + i * species_), samples);
        control.trajectories.fetch_add(1, std::memory_order_relaxed);
      }
    });
  }

  TrajectoryEnd end_of_slot(End const& end, float const* last) const {
    core::TrajectoryState t{};
    t.id = end.id;
    t.draw = end.events;
    t.hash = end.hash;
    t.left = {end.left_high, end.left_low};
    t.stop = end.stop;
    t.sample = end.samples;
    core::NarrowCounts const counts{const_cast<float*>(last), 1, 0};
    return end_of(t, static_cast<core::Status>(end.status), end.reaction, counts, tables_, plan_);
  }

  void hand_back(PieceQueue& queue, Piece const& piece) {
    queue.give_back(
        {piece.first + handed_on_, piece.count - std::min<u64>(handed_on_, piece.count)});
    handed_on_ = 0;
  }
};

DeviceRun::DeviceRun(Device const& device, RunPlan const& plan, Tables const& tables,
                     Cubin const& cubin)
    : impl_(std::make_unique<Impl>(device, plan, tables, cubin)) {}
DeviceRun::~DeviceRun() = default;
DevicePlan const& DeviceRun::plan() const { return impl_->shape(); }
void DeviceRun::run(PieceQueue& queue, SampleSink& sink, PieceQueue& left_float,
                    RunControl& control) {
  impl_->run(queue, sink, left_float, control);
}

}  // namespace cristae::cuda
