// cuda/worker_main.cpp - cristae-gpu-worker: one GPU's driver in a process of its own.
//
// A device error (illegal address, uncorrectable ECC, lost card) makes every later call in a process
// fail; this one ends, and the engine starts another or goes on without the card.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cuda/device_run.hpp"
#include "cuda/message.hpp"
#include "cuda/worker.hpp"

namespace cristae::cuda {
namespace {

/// The engine is gone: nobody waits for what this computes.
struct EngineGone {};

class SocketHost final : public DeviceHost {
 public:
  SocketHost(Link const& link, DeviceJob const& job) : link_(link), job_(job) {}

  Piece take(u64 most, PieceRows& rows) override {
    tell(link_.send(Kind::take, bytes_of(most)));
    auto const message = link_.receive();
    if (!message) throw EngineGone{};
    auto const piece = message->figure<Piece>();
    if (job_.own_rows == 0) return piece;
    rows.values.resize(piece.count * job_.row_values);
    rows.initial.resize(piece.count * job_.program.hashed);
    usize const bytes = rows.values.size() * sizeof(float);
    if (message->bytes.size() != sizeof piece + bytes + rows.initial.size() * sizeof(core::i64))
      throw Error(ExitCode::internal, "a GPU's rows are cut short",
                  "the engine is of another version");
    if (bytes > 0) std::memcpy(rows.values.data(), message->bytes.data() + sizeof piece, bytes);
    if (!rows.initial.empty())
      std::memcpy(rows.initial.data(), message->bytes.data() + sizeof piece + bytes,
                  rows.initial.size() * sizeof(core::i64));
    return piece;
  }

  void results(std::span<core::End const> ends, float const* counts, float const* last) override {
    u64 const count = ends.size(), species = job_.program.species;
    auto const count_bytes = bytes_of(count);
    auto const bytes = [](auto const* from, u64 n) {
      return std::string_view(reinterpret_cast<char const*>(from), n * sizeof *from);
    };
    tell(link_.send(Kind::results,
                    {count_bytes, bytes(ends.data(), count),
                     bytes(counts, count * job_.samples * species), bytes(last, count * species)}));
  }

  SumsWanted sums_wanted(Piece ended) override {
    tell(link_.send(Kind::sums_wanted, bytes_of(ended)));
    auto const message = link_.receive();
    if (!message) throw EngineGone{};
    auto const header = message->figure<WantedHeader>();
    auto rest =
        std::string_view(message->bytes).substr(std::min(sizeof header, message->bytes.size()));
    SumsWanted wanted;
    wanted.part = {header.first, header.count};
    wanted.values.first = header.first_in_set;
    take_list(rest, header.constants, wanted.values.constants);
    take_list(rest, header.parameters, wanted.values.parameters);
    take_list(rest, header.watched, wanted.watched);
    auto const& of = job_.reduction;
    if (header.count > 0 &&
        (wanted.values.constants.size() != of.constants + header.count * of.cell_values ||
         wanted.values.parameters.size() != u64{of.parameters} * job_.samples))
      throw Error(ExitCode::internal, "what the columns of a GPU read is cut short",
                  "the engine is of another version");
    return wanted;
  }

  void sums(ReducedPart const& part) override {
    SumsHeader const header{part.begin,
                            part.ends.size(),
                            part.sums.sums.size(),
                            part.sums.products.size(),
                            part.sums.lagged.size(),
                            part.sums.kept.size(),
                            part.failed.size(),
                            part.watched.size(),
                            part.sums.counts.size(),
                            part.sums.last_counts.size()};
    auto const sizes = bytes_of(header);
    tell(link_.send(
        Kind::sums,
        {sizes, bytes_of(part.ends), bytes_of(part.sums.sums), bytes_of(part.sums.products),
         bytes_of(part.sums.lagged), bytes_of(part.sums.kept), bytes_of(part.failed),
         bytes_of(part.watched), bytes_of(part.sums.counts), bytes_of(part.sums.last_counts)}));
  }

  bool progress(u64 events) override {
    tell(link_.send(Kind::progress, bytes_of(events)));
    return answer<u32>() != 0;
  }

 private:
  Link const& link_;
  DeviceJob const& job_;

  static void tell(bool was_sent) {
    if (!was_sent) throw EngineGone{};
  }
  template <class T>
  T answer() const {
    auto const message = link_.receive();
    if (!message) throw EngineGone{};
    return message->figure<T>();
  }
};

void list(Link const& link) {
  std::string records;
  for (auto const& device : devices()) records += bytes_of(record_of(device));
  link.send(Kind::devices, records);
}

void run(Link const& link, std::string const& bytes) {
  DeviceJob const job = DeviceJob::from(bytes);
  auto const all = devices();
  if (job.device >= static_cast<int>(all.size()))
    throw Error(ExitCode::device, "the GPU is gone", "the driver shows fewer than before");
  auto const& device = all[static_cast<usize>(job.device)];
  Context const context(device);
  DeviceRun of_device(device, job);
  link.send(Kind::ready, bytes_of(of_device.plan()));
  SocketHost host(link, job);
  of_device.run(host);
  link.send(Kind::done, "");
}

int work() {
  // Ctrl-C goes to the engine, which says stop; without the engine there is nothing to do.
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Link const link(STDIN_FILENO);
  auto const first = link.receive();
  if (!first) return int(ExitCode::usage);
  try {
    if (first->kind == Kind::list)
      list(link);
    else
      run(link, first->bytes);
  } catch (Error const& error) {
    auto const& finding = error.diagnostics().front();
    link.send(Kind::failed, finding.problem + '\0' + finding.reason);
    return int(error.code());
  } catch (EngineGone const&) {
    return int(ExitCode::interrupted);
  } catch (std::exception const& error) {
    link.send(Kind::failed, std::string(error.what()) + '\0');
    return int(ExitCode::internal);
  }
  return 0;
}

}  // namespace
}  // namespace cristae::cuda

int main() { return cristae::cuda::work(); }
