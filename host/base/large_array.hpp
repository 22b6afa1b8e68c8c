// host/base/large_array.hpp - megabytes of zeros that cost few page faults.
#pragma once

#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "host/base/types.hpp"

namespace cristae {

/// Zeroed memory. From 2 MiB on it comes straight from the system, in large pages where the system
/// gives them to those who ask (Linux: madvise): what is written once and read once costs more in
/// faults on pages of 4 KiB than in the writing and reading.
class LargeMemory {
 public:
  static constexpr usize large_page = usize{2} << 20;

  LargeMemory() = default;
  /// Throws std::bad_alloc.
  explicit LargeMemory(usize bytes) {
    if (bytes >= large_page)
      map(bytes);
    else if (bytes > 0)
      begin_ = std::memset(::operator new(bytes), 0, bytes);
  }
  LargeMemory(LargeMemory&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)),
        mapping_(std::exchange(other.mapping_, nullptr)), mapped_(other.mapped_) {}
  LargeMemory& operator=(LargeMemory&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(mapping_, other.mapping_);
    std::swap(mapped_, other.mapped_);
    return *this;
  }
  ~LargeMemory() {
    if (mapping_ != nullptr)
      unmap();
    else
      ::operator delete(begin_);
  }

  void* begin() const { return begin_; }

 private:
  void* begin_ = nullptr;
  void* mapping_ = nullptr;  ///< null where it is of operator new
  usize mapped_ = 0;         ///< [bytes]

  void map(usize bytes);
  void unmap() noexcept;
};

/// An array of zeros of a fixed size, in such memory.
template <class T>
class LargeArray {
  static_assert(std::is_trivial_v<T>);

 public:
  LargeArray() = default;
  explicit LargeArray(usize size) : memory_(size * sizeof(T)), size_(size) {}

  usize size() const { return size_; }
  T* data() { return static_cast<T*>(memory_.begin()); }
  T const* data() const { return static_cast<T const*>(memory_.begin()); }
  std::span<T> part(usize from, usize count) { return {data() + from, count}; }
  std::span<T const> part(usize from, usize count) const { return {data() + from, count}; }

 private:
  LargeMemory memory_;
  usize size_ = 0;
};

}  // namespace cristae
