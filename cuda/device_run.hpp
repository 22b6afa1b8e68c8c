// cuda/device_run.hpp - a network on one GPU: memory, slices, and results to the host.
#pragma once

#include <memory>
#include <string>

#include "cuda/device_memory.hpp"
#include "cuda/device_program.hpp"
#include "cuda/network_cubin.hpp"
#include "host/core/slice.hpp"
#include "host/engine/engine.hpp"
#include "host/engine/piece_queue.hpp"

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

/// Takes pieces from a queue and hands every trajectory to a sink. All calls on the thread that made
/// it, whose current context is the device's.
class DeviceRun {
 public:
  /// `cubin` is of kernel_source(tables); tables have stride 1. Throws DeviceFailure, or Error(device)
  /// where the device has too little memory, with the figures.
  DeviceRun(Device const& device, RunPlan const& plan, Tables const& tables, Cubin const& cubin);
  ~DeviceRun();

  DevicePlan const& plan() const;

  /// Until the queue is empty and all is done, or control.stop is set: then with those trajectories
  /// that have ended. Trajectories whose copy numbers leave float32 are not handed to the sink but to
  /// `left_float`. Throws DeviceFailure: then nothing of what was not yet handed on is lost but time,
  /// and unfinished() names it.
  void run(PieceQueue& queue, SampleSink& sink, PieceQueue& left_float, RunControl& control);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cristae::cuda
