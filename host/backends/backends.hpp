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
  std::string reason;                  ///< why not, where not usable
  double instructions_per_second = 0;  ///< of a GPU, at most: all threads together
};

/// Every engine and device this build and machine know, usable or not.
std::vector<DeviceInfo> list_devices();

/// Makes an engine for a plan; `name` is auto, cpu, cuda, all (cpu and cuda) or reference. auto takes
/// the one that is predicted to end first, and says so in Engine::remarks() where a GPU is there.
/// Throws Error: usage for an unknown name or ISA, device (6) where it cannot run here, model (3)
/// for a network the engine cannot take.
std::unique_ptr<Engine> make_engine(std::string const& name, RunPlan const& plan);

/// The code that is generated for the laws of a plan's network, as text.
std::string generated_code(RunPlan const& plan);

/// Runs trajectory plan.first alone, with the bits it has in any ensemble of the plan's seed: same
/// events, same samples, same contract hash. `log` sees every event, `sink` the samples and the end.
/// Throws Error as the cpu engine does. Stops early, without an end, where control.stop is set.
void replay_trajectory(RunPlan const& plan, EventLog& log, SampleSink& sink, RunControl& control);

}  // namespace cristae
