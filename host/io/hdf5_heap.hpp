// host/io/hdf5_heap.hpp - looks at the heaps that hold texts, before HDF5 does.
//
// The library (seen in 1.10.8) trusts the sizes it finds in a global heap: on a damaged one it
// crashes or never returns. Layout: HDF5 File Format Specification 3.0, III.E "Global Heap".
#pragma once

#include <map>

#include "host/base/types.hpp"

namespace cristae {

/// Checks what the texts of a file refer to.
class Hdf5Heaps {
 public:
  explicit Hdf5Heaps(int descriptor) : descriptor_(descriptor) {}

  /// True if all `count` references at `address` of the file lead to objects of their length, in
  /// heaps that are whole.
  bool are_sound(u64 address, u64 count);

 private:
  using Sizes = std::map<u32, u64>;  ///< of the objects, by index

  /// Empty where there is no sound heap.
  Sizes const& heap(u64 address);

  int descriptor_;
  std::map<u64, Sizes> heaps_;
};

}  // namespace cristae
