// cuda/sample_reduction.hpp - samples in device memory as exact sums, histograms and products.
#pragma once

#include <string>

#include "cuda/device_job.hpp"
#include "cuda/device_memory.hpp"
#include "cuda/module.hpp"
#include "host/core/lagged_reduction.hpp"
#include "host/engine/reduction.hpp"

namespace cristae::cuda {

/// The text of the kernels for NVRTC: the passes of host/core/reduction.hpp and lagged_reduction.hpp
/// over the request's columns.
std::string reduction_source(ReductionRequest const& request);
/// Of the sums over lags of one part.
u64 lagged_bytes(ReductionRequest const& request);

/// Reduces slots in some sample times at a time, as its memory allows. All calls on one thread, whose
/// current context is the device's.
class SampleReduction {
 public:
  /// The job must outlive this.
  SampleReduction(ReductionJob const& job, u32 samples, u32 species);

  /// For at most so many slots; takes about `bytes`, but enough for one sample time in any case.
  void allocate(u64 slots, u64 bytes);
  u64 bytes() const;

  /// Of `slots` consecutive ones, none of which left float32. `ends` and `counts` are the device's;
  /// `values` as SumsWanted has them.
  SampleSums reduce(core::End const* ends, float const* counts, u32 slots,
                    ColumnValues const& values);

 private:
  ReductionJob const& job_;
  u32 samples_, species_;
  Module module_;
  CUfunction values_kernel_, sums_kernel_, counts_kernel_, products_kernel_, kept_kernel_,
      last_counts_kernel_;
  CUfunction groups_kernel_ = nullptr, lagged_kernel_ = nullptr;  ///< where there are pairs
  Stream stream_;
  u64 times_ = 0;  ///< at once

  DeviceArray<double> constants_, parameters_;
  DeviceArray<i64> values_;
  DeviceArray<core::ColumnSums> sums_;
  DeviceArray<core::BinRow> bins_;
  DeviceArray<u32> bin_counts_, product_times_;
  DeviceArray<core::ProductSums> products_, lagged_;
  DeviceArray<LaggedColumns> lagged_columns_;
  DeviceArray<u32> groups_;
  DeviceArray<core::KeptNumber> kept_;
  DeviceArray<double> kept_values_;
  DeviceArray<float> last_counts_;

  u64 pairs() const { return job_.products == 0 ? 0 : u64{job_.columns} * (job_.columns + 1) / 2; }
  u64 lagged_sums() const { return core::lagged_sums(job_.lag_times, job_.lags); }
  template <class Arguments>
  void launch(CUfunction kernel, Arguments const& arguments, u64 x, u64 y, char const* what) const;
  void add_histograms(core::Reduction arguments, SampleSums& result) const;
  void add_products(core::Reduction arguments, SampleSums& result) const;
  void add_lagged(core::Reduction arguments, ColumnValues const& values, SampleSums& result) const;
  void add_kept(core::Reduction const& arguments, SampleSums& result) const;
};

}  // namespace cristae::cuda
