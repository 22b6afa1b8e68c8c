// tests/cuda/ptx/ptx_to_c.hpp - PTX, as NVRTC writes it, as C: a second reader of what the GPU is told.
//
// Strict: an instruction, modifier, type or directive that it does not know is an error with its line,
// never skipped, and so is whatever has no defined bits (ex2.approx, atomic sums of floats) or leaves
// them to the assembler (add.f32, which may be fused with a product). Registers are words; generic,
// global, constant, shared and local addresses are those of the host, so that cvta is the identity.
// One C function per kernel runs one thread; tests/cuda/ptx/ptx_module.hpp compiles and launches it.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/base/types.hpp"

namespace cristae::test {

/// `ptx:LINE: error: PROBLEM (WHY). FIX.`
struct PtxError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What add.f32, sub.f32 and mul.f32 mean: without a rounding modifier the assembler may fuse them.
enum class Unrounded : u8 {
  refused,
  separate,  ///< as if it never does: to show what a text compiled with --fmad=true computes
};

struct PtxParameter {
  usize bytes;
  usize alignment;
};

struct PtxKernel {
  std::string symbol;
  std::vector<PtxParameter> parameters;
  u64 max_threads = 1024;    ///< of .maxntid
  bool is_required = false;  ///< of .reqntid: that many and no fewer
};

struct PtxVariable {
  std::string symbol;  ///< of a u64: where it begins in the module's variables
  usize bytes;
};

struct CText {
  /// gnu11, with `u64 const globals_bytes` and `void begin_globals(void*)`, which fills that many
  /// bytes with the initial values of all variables.
  std::string text;
  std::map<std::string, PtxKernel> kernels;
  std::map<std::string, PtxVariable> globals;  ///< .global and .const
  usize shared_bytes = 0;                      ///< declared; dynamic ones begin behind them
  bool has_barriers = false;
};

/// Throws PtxError at the first thing that it does not know or that is not PTX.
CText ptx_to_c(std::string const& ptx, Unrounded unrounded = Unrounded::refused);

}  // namespace cristae::test
