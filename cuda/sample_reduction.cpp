// cuda/sample_reduction.cpp - memory and launches of a reduction; bins between its passes.
#include "cuda/sample_reduction.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cristae::cuda {
namespace {

/// Of the second dimension of a grid.
constexpr u64 most_times = 4096;
/// A row of values has one block for so many slots.
constexpr u64 slots_per_block = 4096;
/// Products over lags have at least so many slots at once.
constexpr u64 least_slots = 32;

constexpr char const* kernels = R"(
using namespace cristae::core;
#define CRISTAE_KERNEL extern "C" __global__ void __launch_bounds__(BLOCK_THREADS)

CRISTAE_KERNEL cristae_values(__grid_constant__ Reduction const r) {
  reduce_values<Columns>(r, blockIdx.x * blockDim.x + threadIdx.x, blockIdx.y);
}
CRISTAE_KERNEL cristae_sums(__grid_constant__ Reduction const r) {
  reduce_sums(r, blockIdx.x, blockIdx.y * blockDim.x + threadIdx.x, gridDim.y * blockDim.x);
}
CRISTAE_KERNEL cristae_counts(__grid_constant__ Reduction const r) {
  reduce_counts(r, blockIdx.x, blockIdx.y * blockDim.x + threadIdx.x, gridDim.y * blockDim.x);
}
CRISTAE_KERNEL cristae_products(__grid_constant__ Reduction const r) {
  reduce_products(r, blockIdx.x, blockIdx.y * blockDim.x + threadIdx.x, gridDim.y * blockDim.x);
}
CRISTAE_KERNEL cristae_kept(__grid_constant__ Reduction const r) {
  u64 const i = u64(blockIdx.x) * blockDim.x + threadIdx.x;
  reduce_kept(r, u32(i / r.slots), u32(i % r.slots));
}
CRISTAE_KERNEL cristae_last_counts(__grid_constant__ Reduction const r) {
  u64 const i = u64(blockIdx.x) * blockDim.x + threadIdx.x;
  copy_last_counts(r, u32(i / r.species), u32(i % r.species));
}
)";

constexpr char const* lagged_kernels = R"(
CRISTAE_KERNEL cristae_groups(__grid_constant__ LaggedReduction const l) {
  find_group(l, blockIdx.x * blockDim.x + threadIdx.x, blockIdx.y);
}
CRISTAE_KERNEL cristae_lagged(__grid_constant__ LaggedReduction const l) {
  reduce_lagged(l, blockIdx.x, blockIdx.y * blockDim.x + threadIdx.x, gridDim.y * blockDim.x);
}
)";

u64 blocks_over(u64 threads) { return (threads + block_threads - 1) / block_threads; }
u64 blocks_per_row(u64 slots) {
  return std::clamp<u64>((slots + slots_per_block - 1) / slots_per_block, 1, 64);
}

}  // namespace

std::string reduction_source(ReductionRequest const& request) {
  bool const has_lagged = !request.lagged.empty();
  return fmt::format("#include \"host/core/reduction.hpp\"\n{}\n{}\n#define BLOCK_THREADS {}{}{}",
                     has_lagged ? "#include \"host/core/lagged_reduction.hpp\"\n" : "",
                     request.columns, block_threads, kernels, has_lagged ? lagged_kernels : "");
}

u64 lagged_bytes(ReductionRequest const& request) {
  return request.lagged.size() * core::lagged_sums(request.lag_times, request.lags) *
         request.lag_groups * sizeof(core::ProductSums);
}

SampleReduction::SampleReduction(ReductionJob const& job, u32 samples, u32 species)
    : job_(job), samples_(samples), species_(species), module_(job.image),
      values_kernel_(module_.function("cristae_values")),
      sums_kernel_(module_.function("cristae_sums")),
      counts_kernel_(module_.function("cristae_counts")),
      products_kernel_(module_.function("cristae_products")),
      kept_kernel_(module_.function("cristae_kept")),
      last_counts_kernel_(module_.function("cristae_last_counts")) {
  if (job.lagged.empty()) return;
  groups_kernel_ = module_.function("cristae_groups");
  lagged_kernel_ = module_.function("cristae_lagged");
}

void SampleReduction::allocate(u64 slots, u64 bytes) {
  u64 const row = slots * sizeof(i64) + sizeof(core::ColumnSums) + sizeof(core::BinRow) +
                  core::most_bins * sizeof(u32);
  u64 const of_time = job_.columns * row + pairs() * sizeof(core::ProductSums) + sizeof(u32);
  kept_ = DeviceArray<core::KeptNumber>(job_.kept.data(), job_.kept.size());
  kept_values_ = DeviceArray<double>(job_.kept.size() * slots);
  last_counts_ = DeviceArray<float>(job_.last_counts * slots * species_);
  u64 const of_slots = kept_values_.size() * sizeof(double) + last_counts_.size() * sizeof(float);
  u64 const for_times = std::max(bytes / 4, bytes > of_slots ? bytes - of_slots : 0);
  times_ = std::clamp<u64>(for_times / of_time, 1, std::min<u64>(samples_, most_times));
  u64 const rows = times_ * job_.columns;
  constants_ = DeviceArray<double>(job_.constants + slots * job_.cell_values);
  parameters_ = DeviceArray<double>(u64{job_.parameters} * samples_);
  u64 const for_lags = u64{job_.lag_times} * job_.columns * std::min(slots, least_slots);
  values_ = DeviceArray<i64>(std::max(rows * slots, for_lags));
  sums_ = DeviceArray<core::ColumnSums>(rows);
  bins_ = DeviceArray<core::BinRow>(rows);
  bin_counts_ = DeviceArray<u32>(rows * core::most_bins);
  product_times_ = DeviceArray<u32>(times_);
  products_ = DeviceArray<core::ProductSums>(times_ * pairs());
  lagged_columns_ = DeviceArray<LaggedColumns>(job_.lagged.data(), job_.lagged.size());
  lagged_ = DeviceArray<core::ProductSums>(job_.lagged.size() * lagged_sums() * job_.lag_groups);
  groups_ = DeviceArray<u32>(job_.lagged.size() * slots);
}

u64 SampleReduction::bytes() const {
  auto const of = [](auto const&... arrays) {
    return (... + (arrays.size() * sizeof(*arrays.get())));
  };
  return of(constants_, parameters_, values_, sums_, bins_, bin_counts_, product_times_, products_,
            lagged_, lagged_columns_, groups_, kept_, kept_values_, last_counts_);
}

SampleSums SampleReduction::reduce(core::End const* ends, float const* counts, u32 slots,
                                   ColumnValues const& values) {
  constants_.upload(values.constants.data(), values.constants.size());
  parameters_.upload(values.parameters.data(), values.parameters.size());
  SampleSums result;
  result.sums.assign(usize{samples_} * job_.columns, core::no_sums());
  core::Reduction r{.samples = samples_,
                    .species = species_,
                    .columns = job_.columns,
                    .slots = slots,
                    .first = 0,
                    .times = 0,
                    .kept_count = static_cast<u32>(job_.kept.size()),
                    .ends = ends,
                    .counts = counts,
                    .constants = constants_.get(),
                    .parameters = parameters_.get(),
                    .values = values_.get(),
                    .sums = sums_.get(),
                    .bins = bins_.get(),
                    .bin_counts = bin_counts_.get(),
                    .product_times = product_times_.get(),
                    .products = products_.get(),
                    .kept = kept_.get(),
                    .kept_values = kept_values_.get(),
                    .last_counts = last_counts_.get()};
  for (; job_.columns > 0 && r.first < samples_; r.first += r.times) {
    r.times = static_cast<u32>(std::min<u64>(times_, samples_ - r.first));
    u64 const rows = u64{r.times} * job_.columns;
    core::ColumnSums* const of_times = result.sums.data() + u64{r.first} * job_.columns;
    sums_.upload(of_times, rows);
    launch(values_kernel_, r, blocks_over(slots), r.times, "evaluating columns");
    launch(sums_kernel_, r, rows, blocks_per_row(slots), "summing up samples");
    if (!job_.kept.empty())
      launch(kept_kernel_, r, blocks_over(job_.kept.size() * slots), 1, "keeping numbers");
    stream_.synchronize("summing up samples");
    sums_.download(of_times, rows);
    add_histograms(r, result);
    if (job_.products != 0) add_products(r, result);
  }
  if (!job_.lagged.empty()) add_lagged(r, values, result);
  add_kept(r, result);
  return result;
}

template <class Arguments>
void SampleReduction::launch(CUfunction kernel, Arguments const& arguments, u64 x, u64 y,
                             char const* what) const {
  Arguments copy = arguments;
  void* pointers[] = {&copy};
  check(driver().launch(kernel, static_cast<unsigned>(x), static_cast<unsigned>(y), 1,
                        block_threads, 1, 1, 0, stream_.get(), pointers, nullptr),
        what);
}

/// The extremes are known now, and with them the bins.
void SampleReduction::add_histograms(core::Reduction r, SampleSums& result) const {
  std::vector<core::BinRow> rows;
  u64 total = 0;
  for (u32 const sample : job_.histogram_times) {
    if (sample < r.first || sample >= r.first + r.times) continue;
    for (u32 c = 0; c < job_.columns; ++c) {
      auto const& sums = result.sums[u64{sample} * job_.columns + c];
      auto const bins = core::bins_of(sums.min, sums.max);
      rows.push_back({bins, (sample - r.first) * job_.columns + c, total});
      total += bins.count;
    }
  }
  if (total == 0) return;
  bins_.upload(rows.data(), rows.size());
  bin_counts_.fill_bytes(0, total);
  launch(counts_kernel_, r, rows.size(), blocks_per_row(r.slots), "counting samples");
  stream_.synchronize("counting samples");
  result.counts.resize(result.counts.size() + total);
  bin_counts_.download(result.counts.data() + result.counts.size() - total, total);
}

void SampleReduction::add_products(core::Reduction r, SampleSums& result) const {
  std::vector<u32> times;
  for (u32 const sample : job_.histogram_times)
    if (sample >= r.first && sample < r.first + r.times) times.push_back(sample - r.first);
  if (times.empty() || job_.columns == 0) return;
  u64 const sums = times.size() * pairs();
  product_times_.upload(times.data(), times.size());
  products_.fill_bytes(0, sums);
  launch(products_kernel_, r, sums, blocks_per_row(r.slots), "multiplying samples");
  stream_.synchronize("multiplying samples");
  result.products.resize(result.products.size() + sums);
  products_.download(result.products.data() + result.products.size() - sums, sums);
}

void SampleReduction::add_kept(core::Reduction const& r, SampleSums& result) const {
  if (job_.last_counts != 0) {
    launch(last_counts_kernel_, r, blocks_over(u64{r.slots} * species_), 1, "copying copy numbers");
    stream_.synchronize("copying copy numbers");
    result.last_counts.resize(u64{r.slots} * species_);
    last_counts_.download(result.last_counts.data(), result.last_counts.size());
  }
  result.kept.resize(job_.kept.size() * r.slots);
  kept_values_.download(result.kept.data(), result.kept.size());
}

/// Of some slots at a time, whose values are there at all times at once.
void SampleReduction::add_lagged(core::Reduction r, ColumnValues const& values,
                                 SampleSums& result) const {
  u64 const slots = r.slots, pairs = job_.lagged.size();
  u64 const at_once = values_.size() / (u64{job_.lag_times} * job_.columns);
  lagged_.fill_bytes(0, lagged_.size());
  core::End const* const ends = r.ends;
  float const* const counts = r.counts;
  for (u64 begin = 0; begin < slots; begin += at_once) {
    r.slots = static_cast<u32>(std::min(at_once, slots - begin));
    r.ends = ends + begin;
    r.counts = counts + begin * samples_ * species_;
    constants_.upload(values.constants.data() + job_.constants + begin * job_.cell_values,
                      r.slots * job_.cell_values, job_.constants);
    for (r.first = 0; r.first < job_.lag_times; r.first += r.times) {
      r.times = static_cast<u32>(std::min<u64>(times_, job_.lag_times - r.first));
      r.values = values_.get() + u64{r.first} * job_.columns * r.slots;
      launch(values_kernel_, r, blocks_over(r.slots), r.times, "evaluating columns");
    }
    r.first = 0;
    r.times = job_.lag_times;
    r.values = values_.get();
    core::LaggedReduction const l{.r = r,
                                  .lags = job_.lags,
                                  .groups = job_.lag_groups,
                                  .first = values.first + begin,
                                  .alike = job_.alike,
                                  .columns = reinterpret_cast<u32 const*>(lagged_columns_.get()),
                                  .group = groups_.get(),
                                  .sums = lagged_.get()};
    launch(groups_kernel_, l, blocks_over(r.slots), pairs, "looking at trajectories");
    launch(lagged_kernel_, l, pairs * lagged_sums(), blocks_per_row(r.slots),
           "multiplying samples over lags");
    stream_.synchronize("multiplying samples over lags");
  }
  result.lagged.resize(lagged_.size());
  lagged_.download(result.lagged.data(), lagged_.size());
}

}  // namespace cristae::cuda
