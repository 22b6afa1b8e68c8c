// cuda/device_run.hpp - a network on one GPU: memory, slices, and results to the host.
#pragma once

#include <memory>
#include <string>

#include "cuda/device_job.hpp"
#include "cuda/driver.hpp"

namespace cristae::cuda {

/// The context of one device, current in this thread while it lives.
class Context {
 public:
  explicit Context(Device const& device);
  Context(Context const&) = delete;
  Context& operator=(Context const&) = delete;
  ~Context();

 private:
  CUdevice handle_ = 0;
};

/// What a device computes with, for people and for the tests.
struct DevicePlan {
  u32 threads = 0;      ///< of the grid: trajectories at a time
  u32 pieces = 0;       ///< of the ring of results
  u32 piece_slots = 0;  ///< trajectories of each
  u64 bytes = 0;        ///< of device memory
  int registers = 0;    ///< per thread
  int local_bytes = 0;  ///< per thread: spilled
};

/// A job on its device. All calls on one thread, in which the device's context is current.
class DeviceRun {
 public:
  /// Throws DeviceFailure, or Error(device) where the device has too little memory, with the
  /// figures. `job` must outlive this.
  DeviceRun(Device const& device, DeviceJob const& job);
  ~DeviceRun();

  DevicePlan const& plan() const;

  /// Until the host has no more trajectories and all are done, or says stop: then hands on those
  /// that have ended. Throws DeviceFailure: what was not handed on is lost.
  void run(DeviceHost& host);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cristae::cuda
