// cuda/driver.cpp - dlopen, and what the driver says in words.
#include "cuda/driver.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace cristae::cuda {
namespace {

constexpr char const* use_cpu = "Use --engine cpu, or auto";

#define CRISTAE_TEXT_OF(expanded) #expanded
#define CRISTAE_TEXT(name) CRISTAE_TEXT_OF(name)

std::string text_of(CUresult result) {
  char const *name = nullptr, *text = nullptr;
  Driver const& d = driver();
  d.error_name(result, &name);
  d.error_text(result, &text);
  return fmt::format("{}: {}", name == nullptr ? "unknown error" : name,
                     text == nullptr ? "no text" : text);
}

Driver load() {
  void* const library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw Error(ExitCode::device, "there is no NVIDIA driver on this machine",
                "libcuda.so.1 cannot be loaded", use_cpu);
  Driver d;
#define CRISTAE_LOOK_UP(member, function)                                                  \
  d.member = reinterpret_cast<decltype(d.member)>(dlsym(library, CRISTAE_TEXT(function))); \
  if (d.member == nullptr)                                                                 \
    throw Error(ExitCode::device, "the NVIDIA driver is too old",                          \
                fmt::format("it has no function {}", CRISTAE_TEXT(function)),              \
                "Install a newer driver, or use --engine cpu");
  CRISTAE_DRIVER_FUNCTIONS(CRISTAE_LOOK_UP)
#undef CRISTAE_LOOK_UP
  return d;
}

}  // namespace

DeviceFailure::DeviceFailure(CUresult result, char const* what)
    : Error(ExitCode::device, fmt::format("the GPU failed at: {}", what), text_of(result), use_cpu),
      result_(result) {}

Driver const& driver() {
  static Driver const loaded = load();
  return loaded;
}

void check(CUresult result, char const* what) {
  if (result != CUDA_SUCCESS) throw DeviceFailure(result, what);
}

std::vector<Device> devices() {
  Driver const& d = driver();
  CUresult const begun = d.init(0);
  if (begun == CUDA_ERROR_NO_DEVICE)
    throw Error(ExitCode::device, "there is no NVIDIA GPU that can be used", text_of(begun),
                use_cpu);
  if (begun != CUDA_SUCCESS)
    throw Error(ExitCode::device, "the NVIDIA driver does not start", text_of(begun), use_cpu);
  int count = 0;
  check(d.device_count(&count), "counting devices");
  int version = 0;
  check(d.driver_version(&version), "asking for the driver's version");
  std::vector<Device> found;
  for (int i = 0; i < count; ++i) {
    Device device;
    CUdevice handle = 0;
    check(d.device_get(&handle, i), "opening a device");
    char name[256] = {};
    check(d.device_name(name, sizeof name, handle), "asking for a device's name");
    std::size_t bytes = 0;
    check(d.device_memory(&bytes, handle), "asking for a device's memory");
    auto const attribute = [&](CUdevice_attribute which) {
      int value = 0;
      check(d.device_attribute(&value, which, handle), "asking for a device's attribute");
      return value;
    };
    device.ordinal = i;
    device.driver_version = version;
    device.name = name;
    device.memory = bytes;
    device.major = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    device.minor = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    device.multiprocessors = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    device.clock_khz = attribute(CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
    found.push_back(std::move(device));
  }
  if (found.empty())
    throw Error(ExitCode::device, "there is no NVIDIA GPU that can be used",
                "the driver shows none", use_cpu);
  return found;
}

}  // namespace cristae::cuda
