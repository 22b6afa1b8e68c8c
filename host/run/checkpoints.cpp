// host/run/checkpoints.cpp - asks lanes for what they have under way, and writes it with the sums.
#include "host/run/checkpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/base/bytes_text.hpp"

namespace cristae {

void EnsembleSource::want() {
  in_flight_.want();
  passages_.want();
}

void EnsembleSource::gather(Checkpoint& checkpoint) {
  checkpoint.in_flight = in_flight_.all();
  checkpoint.passages = passages_.state();
  checkpoint.sums = recorder_.state();
  checkpoint.blocks = writer_.flush();
  for (auto const& piece : recorder_.missing()) checkpoint.missing += piece.count;
}

u64 checkpoint_bytes(EnsembleRecorder const& recorder, u64 passages) {
  u64 const bytes_of_passages = passages * (sizeof(double) + sizeof(u8));
  return 2 * (recorder.state_bytes() + bytes_of_passages) + 3 * recorder.samples_bytes();
}

std::optional<Diagnostic> checkpoint_warning(EnsembleRecorder const& recorder, u64 passages,
                                             u64 available_bytes) {
  u64 const run = recorder.needed_bytes(), checkpoint = checkpoint_bytes(recorder, passages);
  if (run + checkpoint <= available_bytes) return std::nullopt;
  return Diagnostic{
      Severity::warning,
      {},
      fmt::format("{} may be needed while a checkpoint is written, {} available",
                  bytes_text(double(run + checkpoint)), bytes_text(double(available_bytes))),
      fmt::format("{} for the run, and {} for its sums and the trajectories under way as bytes",
                  bytes_text(double(run)), bytes_text(double(checkpoint))),
      "Use --checkpoint-every 0, --select, fewer --samples, or fewer --histogram-times"};
}

Checkpoints::Checkpoints(CheckpointSource& source, std::string run, u64 last, double wall_seconds)
    : source_(source), run_(std::move(run)), generation_(last), wall_seconds_(wall_seconds) {}

double Checkpoints::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void Checkpoints::begin(double seconds) {
  seconds = std::min(seconds, 1e9);
  thread_ = std::jthread([this, seconds](std::stop_token const& stop) {
    // Lanes look at what is wanted of them about every millisecond. One that has not answered by then
    // is gone on with from where it was last seen.
    std::chrono::duration<double> const to_answer(std::min(0.3, seconds / 4));
    auto const is_over = [&](auto duration) {
      std::unique_lock lock(mutex_);
      return ended_.wait_for(lock, stop, duration, [&] { return stop.stop_requested(); });
    };
    for (;;) {
      if (is_over(std::chrono::duration<double>(seconds))) return;
      source_.want();
      if (is_over(to_answer)) return;
      write();
    }
  });
}

void Checkpoints::end() { thread_ = {}; }

bool Checkpoints::write_last() {
  write();
  return generation_ > 0;
}

void Checkpoints::write() {
  try {
    Checkpoint checkpoint;
    checkpoint.generation = generation_ + 1;
    checkpoint.run = run_;
    source_.gather(checkpoint);
    checkpoint.wall_seconds = wall_seconds_ + seconds();
    write_checkpoint(source_.folder(), checkpoint);
    ++generation_;
    source_.keep();
  } catch (Error const& error) {
    failed(error.diagnostics().front());
  } catch (std::exception const& error) {
    failed({Severity::warning, {}, "there is no memory for a checkpoint", error.what(), {}});
  }
}

void Checkpoints::failed(Diagnostic finding) {
  if (!remarks_.empty()) return;
  finding.severity = Severity::warning;
  finding.fix = generation_ == 0 ? "The run goes on without" : "The one before it stays";
  remarks_.push_back(std::move(finding));
}

}  // namespace cristae
