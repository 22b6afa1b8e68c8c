// cuda/device_program.hpp - a network's tables in device memory.
#pragma once

#include "cuda/device_memory.hpp"
#include "host/engine/tables.hpp"

namespace cristae::cuda {

/// Owns what program() points to.
class DeviceProgram {
 public:
  explicit DeviceProgram(core::Program const& on_host);
  core::Program const& program() const { return program_; }

 private:
  core::Program program_;
  std::vector<DeviceArray<std::byte>> arrays_;

  template <class T>
  void move(T const*& array, usize count);
};

}  // namespace cristae::cuda
