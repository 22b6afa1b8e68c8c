// tests/cuda/nvrtc_program.hpp - kernels through NVRTC for tests: headers of the binary, the contract's flags.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace cristae::test {

struct NvrtcError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct NvrtcRequest {
  std::string text;
  std::string architecture;           ///< sm_90 for a cubin, compute_90 for PTX
  std::vector<std::string> files;     ///< headers outside of host/core, relative to the root
  std::string fmad = "--fmad=false";  ///< the contract's; another one to plant a fault
};

/// Throw NvrtcError with the compiler's log.
std::string nvrtc_ptx(NvrtcRequest const& request);
std::string nvrtc_cubin(NvrtcRequest const& request);

}  // namespace cristae::test
