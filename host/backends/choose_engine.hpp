// host/backends/choose_engine.hpp - which engine will finish a run first, by a simple model.
#pragma once

#include <string>

#include "host/base/types.hpp"

namespace cristae {

/// What is known of a run beforehand.
struct RunForecast {
  double trajectories = 0;
  double events = 0;  ///< of each
  u32 reactions = 0;
  u32 cpu_threads = 1;
  double gpu_instructions = 0;  ///< of all cards together, per second at most; 0: there is none
};

struct EngineChoice {
  std::string engine;  ///< cpu, cuda or all
  double cpu_seconds = 0;
  double cuda_seconds = 0;  ///< 0 where there is no GPU
  double all_seconds = 0;
};

/// Of a GPU's thread; tests/cuda/budgets.csv has 5 (mass action) to 17 (Hill laws) per reaction.
double gpu_instructions_per_event(double reactions);

/// The earliest predicted end. A GPU takes about a second to begin, and one trajectory alone runs on
/// it at a tenth of a CPU's pace. The figures behind it are of docs/performance.md; those of GPUs are
/// counts of instructions, not yet measured on hardware.
EngineChoice choose_engine(RunForecast const& run);

}  // namespace cristae
