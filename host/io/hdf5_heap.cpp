// host/io/hdf5_heap.cpp - walks through global heaps as HDF5 does, with every step checked.
#include "host/io/hdf5_heap.hpp"

#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

namespace cristae {
namespace {

constexpr u64 head = 16;       ///< bytes before the objects of a heap, and before each object
constexpr u64 reference = 16;  ///< length 4, address of the heap 8, index of the object 4

/// Empty where the file ends before.
std::string bytes_at(int descriptor, u64 address, u64 count) {
  auto const end = lseek(descriptor, 0, SEEK_END);
  if (end < 0 || count > static_cast<u64>(end) || address > static_cast<u64>(end) - count)
    return {};
  std::string bytes(count, '\0');
  for (u64 done = 0; done < count;) {
    auto const got =
        pread(descriptor, bytes.data() + done, count - done, static_cast<off_t>(address + done));
    if (got <= 0) return {};
    done += static_cast<u64>(got);
  }
  return bytes;
}

template <class T>
T number(std::string const& bytes, u64 at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

Hdf5Heaps::Sizes const& Hdf5Heaps::heap(u64 address) {
  auto const [place, added] = heaps_.try_emplace(address);
  if (!added) return place->second;
  auto const start = bytes_at(descriptor_, address, head);
  if (std::string_view(start).substr(0, 4) != "GCOL" || start[4] != 1) return place->second;
  auto const bytes = bytes_at(descriptor_, address, number<u64>(start, 8));
  Sizes sizes;
  for (u64 at = head; at + head <= bytes.size();) {
    auto const index = number<u16>(bytes, at);
    auto const size = number<u64>(bytes, at + 8);
    u64 const left = bytes.size() - at;
    // What is free has index 0, and its size includes its head.
    if (size > left || (index == 0 && size < head)) return place->second;
    u64 const step = index == 0 ? size : head + (size + 7) / 8 * 8;
    if (step > left) return place->second;
    if (index != 0) sizes[index] = size;
    at += step;
  }
  return place->second = std::move(sizes);
}

bool Hdf5Heaps::are_sound(u64 address, u64 count) {
  auto const references = bytes_at(descriptor_, address, count * reference);
  if (references.empty()) return false;
  for (u64 i = 0; i < count; ++i) {
    auto const length = number<u32>(references, i * reference);
    if (length == 0) continue;
    auto const& sizes = heap(number<u64>(references, i * reference + 4));
    auto const found = sizes.find(number<u32>(references, i * reference + 12));
    if (found == sizes.end() || found->second != length) return false;
  }
  return true;
}

}  // namespace cristae
