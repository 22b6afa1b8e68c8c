// host/run/shared_run.cpp - shards as requests of runs, and the result made of them.
#include "host/run/shared_run.hpp"

#include <fmt/format.h>

#include <utility>

#include "host/io/checkpoint.hpp"
#include "host/io/result_file.hpp"
#include "host/run/result_parts.hpp"
#include "host/run/shard.hpp"

namespace cristae {
namespace {

/// Whether a file is the whole result of a run.
bool is_result_of(std::string const& path, Run const& run, std::string const& network_text) {
  try {
    ResultFile const file(path, ResultFile::Load::head);
    auto const& request = run.request();
    auto const& report = file.report();
    auto const& columns = file.summary().columns;
    bool const is_same =
        report.version == CRISTAE_VERSION && file.network_text() == network_text &&
        report.seed == request.seed && report.first == request.first &&
        report.requested == request.trajectories &&
        file.summary().trajectories == request.trajectories && file.has_exact_sums() &&
        file.has_raw() == request.raw && file.has_covariance() == request.covariance &&
        report.histogram_times == request.histogram_times &&
        file.summary().lagged.size() == request.correlation.size() &&
        file.features() == run.features() && columns.size() == run.columns().size();
    if (!is_same) return false;
    for (usize i = 0; i < columns.size(); ++i)
      if (columns[i].name != run.columns()[i].name) return false;
    return fingerprint(ContinuedRun(file, path).experiment()) == fingerprint(run.experiment());
  } catch (Error const&) {
    return false;  // whatever it is, it is not that
  }
}

}  // namespace

SharedRun::SharedRun(Network const& network, RunRequest const& whole)
    : whole_(whole), shards_(whole.shards) {
  folder_.emplace(whole.result_file, [&](SharedFolder& folder) { decide(folder, network); });
}

void SharedRun::decide(SharedFolder& folder, Network const& network) {
  Run const run(network, whole_);
  remarks_ = run.remarks();
  auto const bytes = run.bytes();
  auto const name = fmt::format("the run in '{}'", folder.folder());
  auto const there = folder.has_run() ? folder.run() : std::string();
  auto const is_same = [&] {
    try {
      return is_same_run(bytes, there, name);
    } catch (Error const&) {
      if (whole_.overwrite == Overwrite::refuse) throw;
      return false;  // to be removed
    }
  };
  bool const is_joined = !there.empty() && is_same();
  if (!there.empty() && !is_joined) refuse_another(folder);
  if (is_result_of(whole_.result_file, run, network.text)) {
    is_done_ =
        true;  // who comes late finds this, and who follows one that was killed at the very end
    if (is_joined && !folder.is_in_use()) folder.empty();
    return;
  }
  check_output(whole_.result_file, whole_.overwrite, Streams::refuse);
  if (is_joined) {
    shards_ = read_run(there, name, whole_.result_file).request.shards;
    return;
  }
  if (whole_.overwrite == Overwrite::refuse) refuse_left_parts(parts_folder(whole_.result_file));
  folder.empty();
  folder.begin(bytes);
}

void SharedRun::refuse_another(SharedFolder const& folder) const {
  if (whole_.overwrite == Overwrite::refuse)
    throw Error(ExitCode::input_output,
                fmt::format("'{}' holds shards of another run", folder.folder()),
                "it was interrupted, or is still under way",
                "Use cristae resume to go on with that run, --overwrite to remove what it left, or "
                "give another name");
  if (folder.is_in_use())
    throw Error(ExitCode::input_output, fmt::format("'{}' is in use", folder.folder()),
                "processes are at another run of this name", "Wait for them, or give another name");
}

std::optional<SharedRun::Shard> SharedRun::take() {
  auto claim = folder_->take(shards_);
  if (!claim) return std::nullopt;
  auto const path = folder_->under_way(claim->number);
  Shard shard{std::move(*claim), whole_, std::nullopt};
  auto& request = shard.request;
  request.shards = 0;
  request.shard = fmt::format("{}/{}", shard.claim.number, shards_);
  request.part_of = {whole_.first, whole_.trajectories};
  auto const own = trajectories_of_shard(*request.part_of, shard.claim.number, shards_);
  request.first = own.first;
  request.trajectories = own.count;
  request.result_file = path;
  request.overwrite = Overwrite::allow;
  if (newest_checkpoint(parts_folder(path)) == 0) return shard;
  try {
    shard.left = read_interrupted_run(path);
  } catch (Error const&) {
    // Nothing that can be gone on with: from the start.
  }
  return shard;
}

bool SharedRun::finish(Shard const& shard) {
  auto const path = folder_->under_way(shard.claim.number);
  try {
    ResultFile const file(path, ResultFile::Load::head);
    if (file.summary().trajectories != shard.request.trajectories) return false;
  } catch (Error const&) {
    return false;  // it says itself why it was not written
  }
  folder_->finish(shard.claim);
  return true;
}

std::optional<MergeOutcome> SharedRun::put_together(Overwrite overwrite, RunControl& control) {
  if (finished() < shards_) return std::nullopt;
  auto const merging = folder_->take_merge();
  if (!merging || finished() < shards_) return std::nullopt;
  MergeRequest request;
  for (u64 number = 1; number <= shards_; ++number)
    request.results.push_back(folder_->whole(number));
  request.output = whole_.result_file;
  request.overwrite = overwrite;
  auto merged = merge_results(request, control);
  folder_->remove();
  return merged;
}

InterruptedRun read_shared_run(std::string const& result) {
  auto const folder = SharedFolder::name_of(result);
  std::vector<Diagnostic> remarks;
  auto const checkpoint = read_checkpoint(folder, remarks);
  auto run = read_run(checkpoint.run, fmt::format("the run in '{}'", folder), result);
  run.remarks = std::move(remarks);
  return run;
}

}  // namespace cristae
