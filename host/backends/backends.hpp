// host/backends/backends.hpp - which engines are here, and how one is made.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/engine/engine.hpp"

namespace cristae {

struct DeviceInfo {
  std::string engine;  ///< "cpu", "reference", "cuda"
  std::string name;
  std::string detail;
  bool usable = false;
  std::string reason;  ///< why not, where not usable
};

/// Every engine and device this build and machine know, usable or not.
std::vector<DeviceInfo> list_devices();

/// Makes an engine for a plan; `name` is auto, cpu, reference or cuda.
/// Throws Error: usage for an unknown name or ISA, device (6) where it cannot run here, model (3)
/// for a network the engine cannot take.
std::unique_ptr<Engine> make_engine(std::string const& name, RunPlan const& plan);

}  // namespace cristae
