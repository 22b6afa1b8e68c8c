// cuda/device_run.cpp - slices of a grid, one after the other, and the harvest of what has ended.
#include "cuda/device_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "cuda/device_memory.hpp"
#include "cuda/module.hpp"
#include "cuda/sample_reduction.hpp"
#include "host/engine/reduction.hpp"

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
constexpr u64 most_reduction_bytes = u64{256} << 20;
/// Sums wait in host memory for a slice to be handed on during it, but not more of them than this.
constexpr u64 most_waiting_bytes = u64{32} << 20;
/// A piece with more gaps than this goes to the host trajectory by trajectory: each part has sums.
constexpr u64 most_gaps = 16;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

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
    b.row = take<u32>(threads);
    b.sister = take<u32>(threads);
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
    return usize{2} + registers + reactions + levels(reactions) + 6 + 4 + 10;
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
  Impl(Device const& device, DeviceJob const& job)
      : job_(job), tables_(job.tables.data(), job.tables.size()),
        program_(job.program_at(reinterpret_cast<std::byte const*>(tables_.get()))),
        module_(job.image), kernel_(module_.function(kernel_name)) {
    module_.set_global(constants_name, job.constants);
    shape_.registers = attribute(kernel_, CU_FUNC_ATTRIBUTE_NUM_REGS);
    shape_.local_bytes = attribute(kernel_, CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);
    int blocks = 0;
    check(driver().resident_blocks(&blocks, kernel_, block_threads, 0),
          "asking how many threads are resident");
    allocate(device, static_cast<u64>(std::max(1, blocks)) *
                         static_cast<u64>(std::max(1, device.multiprocessors)) * block_threads);
  }

  DevicePlan const& shape() const { return shape_; }

  void run(DeviceHost& host) {
    Slice slice = slice_of();
    double pairs = first_pairs;
    for (;;) {
      fill(host);
      if (harvested_ == filled_) return;  // and the host has no more
      bool const has_work = ready_ < filled_;
      reduce_ready(host);
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
        harvest(ready_, host);
        compute_.synchronize("running a slice");
        double const seconds = seconds_since(start);
        pairs = std::clamp(pairs * std::clamp(slice_seconds / std::max(seconds, 1e-4), 0.5, 2.0),
                           double{first_pairs}, double{most_pairs});
      }
      look_for_ended();
      Progress const progress = progress_now();
      if (host.progress(progress.done_events + progress.live_events)) {
        reduce_ready(host);
        harvest(filled_, host);
        return;
      }
      if (ready_ == filled_) {
        reduce_ready(host);
        harvest(ready_, host);
      }
    }
  }

 private:
  DeviceJob const& job_;
  DeviceArray<char> tables_;
  core::Program program_;
  Module module_;
  CUfunction kernel_;
  DevicePlan shape_;

  std::optional<GridMemory> grid_;
  DeviceArray<End> ends_;
  DeviceArray<float> counts_, last_;
  DeviceArray<float> row_values_;       ///< [slot][job.row_values], where slots have rows
  DeviceArray<core::i64> row_initial_;  ///< [slot][species without firing counters]
  DeviceArray<core::Piece> piece_table_;
  DeviceArray<u32> ended_;
  DeviceArray<Progress> progress_;
  Stream compute_, copy_;

  std::vector<Piece> pieces_;  ///< of the ring, as taken
  u64 filled_ = 0;             ///< pieces taken from the host
  u64 ready_ = 0;              ///< of these, in order, how many have ended
  u64 reduced_ = 0;            ///< and were reduced, as far as they can be
  u64 harvested_ = 0;          ///< and were handed on

  std::optional<SampleReduction> reduction_;
  std::vector<std::vector<ReducedPart>> parts_;  ///< of the ring's pieces, by first slot
  u64 waiting_bytes_ = 0;                        ///< of these
  u64 handed_ = 0;  ///< slots of the piece behind those harvested that were handed on already

  u64 bytes_per_thread() const {
    return GridMemory::bytes(1, job_.registers, job_.program.reactions);
  }
  u64 row() const { return u64{job_.samples} * job_.program.species; }
  u64 bytes_per_slot() const {
    return sizeof(End) + (row() + job_.program.species) * sizeof(float) +
           job_.own_rows * (job_.row_values * sizeof(float) + job_.program.hashed * sizeof(i64));
  }

  /// Of what the reduction keeps. It is there for one piece at a time; counted for each, to be on the
  /// safe side.
  u64 kept_bytes_per_slot() const {
    return job_.reduction.kept.size() * sizeof(double) +
           u64{job_.reduction.last_counts} * job_.program.species * sizeof(float);
  }

  /// As many threads as are resident and have work; four trajectories of results for each, at least
  /// one, as memory allows.
  void allocate(Device const& device, u64 resident) {
    u64 const work = std::max<u64>(1, job_.trajectories);
    u64 threads = std::min(resident, (work + block_threads - 1) / block_threads * block_threads);
    std::size_t free = 0, total = 0;
    check(driver().memory_info(&free, &total), "asking for free memory");
    u64 budget = static_cast<u64>(share_of_memory * static_cast<double>(free));
    for (;;) {
      u64 const for_sums =
          job_.reduction.image.empty() ? 0 : std::min(most_reduction_bytes, budget / 8);
      auto const slots_within = [&](u64 of_threads) {
        u64 const grid = of_threads * bytes_per_thread() + for_sums;
        u64 const fit =
            budget > grid ? (budget - grid) / (bytes_per_slot() + kept_bytes_per_slot()) : 0;
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
                        device.name, static_cast<double>(free) / 0x1p20, job_.samples,
                        job_.program.species,
                        static_cast<double>(bytes_per_slot() + block_threads * bytes_per_thread()) /
                            0x1p20),
            "", "Ask for fewer sample times, or use --engine cpu");
      // Sums are of whole units.
      u64 const unit = for_sums > 0 && slots >= reduction_unit ? reduction_unit : 1;
      shape_.pieces = static_cast<u32>(std::min<u64>(most_pieces, slots / unit));
      shape_.piece_slots = static_cast<u32>(slots / shape_.pieces / unit * unit);
      if (u64{shape_.pieces} * shape_.piece_slots < work && slots == work)
        shape_.piece_slots += static_cast<u32>(unit);
      shape_.threads = static_cast<u32>(threads);
      if (try_allocate(for_sums)) return;
      budget /= 2;
    }
  }

  /// False where the device is out of memory after all.
  bool try_allocate(u64 for_sums) {
    u64 const slots = u64{shape_.pieces} * shape_.piece_slots;
    try {
      grid_.emplace(shape_.threads, job_.registers, job_.program.reactions);
      ends_ = DeviceArray<End>(slots);
      counts_ = DeviceArray<float>(slots * row());
      last_ = DeviceArray<float>(slots * job_.program.species);
      if (job_.own_rows != 0) {
        row_values_ = DeviceArray<float>(slots * job_.row_values);
        row_initial_ = DeviceArray<core::i64>(slots * job_.program.hashed);
      }
      piece_table_ = DeviceArray<core::Piece>(shape_.pieces);
      ended_ = DeviceArray<u32>(shape_.pieces);
      progress_ = DeviceArray<Progress>(1);
      if (for_sums > 0) {
        reduction_.emplace(job_.reduction, job_.samples, job_.program.species);
        reduction_->allocate(shape_.piece_slots, for_sums);
      }
    } catch (DeviceFailure const& failure) {
      grid_.reset();
      reduction_.reset();
      ends_ = {};
      counts_ = {};
      last_ = {};
      row_values_ = {};
      row_initial_ = {};
      if (!failure.is_out_of_memory()) throw;
      return false;
    }
    shape_.bytes = shape_.threads * bytes_per_thread() + slots * bytes_per_slot() +
                   (reduction_ ? reduction_->bytes() : 0);
    ends_.fill_bytes(0xff, slots);
    ended_.fill_bytes(0, shape_.pieces);
    progress_.fill_bytes(0, 1);
    pieces_.assign(shape_.pieces, {});
    parts_.resize(shape_.pieces);
    return true;
  }

  Slice slice_of() const {
    Slice s{.program = program_,
            .block = grid_->block(),
            .keys = core::PhiloxKeys(job_.seed),
            .seed = job_.seed,
            .max_events = job_.max_events,
            .samples = job_.samples,
            .pairs = 0,
            .registers = job_.registers,
            .own_rows = job_.own_rows,
            .first = job_.first,
            .per_set = job_.per_set,
            .sisters = job_.sisters,
            .pieces = shape_.pieces,
            .piece_slots = shape_.piece_slots,
            .piece = piece_table_.get(),
            .ended = ended_.get(),
            .progress = progress_.get(),
            .ends = ends_.get(),
            .counts = counts_.get(),
            .last = last_.get()};
    if (job_.own_rows != 0) {
      s.program.schedule.values = row_values_.get();
      s.program.initial = row_initial_.get();
    }
    return s;
  }

  Progress progress_now() const {
    Progress progress{};
    progress_.download(&progress, 1);
    return progress;
  }

  /// Puts new pieces where old ones were handed on.
  void fill(DeviceHost& host) {
    while (filled_ - harvested_ < shape_.pieces) {
      PieceRows rows;
      Piece const taken = host.take(shape_.piece_slots, rows);
      if (taken.count == 0) return;
      auto const at = filled_ % shape_.pieces;
      if (job_.own_rows != 0) {
        u64 const slot = at * shape_.piece_slots;
        row_values_.upload(rows.values.data(), rows.values.size(), slot * job_.row_values);
        row_initial_.upload(rows.initial.data(), rows.initial.size(), slot * job_.program.hashed);
      }
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

  /// Hands on the pieces before `end`, those that have not ended as far as they have.
  void harvest(u64 end, DeviceHost& host) {
    for (; harvested_ < end; ++harvested_) harvest_piece(harvested_ % shape_.pieces, host);
  }

  void reduce_ready(DeviceHost& host) {
    for (; reduced_ < ready_; ++reduced_)
      if (reduction_) reduce_piece(reduced_ % shape_.pieces, host);
  }

  /// Sums of what ended on the device, of a piece that has ended as a whole.
  void reduce_piece(u64 at, DeviceHost& host) {
    Piece const piece = pieces_[at];
    u64 const least = std::max(reduction_unit, piece.count / most_gaps);
    if (piece.count < least) return;
    std::vector<End> ends(piece.count);
    ends_.download(ends.data(), piece.count, at * shape_.piece_slots);
    auto const is_gap = [](End const& end) { return end.status == core::leaves_float; };
    for (auto begin = ends.begin(); begin != ends.end();) {
      auto const end = std::find_if(begin, ends.end(), is_gap);
      auto const n = static_cast<u64>(end - begin);
      if (n >= least)
        reduce_parts(at, {piece.first + static_cast<u64>(begin - ends.begin()), n}, ends, host);
      begin = std::find_if_not(end, ends.end(), is_gap);
    }
  }

  /// Of a stretch without gaps, as far as the host takes sums.
  void reduce_parts(u64 at, Piece rest, std::vector<End> const& ends, DeviceHost& host) {
    while (rest.count >= reduction_unit) {
      auto const wanted = host.sums_wanted(rest);
      if (wanted.part.count == 0) return;
      if (wanted.part.count >= reduction_unit) reduce_part(at, wanted, ends);
      u64 const behind = wanted.part.first + wanted.part.count - rest.first;
      rest = {rest.first + behind, rest.count - behind};
      if (waiting_bytes_ <= most_waiting_bytes) continue;
      harvest(reduced_, host);
      hand_on_parts(at, host);
    }
  }

  void reduce_part(u64 at, SumsWanted const& wanted, std::vector<End> const& ends) {
    u64 const begin = wanted.part.first - pieces_[at].first, n = wanted.part.count;
    u64 const slot = at * shape_.piece_slots + begin, species = job_.program.species;
    ReducedPart part;
    part.begin = begin;
    auto const first = ends.begin() + static_cast<std::ptrdiff_t>(begin);
    part.ends.assign(first, first + static_cast<std::ptrdiff_t>(n));
    part.sums = reduction_->reduce(ends_.get() + slot, counts_.get() + slot * row(),
                                   static_cast<u32>(n), wanted.values);
    std::vector<float> last;
    for (u64 i = 0; i < n; ++i) {
      if (part.ends[i].status <= static_cast<u32>(core::Status::absorbed)) continue;
      if (last.empty()) {
        last.resize(n * species);
        last_.download(last.data(), last.size(), slot * species);
      }
      auto const state = last.begin() + static_cast<std::ptrdiff_t>(i * species);
      part.failed.insert(part.failed.end(), state, state + static_cast<std::ptrdiff_t>(species));
    }
    for (u64 const id : wanted.watched) {
      part.watched.resize(part.watched.size() + row());
      counts_.download(part.watched.data() + part.watched.size() - row(), row(),
                       (slot + id - wanted.part.first) * row());
    }
    waiting_bytes_ += bytes_of(part);
    parts_[at].push_back(std::move(part));
  }

  static u64 bytes_of(ReducedPart const& part) {
    auto const& sums = part.sums;
    return part.ends.size() * sizeof(End) +
           (part.failed.size() + part.watched.size() + sums.last_counts.size()) * sizeof(float) +
           sums.sums.size() * sizeof(core::ColumnSums) + sums.counts.size() * sizeof(u32) +
           (sums.products.size() + sums.lagged.size()) * sizeof(core::ProductSums) +
           sums.kept.size() * sizeof(double);
  }

  void harvest_piece(u64 at, DeviceHost& host) {
    hand_on_parts(at, host);
    hand_on(at, std::exchange(handed_, 0), pieces_[at].count, host);
  }

  /// Sums, and the trajectories before them, of the piece behind those harvested.
  void hand_on_parts(u64 at, DeviceHost& host) {
    for (auto const& part : parts_[at]) {
      hand_on(at, handed_, part.begin, host);
      host.sums(part);
      handed_ = part.begin + part.ends.size();
      waiting_bytes_ -= bytes_of(part);
    }
    parts_[at].clear();
  }

  /// Slots of a piece, one by one, in bites that fit into host memory.
  void hand_on(u64 at, u64 begin, u64 end, DeviceHost& host) {
    if (begin == end) return;
    u64 const species = job_.program.species;
    u64 const bite = std::clamp<u64>(most_harvest_bytes / bytes_per_slot(), 1, end - begin);
    PinnedArray<End> ends(bite);
    PinnedArray<float> counts(bite * row()), last(bite * species);
    for (; begin < end; begin += bite) {
      u64 const n = std::min(bite, end - begin), slot = at * shape_.piece_slots + begin;
      fetch(ends, ends_, slot, n);
      fetch(counts, counts_, slot * row(), n * row());
      fetch(last, last_, slot * species, n * species);
      copy_.synchronize("copying results");
      host.results({ends.get(), n}, counts.get(), last.get());
    }
  }

  template <class T>
  void fetch(PinnedArray<T> const& to, DeviceArray<T> const& from, u64 begin, u64 count) const {
    if (count > 0)
      check(driver().copy_to_host_async(to.get(), reinterpret_cast<CUdeviceptr>(from.get() + begin),
                                        count * sizeof(T), copy_.get()),
            "copying results");
  }
};

DeviceRun::DeviceRun(Device const& device, DeviceJob const& job)
    : impl_(std::make_unique<Impl>(device, job)) {}
DeviceRun::~DeviceRun() = default;
DevicePlan const& DeviceRun::plan() const { return impl_->shape(); }
void DeviceRun::run(DeviceHost& host) { impl_->run(host); }

}  // namespace cristae::cuda
