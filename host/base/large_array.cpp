// host/base/large_array.cpp - memory of the system, from the start of a large page on.
#include "host/base/large_array.hpp"

#include <sys/mman.h>

#include <cstddef>
#include <limits>

namespace cristae {

void LargeMemory::map(usize bytes) {
  // Room for the start to move up to a large page, and for the last one to be whole.
  if (bytes > std::numeric_limits<usize>::max() - 2 * large_page) throw std::bad_alloc();
  mapped_ = (bytes + large_page - 1) / large_page * large_page + large_page;
  void* const mapping =
      mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) throw std::bad_alloc();
  mapping_ = mapping;
  usize const skipped = (large_page - reinterpret_cast<usize>(mapping) % large_page) % large_page;
  begin_ = static_cast<std::byte*>(mapping) + skipped;
#if defined(MADV_HUGEPAGE)
  madvise(begin_, mapped_ - large_page, MADV_HUGEPAGE);  // a wish: without it, only slower
#endif
}

void LargeMemory::unmap() noexcept { munmap(mapping_, mapped_); }

}  // namespace cristae
