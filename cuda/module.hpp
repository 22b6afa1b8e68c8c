// cuda/module.hpp - a loaded kernel image, and a stream, owned.
#pragma once

#include <string>
#include <vector>

#include "cuda/driver.hpp"

namespace cristae::cuda {

class Module {
 public:
  explicit Module(std::string const& image) {
    check(driver().load_module(&module_, image.c_str()), "loading the network's kernel");
  }
  Module(Module const&) = delete;
  Module& operator=(Module const&) = delete;
  ~Module() { driver().unload_module(module_); }
  CUfunction function(char const* name) const {
    CUfunction found = nullptr;
    check(driver().module_function(&found, module_, name), "looking up the kernel");
    return found;
  }
  void set_global(char const* name, std::vector<float> const& values) const {
    if (values.empty()) return;
    CUdeviceptr at = 0;
    std::size_t bytes = 0;
    check(driver().module_global(&at, &bytes, module_, name), "looking up the constants");
    check(driver().copy_to_device(at, values.data(), values.size() * sizeof(float)),
          "copying the constants");
  }

 private:
  CUmodule module_ = nullptr;
};

class Stream {
 public:
  Stream() { check(driver().create_stream(&stream_, CU_STREAM_DEFAULT), "making a stream"); }
  Stream(Stream const&) = delete;
  Stream& operator=(Stream const&) = delete;
  ~Stream() { driver().destroy_stream(stream_); }
  CUstream get() const { return stream_; }
  void synchronize(char const* what) const { check(driver().synchronize_stream(stream_), what); }

 private:
  CUstream stream_ = nullptr;
};

}  // namespace cristae::cuda
