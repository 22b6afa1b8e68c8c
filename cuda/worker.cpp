// cuda/worker.cpp - finding the worker program, starting it, and its end of the conversation.
#include "cuda/worker.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <thread>

extern char** environ;

namespace cristae::cuda {
namespace {

constexpr char const* program_name = "cristae-gpu-worker";

/// A worker says something after every slice, ten times a second; loading a kernel takes longest.
std::chrono::seconds patience() {
  char const* const text = std::getenv("CRISTAE_GPU_PATIENCE");
  int const seconds = text == nullptr ? 0 : std::atoi(text);
  return std::chrono::seconds(seconds > 0 ? seconds : 120);
}

std::string folder_of(std::string const& path) {
  auto const slash = path.rfind('/');
  return slash == std::string::npos ? std::string(".") : path.substr(0, slash);
}

/// Beside the program or the library that this is in, or where CRISTAE_GPU_WORKER says.
std::string worker_program() {
  if (char const* const path = std::getenv("CRISTAE_GPU_WORKER")) return path;
  std::vector<std::string> folders;
  Dl_info here{};
  if (dladdr(reinterpret_cast<void const*>(&worker_program), &here) != 0 &&
      here.dli_fname != nullptr)
    folders.push_back(folder_of(here.dli_fname));
  char path[PATH_MAX] = {};
  if (readlink("/proc/self/exe", path, sizeof path - 1) > 0) folders.push_back(folder_of(path));
  for (auto const& folder : folders) {
    auto const candidate = folder + "/" + program_name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  throw Error(ExitCode::device, fmt::format("the program {} is not there", program_name),
              "GPUs are driven from a process of their own",
              "Install it beside cristae, or set CRISTAE_GPU_WORKER to its path");
}

ReducedPart part_of(Message const& message) {
  auto const header = message.figure<SumsHeader>();
  auto rest = std::string_view(message.bytes).substr(sizeof header);
  ReducedPart part;
  part.begin = header.begin;
  take_list(rest, header.ends, part.ends);
  take_list(rest, header.sums, part.sums.sums);
  take_list(rest, header.products, part.sums.products);
  take_list(rest, header.lagged, part.sums.lagged);
  take_list(rest, header.kept, part.sums.kept);
  take_list(rest, header.failed, part.failed);
  take_list(rest, header.watched, part.watched);
  take_list(rest, header.counts, part.sums.counts);
  take_list(rest, header.last_counts, part.sums.last_counts);
  return part;
}

std::string words_of(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("its process was ended by {}", strsignal(WTERMSIG(status)));
  return fmt::format("its process ended with code {}", WEXITSTATUS(status));
}

}  // namespace

DeviceRecord record_of(Device const& device) {
  DeviceRecord record{
      device.ordinal,   device.major,          device.minor,  device.multiprocessors,
      device.clock_khz, device.driver_version, device.memory, {}};
  std::strncpy(record.name, device.name.c_str(), sizeof record.name - 1);
  return record;
}

Device device_of(DeviceRecord const& record) {
  Device device;
  device.ordinal = record.ordinal;
  device.name = record.name;
  device.memory = record.memory;
  device.major = record.major;
  device.minor = record.minor;
  device.multiprocessors = record.multiprocessors;
  device.clock_khz = record.clock_khz;
  device.driver_version = record.driver_version;
  return device;
}

Worker::Worker() : link_(-1) {
  auto const program = worker_program();
  auto [ours, theirs] = Link::pair();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, theirs, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  char* const argv[] = {const_cast<char*>(program_name), nullptr};
  int const failed = posix_spawn(&process_, program.c_str(), &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(theirs);
  if (failed != 0)
    throw Error(ExitCode::device, fmt::format("{} cannot be started", program),
                std::strerror(failed), "Use --engine cpu");
  link_ = std::move(ours);
}

Worker::~Worker() {
  link_ = Link(-1);  // one that waits for an answer ends now, one that is done has
  if (wait_for_end(std::chrono::seconds(10))) return;
  kill(process_, SIGKILL);
  wait_for_end(std::chrono::seconds(10));
}

std::optional<int> Worker::wait_for_end(std::chrono::seconds patience) {
  auto const until = std::chrono::steady_clock::now() + patience;
  while (!status_) {
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) == process_) status_ = status;
    if (status_ || std::chrono::steady_clock::now() > until) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return status_;
}

DevicePlan Worker::serve(DeviceJob const& job, DeviceHost& host) {
  DevicePlan plan;
  auto const gone = [&]() -> WorkerFailure {
    if (auto const status = wait_for_end(std::chrono::seconds(1)))
      return {"the GPU's worker is gone", words_of(*status)};
    kill(process_, SIGKILL);
    return {"the GPU's worker hangs", fmt::format("it said nothing for {} s", patience().count())};
  };
  if (!link_.send(Kind::job, job.bytes())) throw gone();
  u64 const row = u64{job.samples} * job.program.species;
  for (;;) {
    auto const message = link_.receive(patience());
    if (!message) throw gone();
    switch (message->kind) {
      case Kind::ready: plan = message->figure<DevicePlan>(); break;
      case Kind::take: {
        PieceRows rows;
        auto const piece = bytes_of(host.take(message->figure<u64>(), rows));
        link_.send(Kind::take, {piece, bytes_of(rows.values), bytes_of(rows.initial)});
        break;
      }
      case Kind::progress:
        link_.send(Kind::progress, bytes_of(u32{host.progress(message->figure<u64>())}));
        break;
      case Kind::sums_wanted: {
        auto const wanted = host.sums_wanted(message->figure<Piece>());
        auto const header =
            bytes_of(WantedHeader{wanted.part.first, wanted.part.count, wanted.values.first,
                                  wanted.values.constants.size(), wanted.values.parameters.size(),
                                  wanted.watched.size()});
        link_.send(Kind::sums_wanted,
                   {header, bytes_of(wanted.values.constants), bytes_of(wanted.values.parameters),
                    bytes_of(wanted.watched)});
        break;
      }
      case Kind::sums: host.sums(part_of(*message)); break;
      case Kind::results: {
        u64 const count = message->figure<u64>();
        char const* const ends = message->bytes.data() + sizeof count;
        char const* const counts = ends + count * sizeof(core::End);
        char const* const last = counts + count * row * sizeof(float);
        host.results({reinterpret_cast<core::End const*>(ends), count},
                     reinterpret_cast<float const*>(counts), reinterpret_cast<float const*>(last));
        break;
      }
      case Kind::done: return plan;
      case Kind::failed: {
        auto const cut = message->bytes.find('\0');
        throw WorkerFailure{message->bytes.substr(0, cut),
                            cut == std::string::npos ? "" : message->bytes.substr(cut + 1)};
      }
      default: throw WorkerFailure{"the GPU's worker speaks another language", ""};
    }
  }
}

std::vector<Device> list_devices_apart() {
  Worker const worker;
  worker.link().send(Kind::list, "");
  auto const message = worker.link().receive(patience());
  if (message && message->kind == Kind::devices) {
    std::vector<Device> found;
    for (usize at = 0; at + sizeof(DeviceRecord) <= message->bytes.size();
         at += sizeof(DeviceRecord)) {
      DeviceRecord record{};
      std::memcpy(&record, message->bytes.data() + at, sizeof record);
      found.push_back(device_of(record));
    }
    return found;
  }
  std::string problem = "the NVIDIA driver does not answer", reason;
  if (message && message->kind == Kind::failed) {
    auto const cut = message->bytes.find('\0');
    problem = message->bytes.substr(0, cut);
    if (cut != std::string::npos) reason = message->bytes.substr(cut + 1);
  }
  throw Error(ExitCode::device, problem, reason, "Use --engine cpu, or auto");
}

}  // namespace cristae::cuda
