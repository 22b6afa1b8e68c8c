// cuda/device_memory.hpp - memory of the current context, owned.
#pragma once

#include <utility>
#include <vector>

#include "cuda/driver.hpp"

namespace cristae::cuda {

/// `count` elements on the device, not initialised. Its context must be current when it goes.
template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;
  explicit DeviceArray(usize count) : count_(count) {
    check(driver().allocate(&at_, std::max<usize>(1, count) * sizeof(T)), "allocating memory");
  }
  DeviceArray(T const* from, usize count) : DeviceArray(count) { upload(from, count); }
  DeviceArray(DeviceArray&& other) noexcept
      : at_(std::exchange(other.at_, 0)), count_(std::exchange(other.count_, 0)) {}
  DeviceArray& operator=(DeviceArray&& other) noexcept {
    std::swap(at_, other.at_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~DeviceArray() {
    if (at_ != 0) driver().free(at_);  // of a context that failed: nothing to be done
  }

  T* get() const { return reinterpret_cast<T*>(at_); }
  usize size() const { return count_; }

  void upload(T const* from, usize count, usize begin = 0) const {
    if (count > 0)
      check(driver().copy_to_device(at_ + begin * sizeof(T), from, count * sizeof(T)),
            "copying to the device");
  }
  void download(T* to, usize count, usize begin = 0) const {
    if (count > 0)
      check(driver().copy_to_host(to, at_ + begin * sizeof(T), count * sizeof(T)),
            "copying from the device");
  }
  void fill_bytes(u8 value, usize count, usize begin = 0) const {
    if (count > 0)
      check(driver().fill_bytes(at_ + begin * sizeof(T), value, count * sizeof(T)),
            "filling memory");
  }

 private:
  CUdeviceptr at_ = 0;
  usize count_ = 0;
};

/// Host memory that the device copies to while its kernels run.
template <class T>
class PinnedArray {
 public:
  explicit PinnedArray(usize count) : count_(count) {
    void* at = nullptr;
    check(driver().allocate_host(&at, std::max<usize>(1, count) * sizeof(T)),
          "allocating host memory");
    at_ = static_cast<T*>(at);
  }
  PinnedArray(PinnedArray const&) = delete;
  PinnedArray& operator=(PinnedArray const&) = delete;
  ~PinnedArray() { driver().free_host(at_); }
  T* get() const { return at_; }
  T& operator[](usize i) const { return at_[i]; }
  usize size() const { return count_; }

 private:
  T* at_ = nullptr;
  usize count_ = 0;
};

}  // namespace cristae::cuda
