// host/io/speed_report.hpp - what `cristae bench` measured, as JSON to compare machines by.
#pragma once

#include <string>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

/// One network on one form of the code.
struct Speed {
  std::string network;
  u32 reactions = 0;
  std::string engine;
  std::string isa;   ///< instruction set or device
  std::string code;  ///< "generated", "table", or empty where there is no choice
  u32 threads = 1;
  u64 events = 0;
  double wall_seconds = 0;
  double cpu_seconds = 0;              ///< of all threads
  double bound_events_per_second = 0;  ///< 0: not known

  double events_per_second() const;
  double cpu_nanoseconds_per_event() const;
  /// What it does per CPU second over what one core could do; of a GPU per second. 0: not known.
  double share_of_bound() const;
};

struct SpeedReport {
  std::string version;
  std::string processor;
  u32 cores = 0;
  double seconds = 0;  ///< of each measurement
  std::vector<Speed> speeds;
};

/// The processor's name as the kernel has it; empty where it does not say.
std::string processor_name();

/// An object with a final newline.
std::string json_text(SpeedReport const& report);

}  // namespace cristae
