// cuda/device_code.hpp - which kernel a run takes: generated for its network, or the one over tables.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cuda/driver.hpp"
#include "cuda/network_cubin.hpp"
#include "host/engine/tables.hpp"

namespace cristae::cuda {

/// Generated code where the plan allows it and NVRTC makes it for all devices; else tables, which
/// need no compiler.
class DeviceCode {
 public:
  /// Throws Error(device) where generated code is asked for and cannot be had, with the compiler's
  /// words.
  DeviceCode(LawGraph const& graph, RunPlan const& plan, std::vector<Device> const& devices);

  /// What all its kernels read.
  Tables const& tables() const { return *tables_; }
  Cubin const& kernel(Device const& device) const { return kernels_.at(device.architecture()); }
  /// For people.
  std::string const& text() const { return text_; }

 private:
  std::unique_ptr<Tables> tables_;
  std::map<std::string, Cubin> kernels_;  ///< by architecture
  std::string text_;

  /// Why there is none; empty where there is.
  std::string generate(std::vector<Device> const& devices);
};

}  // namespace cristae::cuda
