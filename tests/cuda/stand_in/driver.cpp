// tests/cuda/stand_in/driver.cpp - a libcuda.so.1 that runs PTX on the host, with faults on request.
//
// The engine finds it by the loader's path, as it finds the real one. Its devices are newer than any
// NVRTC, so that the engine asks for PTX. CRISTAE_STAND_IN holds settings, NAME=VALUE with commas
// between: devices (1), multiprocessors (2), memory [bytes] (1 GiB), init (0: what cuInit answers),
// and faults: FUNCTION@K=CODE makes the K-th call of a function (from 1) answer CODE once, in the
// process; FUNCTION@K+=CODE that one and all later ones; the code 10000 kills the process. launch_ms
// sleeps at each launch. At its end a process appends to the file CRISTAE_STAND_IN_TALLY, if it is named,
// a line of the bytes that were copied to the host: by cuMemcpyDtoH, and by cuMemcpyDtoHAsync.
#include <cuda.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

#include "tests/cuda/ptx/ptx_module.hpp"

namespace {

using cristae::test::PtxModule;

struct Fault {
  unsigned long long call = 0;
  bool lasts = false;
  int code = 0;
};

struct Settings {
  std::map<std::string, unsigned long long> values{{"devices", 1},
                                                   {"multiprocessors", 2},
                                                   {"memory", 1ull << 30},
                                                   {"init", 0},
                                                   {"launch_ms", 0}};
  std::multimap<std::string, Fault> faults;

  Settings() {
    char const* const text = std::getenv("CRISTAE_STAND_IN");
    std::istringstream in(text == nullptr ? "" : text);
    for (std::string entry; std::getline(in, entry, ',');) {
      auto const equals = entry.find('=');
      std::string name = entry.substr(0, equals);
      auto const value = std::strtoull(entry.c_str() + equals + 1, nullptr, 10);
      auto const at = name.find('@');
      if (at == std::string::npos) {
        values[name] = value;
        continue;
      }
      bool const lasts = name.back() == '+';
      faults.insert({name.substr(0, at),
                     {std::strtoull(name.c_str() + at + 1, nullptr, 10), lasts, int(value)}});
    }
  }
};

Settings const& settings() {
  static Settings const read;
  return read;
}

struct State {
  std::mutex mutex;
  std::map<std::string, unsigned long long> calls;
  unsigned long long allocated = 0;
  std::map<CUdeviceptr, std::size_t> blocks;
  std::atomic<unsigned long long> to_host{0}, to_host_async{0};

  ~State() {
    if (char const* const tally = std::getenv("CRISTAE_STAND_IN_TALLY"); tally && *tally)
      std::ofstream(tally, std::ios::app) << to_host << " " << to_host_async << "\n";
  }
};

State& state() {
  static State only;
  return only;
}

/// What the call shall answer, faults included.
CUresult answer(char const* function) {
  std::lock_guard const lock(state().mutex);
  auto const call = ++state().calls[function];
  auto const [begin, end] = settings().faults.equal_range(function);
  for (auto f = begin; f != end; ++f)
    if (call == f->second.call || (f->second.lasts && call > f->second.call))
      return f->second.code == 10000 ? (raise(SIGKILL), CUDA_ERROR_UNKNOWN)
                                     : CUresult(f->second.code);
  return CUDA_SUCCESS;
}

#define ANSWER(function) \
  if (CUresult const faulty = answer(#function); faulty != CUDA_SUCCESS) return faulty

struct Kernel {
  PtxModule* module;
  std::string name;
};

struct Module {
  PtxModule module;
  std::map<std::string, Kernel> kernels;
};

}  // namespace

extern "C" {

CUresult cuInit(unsigned) { return CUresult(settings().values.at("init")); }

// NVRTC asks a driver that it finds for more than the public functions, and lives without.
CUresult cuGetExportTable(void const** table, CUuuid const*) {
  *table = nullptr;
  return CUDA_ERROR_NOT_FOUND;
}

CUresult cuDriverGetVersion(int* version) {
  *version = 13000;
  return CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult error, char const** text) {
  switch (error) {
    case CUDA_ERROR_OUT_OF_MEMORY: *text = "CUDA_ERROR_OUT_OF_MEMORY"; break;
    case CUDA_ERROR_NO_DEVICE: *text = "CUDA_ERROR_NO_DEVICE"; break;
    case CUDA_ERROR_LAUNCH_FAILED: *text = "CUDA_ERROR_LAUNCH_FAILED"; break;
    case CUDA_ERROR_ILLEGAL_ADDRESS: *text = "CUDA_ERROR_ILLEGAL_ADDRESS"; break;
    case CUDA_ERROR_ECC_UNCORRECTABLE: *text = "CUDA_ERROR_ECC_UNCORRECTABLE"; break;
    case CUDA_ERROR_DEVICE_UNAVAILABLE: *text = "CUDA_ERROR_DEVICE_UNAVAILABLE"; break;
    default: *text = "CUDA_ERROR"; break;
  }
  return CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult, char const** text) {
  *text = "the stand-in was asked to fail";
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int* count) {
  *count = int(settings().values.at("devices"));
  return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  *device = ordinal;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char* name, int length, CUdevice) {
  std::strncpy(name, "Stand-in", std::size_t(length));
  return CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem(std::size_t* bytes, CUdevice) {
  *bytes = settings().values.at("memory");
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = 99; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = 0; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
      *value = int(settings().values.at("multiprocessors"));
      break;
    case CU_DEVICE_ATTRIBUTE_CLOCK_RATE: *value = 1000000; break;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice) {
  ANSWER(cuDevicePrimaryCtxRetain);
  *context = reinterpret_cast<CUcontext>(&state());
  return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRelease(CUdevice) { return CUDA_SUCCESS; }
CUresult cuCtxSetCurrent(CUcontext) { return CUDA_SUCCESS; }
CUresult cuCtxSynchronize() { return CUDA_SUCCESS; }

CUresult cuMemGetInfo(std::size_t* free, std::size_t* total) {
  std::lock_guard const lock(state().mutex);
  *total = settings().values.at("memory");
  *free = *total - state().allocated;
  return CUDA_SUCCESS;
}

CUresult cuMemAlloc(CUdeviceptr* at, std::size_t bytes) {
  ANSWER(cuMemAlloc);
  std::lock_guard const lock(state().mutex);
  if (state().allocated + bytes > settings().values.at("memory")) return CUDA_ERROR_OUT_OF_MEMORY;
  // As on a device: aligned, and holding whatever was there.
  void* const memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(memory, 0xa5, bytes);
  *at = reinterpret_cast<CUdeviceptr>(memory);
  state().blocks[*at] = bytes;
  state().allocated += bytes;
  return CUDA_SUCCESS;
}

CUresult cuMemFree(CUdeviceptr at) {
  std::lock_guard const lock(state().mutex);
  auto const block = state().blocks.find(at);
  if (block == state().blocks.end()) return CUDA_ERROR_INVALID_VALUE;
  state().allocated -= block->second;
  state().blocks.erase(block);
  std::free(reinterpret_cast<void*>(at));
  return CUDA_SUCCESS;
}

CUresult cuMemAllocHost(void** at, std::size_t bytes) {
  ANSWER(cuMemAllocHost);
  *at = std::malloc(bytes);
  return *at == nullptr ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_SUCCESS;
}
CUresult cuMemFreeHost(void* at) {
  std::free(at);
  return CUDA_SUCCESS;
}

CUresult cuMemcpyHtoD(CUdeviceptr to, void const* from, std::size_t bytes) {
  ANSWER(cuMemcpyHtoD);
  std::memcpy(reinterpret_cast<void*>(to), from, bytes);
  return CUDA_SUCCESS;
}
CUresult cuMemcpyDtoH(void* to, CUdeviceptr from, std::size_t bytes) {
  ANSWER(cuMemcpyDtoH);
  state().to_host += bytes;
  std::memcpy(to, reinterpret_cast<void const*>(from), bytes);
  return CUDA_SUCCESS;
}
CUresult cuMemcpyDtoHAsync(void* to, CUdeviceptr from, std::size_t bytes, CUstream) {
  ANSWER(cuMemcpyDtoHAsync);
  state().to_host_async += bytes;
  std::memcpy(to, reinterpret_cast<void const*>(from), bytes);
  return CUDA_SUCCESS;
}
CUresult cuMemsetD8(CUdeviceptr at, unsigned char value, std::size_t count) {
  std::memset(reinterpret_cast<void*>(at), value, count);
  return CUDA_SUCCESS;
}

CUresult cuStreamCreate(CUstream* stream, unsigned) {
  *stream = reinterpret_cast<CUstream>(&state());
  return CUDA_SUCCESS;
}
CUresult cuStreamDestroy(CUstream) { return CUDA_SUCCESS; }
CUresult cuStreamSynchronize(CUstream) {
  ANSWER(cuStreamSynchronize);
  return CUDA_SUCCESS;
}

CUresult cuModuleLoadData(CUmodule* module, void const* image) {
  ANSWER(cuModuleLoadData);
  try {
    *module = reinterpret_cast<CUmodule>(
        new Module{PtxModule::load(static_cast<char const*>(image)), {}});
  } catch (std::exception const&) {
    return CUDA_ERROR_INVALID_PTX;
  }
  return CUDA_SUCCESS;
}
CUresult cuModuleUnload(CUmodule module) {
  delete reinterpret_cast<Module*>(module);
  return CUDA_SUCCESS;
}
CUresult cuModuleGetFunction(CUfunction* function, CUmodule of, char const* name) {
  auto* const module = reinterpret_cast<Module*>(of);
  auto& kernel = module->kernels[name];
  kernel = {&module->module, name};
  *function = reinterpret_cast<CUfunction>(&kernel);
  return CUDA_SUCCESS;
}
CUresult cuModuleGetGlobal(CUdeviceptr* at, std::size_t* bytes, CUmodule of, char const* name) {
  void* const found = reinterpret_cast<Module*>(of)->module.global(name, *bytes);
  *at = reinterpret_cast<CUdeviceptr>(found);
  return found == nullptr ? CUDA_ERROR_NOT_FOUND : CUDA_SUCCESS;
}
CUresult cuFuncGetAttribute(int* value, CUfunction_attribute, CUfunction) {
  *value = 0;
  return CUDA_SUCCESS;
}
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction, int, std::size_t) {
  *blocks = 1;
  return CUDA_SUCCESS;
}

CUresult cuLaunchKernel(CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                        unsigned by, unsigned bz, unsigned shared, CUstream, void** arguments,
                        void**) {
  ANSWER(cuLaunchKernel);
  auto const* const kernel = reinterpret_cast<Kernel const*>(function);
  std::this_thread::sleep_for(std::chrono::milliseconds(settings().values.at("launch_ms")));
  try {
    kernel->module->launch(kernel->name, {gx, gy, gz}, {bx, by, bz}, shared, arguments);
  } catch (std::exception const&) {
    return CUDA_ERROR_LAUNCH_FAILED;
  }
  return CUDA_SUCCESS;
}

}  // extern "C"
