// cuda/message.cpp - messages with their length before them.
#include "cuda/message.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "host/base/error.hpp"

namespace cristae::cuda {
namespace {

struct Header {
  u32 kind;
  u32 unused;
  u64 bytes;
};

bool send_all(int to, char const* from, usize bytes) {
  while (bytes > 0) {
    // A worker that is gone shall not end this process by SIGPIPE.
    ssize_t const sent = ::send(to, from, bytes, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    from += sent;
    bytes -= static_cast<usize>(sent);
  }
  return true;
}

bool receive_all(int from, char* to, usize bytes, std::optional<std::chrono::seconds> patience) {
  while (bytes > 0) {
    if (patience) {
      pollfd waiting{from, POLLIN, 0};
      int const found = poll(&waiting, 1, static_cast<int>(patience->count() * 1000));
      if (found < 0 && errno == EINTR) continue;
      if (found <= 0) return false;
    }
    ssize_t const got = recv(from, to, bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    bytes -= static_cast<usize>(got);
  }
  return true;
}

}  // namespace

Link::Link(Link&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Link& Link::operator=(Link&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Link::~Link() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool Link::send(Kind kind, std::string_view bytes) const {
  return send(kind, std::vector<std::string_view>{bytes});
}

bool Link::send(Kind kind, std::vector<std::string_view> const& parts) const {
  Header header{static_cast<u32>(kind), 0, 0};
  for (auto const& part : parts) header.bytes += part.size();
  if (!send_all(descriptor_, reinterpret_cast<char const*>(&header), sizeof header)) return false;
  return std::all_of(parts.begin(), parts.end(), [&](auto const& part) {
    return send_all(descriptor_, part.data(), part.size());
  });
}

std::optional<Message> Link::receive(std::optional<std::chrono::seconds> patience) const {
  Header header{};
  if (!receive_all(descriptor_, reinterpret_cast<char*>(&header), sizeof header, patience))
    return std::nullopt;
  Message message{static_cast<Kind>(header.kind), std::string(header.bytes, '\0')};
  if (!receive_all(descriptor_, message.bytes.data(), header.bytes, patience)) return std::nullopt;
  return message;
}

std::pair<Link, int> Link::pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw Error(ExitCode::device, "there is no socket for a GPU's worker process",
                std::strerror(errno));
  return {Link(ends[0]), ends[1]};
}

}  // namespace cristae::cuda
