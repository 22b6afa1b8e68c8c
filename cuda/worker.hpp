// cuda/worker.hpp - starts GPU workers and serves them.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "cuda/device_run.hpp"
#include "cuda/message.hpp"

namespace cristae::cuda {

/// A Device as it goes through a socket.
struct DeviceRecord {
  int ordinal, major, minor, multiprocessors, clock_khz, driver_version;
  u64 memory;
  char name[128];
};
DeviceRecord record_of(Device const& device);
Device device_of(DeviceRecord const& record);

/// All devices that the driver shows, asked for in a process of its own. Throws Error(device) where
/// there are none, with the reason: no driver, too old a driver, no device.
std::vector<Device> list_devices_apart();

/// A worker that ended before its job was done.
struct WorkerFailure {
  std::string problem;  ///< "the GPU failed at: running a slice"
  std::string reason;   ///< in the driver's words
};

/// A process with a GPU. Ended, at the latest, with this.
class Worker {
 public:
  /// Throws Error(device) where there is no worker program or it cannot be started.
  Worker();
  Worker(Worker const&) = delete;
  Worker& operator=(Worker const&) = delete;
  ~Worker();

  Link const& link() const { return link_; }
  /// Sends the job and answers what the worker asks until it is done. Throws WorkerFailure; what the
  /// host was handed until then is valid.
  DevicePlan serve(DeviceJob const& job, DeviceHost& host);

 private:
  Link link_;
  pid_t process_ = -1;
  std::optional<int> status_;  ///< of waitpid, once it has ended

  std::optional<int> wait_for_end(std::chrono::seconds patience);
};

}  // namespace cristae::cuda
