// cuda/message.hpp - what the engine and a GPU's worker process say to each other, over a socket.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "host/base/types.hpp"

namespace cristae::cuda {

/// The worker asks or tells, the engine answers where there is something to answer.
enum class Kind : u32 {
  list,         ///< to the worker, first: names the devices and ends
  job,          ///< to the worker, first: DeviceJob::bytes()
  devices,      ///< the answer to list: an array of DeviceRecord
  ready,        ///< DevicePlan
  take,         ///< u64, at most so many; answered by Piece, then both lists of PieceRows
  results,      ///< u64 count, then ends, copy numbers at sample times, copy numbers at the end
  sums_wanted,  ///< Piece; answered by WantedHeader, then the lists of SumsWanted
  sums,         ///< SumsHeader, then the lists of ReducedPart
  progress,     ///< u64 events so far; answered by u32, 1 to stop
  done,         ///< the worker ends
  failed,       ///< why, as text; the worker ends
};

/// The piece and the sizes of the lists of a SumsWanted, in their order.
struct WantedHeader {
  u64 first, count, first_in_set, constants, parameters, watched;
};

/// Sizes of the lists of a ReducedPart, in their order.
struct SumsHeader {
  u64 begin, ends, sums, products, lagged, kept, failed, watched, counts, last_counts;
};

struct Message {
  Kind kind = Kind::failed;
  std::string bytes;

  /// The figure at the beginning.
  template <class T>
  T figure() const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    std::memcpy(&value, bytes.data(), std::min(sizeof value, bytes.size()));
    return value;
  }
};

template <class T>
std::string bytes_of(T const& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<char const*>(&value), sizeof value};
}

template <class T>
std::string_view bytes_of(std::vector<T> const& values) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<char const*>(values.data()), values.size() * sizeof(T)};
}

/// The next of the lists that `from` holds.
template <class T>
void take_list(std::string_view& from, u64 count, std::vector<T>& list) {
  list.resize(std::min<u64>(count, from.size() / sizeof(T)));
  if (!list.empty()) std::memcpy(list.data(), from.data(), list.size() * sizeof(T));
  from.remove_prefix(list.size() * sizeof(T));
}

/// One end of a socket; closed with its owner.
class Link {
 public:
  explicit Link(int descriptor) : descriptor_(descriptor) {}
  Link(Link&& other) noexcept;
  Link& operator=(Link&& other) noexcept;  ///< exchanges
  ~Link();

  /// False where the other side is gone.
  bool send(Kind kind, std::string_view bytes) const;
  /// As send, of several parts.
  bool send(Kind kind, std::vector<std::string_view> const& parts) const;
  /// Nothing where the other side is gone, or said nothing for so long.
  std::optional<Message> receive(std::optional<std::chrono::seconds> patience = {}) const;

  /// Both ends of a new one, the second as a bare descriptor.
  static std::pair<Link, int> pair();

 private:
  int descriptor_ = -1;
};

}  // namespace cristae::cuda
