// cuda/cuda_engine.cpp - one run on all GPUs: who computes which trajectories, and what if one fails.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

#include "cuda/device_code.hpp"
#include "cuda/sample_reduction.hpp"
#include "cuda/worker.hpp"
#include "host/backends/cuda_backend.hpp"
#include "host/cpu/cpu_engine.hpp"
#include "host/cpu/trajectory_end.hpp"
#include "host/engine/cells.hpp"
#include "host/engine/reduction.hpp"
#include "host/engine/threads.hpp"

namespace cristae {
namespace {

using cuda::Device;
using cuda::DeviceJob;

/// After so many failures a device gets no more work in this run.
constexpr u32 most_failures = 2;
/// With more sums than this over lags of a part, its samples are hardly more.
constexpr u64 most_lagged_bytes = u64{256} << 20;

std::string name_of(Device const& device) {
  return fmt::format("GPU {} ({}, {})", device.ordinal, device.name, device.architecture());
}

/// What the devices of a run share.
struct SharedRun {
  RunPlan const& plan;
  LawGraph const& graph;
  Tables const& tables;
  PieceQueue& queue;
  SampleSink& sink;
  RunControl& control;
  PieceQueue left_float = PieceQueue();  ///< trajectories of which a copy number left float32
};

/// Answers one device, and remembers what it has not handed on.
class EngineHost final : public cuda::DeviceHost {
 public:
  explicit EngineHost(SharedRun& run) : run_(run) {}

  /// Whatever was taken and not handed on goes back to the queue. Returns how much.
  u64 give_back() {
    u64 count = 0;
    for (auto const& piece : taken_) {
      run_.queue.give_back(piece);
      count += piece.count;
    }
    taken_.clear();
    return count;
  }

  Piece take(u64 most, cuda::PieceRows& rows) override {
    Piece piece = run_.control.stop ? Piece{} : run_.queue.take(most);
    if (piece.count == most) end_with_a_part(piece);
    if (piece.count > 0) taken_.push_back(piece);
    if (run_.plan.experiment->has_rows()) fill(rows, piece);
    return piece;
  }

  void results(std::span<core::End const> ends, float const* counts, float const* last) override {
    usize const samples = run_.plan.experiment->sample_times.size();
    usize const species = run_.tables.program().species;
    u64 const first = taken_.front().first;
    std::atomic<usize> next{0};
    on_threads(ends.size(), [&] {
      std::vector<double> rows(samples * species);
      for (usize i = next++; i < ends.size(); i = next++) {
        core::End const& end = ends[i];
        if (end.status == core::leaves_float || end.status == core::not_ended) continue;
        to_rows(counts + i * rows.size(), end.samples, rows);
        run_.sink.finished(end_of_slot(first + i, end, last + i * species), rows);
        run_.control.trajectories.fetch_add(1, std::memory_order_relaxed);
      }
    });
    for (usize i = 0; i < ends.size(); ++i)
      if (ends[i].status == core::leaves_float) run_.left_float.give_back({first + i, 1});
    handed_on(ends.size());
  }

  cuda::SumsWanted sums_wanted(Piece ended) override {
    cuda::SumsWanted wanted;
    auto* const reduction = run_.sink.reduction();
    if (reduction == nullptr) return wanted;
    wanted.part = first_part(*reduction, ended);
    if (wanted.part.count == 0) return wanted;
    wanted.values = reduction->values(wanted.part);
    add_cells(*reduction, wanted);
    u64 const end = wanted.part.first + wanted.part.count;
    for (u64 id = reduction->next_watched(wanted.part.first); id < end;
         id = reduction->next_watched(id + 1))
      wanted.watched.push_back(id);
    return wanted;
  }

  void sums(cuda::ReducedPart const& part) override {
    auto& reduction = *run_.sink.reduction();
    usize const samples = run_.plan.experiment->sample_times.size();
    usize const species = run_.tables.program().species;
    std::vector<TrajectoryEnd> ends;
    float const* failed = part.failed.data();
    u64 const first = taken_.front().first;
    for (core::End const& end : part.ends) {
      ends.push_back(end_of_slot(first + ends.size(), end, failed));
      if (end.status > static_cast<u32>(core::Status::absorbed)) failed += species;
    }
    std::vector<double> rows(samples * species);
    u64 id = first;
    for (usize at = 0; at < part.watched.size(); at += rows.size(), ++id) {
      id = reduction.next_watched(id);
      auto const& end = ends.at(id - first);
      to_rows(part.watched.data() + at, end.samples, rows);
      reduction.watched(end, rows);
    }
    reduction.reduced({first, ends, part.sums.sums, part.sums.counts, part.sums.products,
                       part.sums.lagged, part.sums.kept, part.sums.last_counts});
    run_.control.trajectories.fetch_add(ends.size(), std::memory_order_relaxed);
    handed_on(ends.size());
  }

  bool progress(u64 events) override {
    run_.control.events.fetch_add(events - std::exchange(events_, events),
                                  std::memory_order_relaxed);
    return run_.control.stop.load(std::memory_order_relaxed);
  }

 private:
  SharedRun& run_;
  std::vector<Piece> taken_;
  u64 events_ = 0;

  /// A few of `items` for each thread at least.
  template <class Body>
  void on_threads(usize items, Body const& body) const {
    RunPlan as_many;
    as_many.threads = run_.plan.threads;
    as_many.trajectories = items / 16;
    run_on_threads(useful_threads(as_many), run_.control, body);
  }

  /// The first part that is large enough for its sums to be worth it; none where there is none.
  static Piece first_part(ReductionSink const& reduction, Piece piece) {
    u64 const end = piece.first + piece.count;
    while (piece.count > 0) {
      Piece const part = reduction.reducible(piece);
      if (part.count == 0 || part.count >= reduction_unit) return part;
      piece.first = part.first + part.count;
      piece.count = end - piece.first;
    }
    return {};
  }

  /// Gives back what would be left over behind the last part that sums are taken of.
  void end_with_a_part(Piece& piece) const {
    auto* const reduction = run_.sink.reduction();
    if (reduction == nullptr) return;
    u64 const end = piece.first + piece.count;
    u64 whole = piece.first;
    for (;;) {
      Piece const part = first_part(*reduction, {whole, end - whole});
      if (part.count == 0) break;
      whole = part.first + part.count;
    }
    if (whole == piece.first || whole == end) return;
    run_.queue.give_back({whole, end - whole});
    piece.count = whole - piece.first;
  }

  void add_cells(ReductionSink& reduction, cuda::SumsWanted& wanted) const {
    constexpr u64 at_once = 64;
    u64 const values = reduction.request().cell_values, cells = wanted.part.count;
    if (values == 0) return;
    auto& to = wanted.values.constants;
    usize const before = to.size();
    to.resize(before + cells * values);
    std::atomic<u64> next{0};
    on_threads(cells, [&] {
      for (u64 i; (i = next.fetch_add(at_once)) < cells;)
        reduction.cell_values({wanted.part.first + i, std::min(at_once, cells - i)},
                              to.data() + before + i * values);
    });
  }

  void fill(cuda::PieceRows& rows, Piece piece) const {
    CellRows const shape(run_.graph, run_.tables, run_.plan);
    rows.values.resize(piece.count * shape.values());
    rows.initial.resize(piece.count * shape.initial());
    std::atomic<u64> next{0};
    on_threads(piece.count, [&] {
      CellRows of_thread = shape;
      for (u64 i = next++; i < piece.count; i = next++)
        of_thread.fill(run_.plan.place_of(piece.first + i), rows.values.data() + i * shape.values(),
                       rows.initial.data() + i * shape.initial());
    });
  }

  /// Pieces are handed on in the order in which they were taken.
  void handed_on(u64 count) {
    Piece& piece = taken_.front();
    piece.first += count;
    piece.count -= count;
    if (piece.count == 0) taken_.erase(taken_.begin());
  }

  /// From [sample][species] to what sinks get.
  void to_rows(float const* from, u32 reached, std::vector<double>& rows) const {
    usize const samples = run_.plan.experiment->sample_times.size();
    usize const species = run_.tables.program().species;
    for (usize k = 0; k < reached; ++k)
      for (usize s = 0; s < species; ++s)
        rows[s * samples + k] = static_cast<double>(from[k * species + s]);
  }

  TrajectoryEnd end_of_slot(u64 number, core::End const& end, float const* last) const {
    core::TrajectoryState t{};
    t.id = end.id;
    t.draw = end.events;
    t.hash = end.hash;
    t.left = {end.left_high, end.left_low};
    t.stop = end.stop;
    t.sample = end.samples;
    core::NarrowCounts const counts{const_cast<float*>(last), 1, 0};
    auto made = end_of(t, static_cast<core::Status>(end.status), end.reaction, counts, run_.tables,
                       run_.plan);
    made.id = number;
    return made;
  }
};

class CudaEngine final : public Engine {
 public:
  CudaEngine(RunPlan const& plan, CpuPart cpu_part)
      : plan_(plan), cpu_part_(cpu_part), devices_(cuda::list_devices_apart()),
        graph_(build_law_graph(*plan.experiment->network)), code_(graph_, plan_, devices_) {}

  std::string name() const override { return cpu_part_ == CpuPart::shares ? "all" : "cuda"; }
  std::string isa() const override {
    std::vector<std::string> names;
    for (auto const& device : devices_) names.push_back(name_of(device));
    if (cpu_part_ == CpuPart::shares) names.push_back(usable_isas().front());
    return fmt::format("{}", fmt::join(names, ", "));
  }
  u32 threads() const override { return useful_threads(plan_); }
  std::string code() const override { return code_.text(); }
  std::vector<Diagnostic> remarks() const override { return remarks_; }

  void run(SampleSink& sink, RunControl& control) override {
    PieceQueue queue(plan_.todo());
    SharedRun run{plan_, graph_, code_.tables(), queue, sink, control};
    {
      std::vector<std::jthread> others;
      for (auto const& device : devices_)
        others.emplace_back([&] { guarded(control, [&] { serve(device, run); }); });
      if (cpu_part_ == CpuPart::shares)
        others.emplace_back([&] { guarded(control, [&] { run_on_cpu(run, queue); }); });
    }
    if (failure_) std::rethrow_exception(failure_);
    // What no card would compute, and what left float32: on the CPU, with the same bits.
    for (PieceQueue* rest : {&queue, &run.left_float})
      if (rest->left() > 0 && !control.stop) run_on_cpu(run, *rest);
  }

 private:
  RunPlan plan_;
  CpuPart cpu_part_;
  std::vector<Device> devices_;
  LawGraph graph_;
  cuda::DeviceCode code_;
  std::mutex mutex_;
  std::vector<Diagnostic> remarks_;
  std::exception_ptr failure_;

  template <class Body>
  void guarded(RunControl& control, Body const& body) {
    try {
      body();
    } catch (...) {
      std::lock_guard const lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      control.stop = true;
    }
  }

  void run_on_cpu(SharedRun& run, PieceQueue& queue) const {
    RunPlan plan = plan_;
    plan.queue = &queue;
    plan.trajectories = queue.left();
    plan.pieces.clear();
    make_cpu_engine(plan)->run(run.sink, run.control);
  }

  void serve(Device const& device, SharedRun& run) {
    DeviceJob job(plan_, code_.tables(), code_.kernel(device));
    job.device = device.ordinal;
    job.reduction = reduction_for(device.architecture(), run.sink);
    for (u32 failures = 0; failures < most_failures && !run.control.stop;) {
      EngineHost host(run);
      try {
        cuda::Worker worker;
        worker.serve(job, host);
        return;
      } catch (cuda::WorkerFailure const& failure) {
        ++failures;
        remark(device, failure, host.give_back(), failures == most_failures);
      }
    }
  }

  /// None where every trajectory is needed.
  cuda::ReductionJob reduction_for(std::string const& architecture, SampleSink& sink) {
    auto* const reduction = sink.reduction();
    if (reduction == nullptr) return {};
    auto const& request = reduction->request();
    if (cuda::lagged_bytes(request) > most_lagged_bytes) return {};
    std::lock_guard const lock(mutex_);  // cards of one kind share what is compiled
    auto cubin = cuda::compile_kernel(cuda::reduction_source(request), architecture);
    if (cubin.image.empty())
      remarks_.push_back({Severity::warning,
                          {},
                          "the columns cannot be compiled for the GPU",
                          std::move(cubin.reason),
                          "Their statistics are computed on the CPU"});
    return {std::move(cubin.image), request};
  }

  void remark(Device const& device, cuda::WorkerFailure const& failure, u64 lost, bool is_last) {
    std::lock_guard const lock(mutex_);
    remarks_.push_back(
        {Severity::warning,
         {},
         fmt::format("{}: {}", name_of(device), failure.problem),
         failure.reason,
         fmt::format("{} trajectories are computed again, {}", lost,
                     is_last ? "elsewhere; the card gets no more work" : "with a new process")});
  }
};

}  // namespace

std::vector<DeviceInfo> list_cuda_devices() {
  try {
    std::vector<DeviceInfo> found;
    for (auto const& device : cuda::list_devices_apart())
      found.push_back(
          {"cuda", device.name,
           fmt::format("{}, {:.1f} GiB, {} multiprocessors, driver {}.{}", device.architecture(),
                       static_cast<double>(device.memory) / 0x1p30, device.multiprocessors,
                       device.driver_version / 1000, device.driver_version % 1000 / 10),
           true, ""});
    return found;
  } catch (Error const& error) {
    auto const& finding = error.diagnostics().front();
    return {{"cuda", "NVIDIA GPUs", "", false,
             finding.reason.empty() ? finding.problem
                                    : fmt::format("{} ({})", finding.problem, finding.reason)}};
  }
}

std::unique_ptr<Engine> make_cuda_engine(RunPlan const& plan, CpuPart cpu) {
  return std::make_unique<CudaEngine>(plan, cpu);
}

}  // namespace cristae
