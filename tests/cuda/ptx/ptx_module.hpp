// tests/cuda/ptx/ptx_module.hpp - a PTX module that runs on the host: translated, compiled, launched.
//
// Device pointers are host pointers. The threads of a grid run one after the other; those of a block
// with barriers run as fibers, from one barrier to the next. Not here: warp votes and shuffles,
// cooperative grids, textures, printf.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tests/cuda/ptx/ptx_to_c.hpp"

namespace cristae::test {

struct Dim3 {
  u32 x = 1, y = 1, z = 1;
};

/// A copy is the same module. Launches may run at the same time, as far as their memory allows.
class PtxModule {
 public:
  /// Throws PtxError where the text cannot be translated or the machine has no C compiler.
  static PtxModule load(std::string const& ptx, Unrounded unrounded = Unrounded::refused);

  std::vector<std::string> kernels() const;
  PtxKernel const& kernel(std::string const& name) const;

  /// Runs a grid to its end. `arguments` has a pointer to each parameter's bytes. Throws PtxError for
  /// a launch that does not fit the kernel, a trap, a misaligned access or a division by zero.
  void launch(std::string const& kernel, Dim3 grid, Dim3 block, usize shared_bytes,
              void* const* arguments) const;

  /// A variable of .global or .const space; null where the module has none of that name.
  void* global(std::string const& name, usize& bytes) const;

  double compile_seconds() const { return compile_seconds_; }

 private:
  std::shared_ptr<CText const> c_;
  std::shared_ptr<void> object_;
  std::shared_ptr<std::vector<unsigned char>> globals_;
  double compile_seconds_ = 0;
};

}  // namespace cristae::test
