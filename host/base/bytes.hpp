// host/base/bytes.hpp - values as bytes and back, for what a run keeps to go on from later.
//
// A type says once, in `template <class Bytes> void transfer(Bytes& bytes)`, what it is made of: the
// writer appends it, the reader fills it in. Lowest byte first, on every machine that Cristae runs on.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "host/base/error.hpp"
#include "host/base/types.hpp"

namespace cristae {

static_assert(std::endian::native == std::endian::little);

/// Whether the bytes in memory are the value.
template <class T>
inline constexpr bool is_plain = std::is_arithmetic_v<T> || std::is_enum_v<T> ||
                                 (sizeof(T) == 16 && std::is_trivially_copyable_v<T> &&
                                  !std::is_class_v<T>);  // 128-bit integers

class ByteWriter {
 public:
  static constexpr bool reads = false;

  template <class... T>
  void operator()(T&... values) {
    (put(values), ...);
  }
  /// So many may come: where they do, nothing is moved on the way.
  void reserve(usize bytes) { bytes_.reserve(bytes); }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;

  void raw(void const* data, usize size) { bytes_.append(static_cast<char const*>(data), size); }

  template <class T>
  void put(T& value) {
    if constexpr (is_plain<T>)
      raw(&value, sizeof value);
    else
      value.transfer(*this);
  }
  template <class T, usize n>
  void put(std::array<T, n>& values) {
    for (T& value : values) put(value);
  }
  void put(std::string& text) {
    u64 size = text.size();
    put(size);
    raw(text.data(), text.size());
  }
  template <class T>
  void put(std::vector<T>& values) {
    u64 size = values.size();
    put(size);
    if constexpr (is_plain<T>)
      raw(values.data(), values.size() * sizeof(T));
    else
      for (T& value : values) put(value);
  }
  template <class A, class B>
  void put(std::pair<A, B>& pair) {
    put(pair.first);
    put(pair.second);
  }
  template <class T>
  void put(std::optional<T>& value) {
    bool has = value.has_value();
    put(has);
    if (has) put(*value);
  }
};

/// Throws Error(input_output) where the bytes end too early or cannot be what they should be; never
/// takes more memory than there are bytes.
class ByteReader {
 public:
  static constexpr bool reads = true;

  /// `what` names the origin of the bytes in messages.
  ByteReader(std::string_view bytes, std::string what) : bytes_(bytes), what_(std::move(what)) {}

  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  bool is_at_end() const { return bytes_.empty(); }
  void require(bool holds) const {
    if (!holds) refuse();
  }
  [[noreturn]] void refuse() const {
    throw Error(ExitCode::input_output, what_ + " is damaged",
                "its bytes are not what a run writes", "Use another copy of it, or run again");
  }

 private:
  std::string_view bytes_;
  std::string what_;

  void raw(void* data, usize size) {
    require(size <= bytes_.size());
    if (size > 0) std::memcpy(data, bytes_.data(), size);
    bytes_.remove_prefix(size);
  }

  template <class T>
  void get(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      u8 byte = 0;
      raw(&byte, 1);
      require(byte <= 1);
      value = byte == 1;
    } else if constexpr (is_plain<T>) {
      raw(&value, sizeof value);
    } else {
      value.transfer(*this);
    }
  }
  template <class T, usize n>
  void get(std::array<T, n>& values) {
    for (T& value : values) get(value);
  }
  u64 size_of_list(u64 bytes_each) {
    u64 size = 0;
    get(size);
    require(size <= bytes_.size() / bytes_each);
    return size;
  }
  void get(std::string& text) {
    text.resize(size_of_list(1));
    raw(text.data(), text.size());
  }
  template <class T>
  void get(std::vector<T>& values) {
    if constexpr (is_plain<T>) {
      values.resize(size_of_list(sizeof(T)));
      raw(values.data(), values.size() * sizeof(T));
    } else {
      u64 const size = size_of_list(1);
      values.clear();
      for (u64 i = 0; i < size; ++i) get(values.emplace_back());
    }
  }
  template <class A, class B>
  void get(std::pair<A, B>& pair) {
    get(pair.first);
    get(pair.second);
  }
  template <class T>
  void get(std::optional<T>& value) {
    bool has = false;
    get(has);
    value.reset();
    if (has) get(value.emplace());
  }
};

}  // namespace cristae
