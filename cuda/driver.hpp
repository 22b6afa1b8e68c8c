// cuda/driver.hpp - the CUDA driver's functions, looked up at run time: nothing links against it.
#pragma once

#include <cuda.h>

#include "host/base/error.hpp"
#include "host/base/types.hpp"

namespace cristae::cuda {

// The header maps some names to versions of them; those are what is declared and looked up.
#define CRISTAE_DRIVER_FUNCTIONS(X)                               \
  X(init, cuInit)                                                 \
  X(driver_version, cuDriverGetVersion)                           \
  X(error_name, cuGetErrorName)                                   \
  X(error_text, cuGetErrorString)                                 \
  X(device_count, cuDeviceGetCount)                               \
  X(device_get, cuDeviceGet)                                      \
  X(device_name, cuDeviceGetName)                                 \
  X(device_attribute, cuDeviceGetAttribute)                       \
  X(device_memory, cuDeviceTotalMem)                              \
  X(retain_context, cuDevicePrimaryCtxRetain)                     \
  X(release_context, cuDevicePrimaryCtxRelease)                   \
  X(set_context, cuCtxSetCurrent)                                 \
  X(synchronize, cuCtxSynchronize)                                \
  X(memory_info, cuMemGetInfo)                                    \
  X(allocate, cuMemAlloc)                                         \
  X(free, cuMemFree)                                              \
  X(copy_to_device, cuMemcpyHtoD)                                 \
  X(copy_to_host, cuMemcpyDtoH)                                   \
  X(copy_to_host_async, cuMemcpyDtoHAsync)                        \
  X(allocate_host, cuMemAllocHost)                                \
  X(free_host, cuMemFreeHost)                                     \
  X(create_stream, cuStreamCreate)                                \
  X(destroy_stream, cuStreamDestroy)                              \
  X(synchronize_stream, cuStreamSynchronize)                      \
  X(fill_bytes, cuMemsetD8)                                       \
  X(load_module, cuModuleLoadData)                                \
  X(unload_module, cuModuleUnload)                                \
  X(module_function, cuModuleGetFunction)                         \
  X(module_global, cuModuleGetGlobal)                             \
  X(function_attribute, cuFuncGetAttribute)                       \
  X(resident_blocks, cuOccupancyMaxActiveBlocksPerMultiprocessor) \
  X(launch, cuLaunchKernel)

struct Driver {
#define CRISTAE_MEMBER(member, function) decltype(&function) member = nullptr;
  CRISTAE_DRIVER_FUNCTIONS(CRISTAE_MEMBER)
#undef CRISTAE_MEMBER
};

/// The functions of libcuda.so.1, initialised. Throws Error(device): no driver on the machine, one
/// too old to have a function, no device, or what the driver says itself.
Driver const& driver();

/// Throws DeviceFailure where a call did not succeed. `what` names it for people.
void check(CUresult result, char const* what);

/// A call of the driver that failed.
class DeviceFailure : public Error {
 public:
  DeviceFailure(CUresult result, char const* what);
  /// Less memory than asked for; the context is intact.
  bool is_out_of_memory() const { return result_ == CUDA_ERROR_OUT_OF_MEMORY; }

 private:
  CUresult result_;
};

struct Device {
  int ordinal = 0;
  std::string name;
  u64 memory = 0;  ///< [bytes]
  int major = 0, minor = 0;
  int multiprocessors = 0;
  int clock_khz = 0;
  int driver_version = 0;  ///< 13000 for 13.0
  std::string architecture() const { return "sm_" + std::to_string(10 * major + minor); }
};

/// All devices that the driver shows (CUDA_VISIBLE_DEVICES is the driver's affair). Throws as
/// driver().
std::vector<Device> devices();

}  // namespace cristae::cuda
