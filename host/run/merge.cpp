// host/run/merge.cpp - the heads of all results, then their sums, then their rows.
#include "host/run/merge.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "host/io/machine_memory.hpp"
#include "host/io/result_file.hpp"
#include "host/run/result_parts.hpp"

namespace cristae {
namespace {

using Traits = std::vector<std::pair<std::string, std::string>>;

/// `seed is 2, not 1`; texts too long to show are `another`.
std::string difference_text(std::string const& name, std::string const& got,
                            std::string const& expected) {
  constexpr usize longest = 40;
  auto const is_short = [](std::string const& text) {
    return text.size() <= longest && text.find('\n') == std::string::npos;
  };
  if (!is_short(got) || !is_short(expected))
    return fmt::format("{} differ{}", name, name.back() == 's' ? "" : "s");
  auto const shown = [](std::string const& text) { return text.empty() ? "none" : text; };
  return fmt::format("{}: {}, not {}", name, shown(got), shown(expected));
}

/// Names and values of traits differ, where one has more of them, too.
std::string differences(Traits const& got, Traits const& expected) {
  std::vector<std::string> texts;
  for (usize i = 0; i < std::min(got.size(), expected.size()); ++i)
    if (got[i] != expected[i])
      texts.push_back(difference_text(expected[i].first, got[i].second, expected[i].second));
  return fmt::format("{}", fmt::join(texts, "; "));
}

class Merge {
 public:
  Merge(MergeRequest const& request, RunControl& control) : request_(request), control_(control) {}

  MergeOutcome run() {
    check_output(request_.output, request_.overwrite, Streams::refuse);
    for (auto const& path : request_.results) {
      require_time();
      look_at(path);
    }
    sort();
    find_gaps();
    refuse_findings();
    add_up();
    return std::move(outcome_);
  }

 private:
  MergeRequest const& request_;
  RunControl& control_;
  std::vector<PartOfRun> parts_;
  std::string first_path_;  ///< whose traits all must have
  Traits traits_;
  std::optional<WholeRun> whole_;
  std::vector<Diagnostic> unreadable_, refused_;
  MergeOutcome outcome_;

  void refuse(std::string problem, std::string reason, std::string fix) {
    refused_.push_back(
        {Severity::error, {}, std::move(problem), std::move(reason), std::move(fix)});
  }

  void look_at(std::string const& path) {
    try {
      ResultFile const file(path, ResultFile::Load::head);
      look_at(file, path);
    } catch (Error const& error) {
      unreadable_.insert(unreadable_.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }

  void look_at(ResultFile const& file, std::string const& path) {
    auto const& report = file.report();
    if (!file.has_exact_sums()) {
      bool const follows = file.summary().contract_hash != 0;
      refuse(fmt::format("'{}' holds no exact sums", path),
             follows ? "an earlier version wrote it, or Python did"
                     : fmt::format("the engine '{}' follows no contract", report.engine),
             "Run it again with --output FILE.h5 on another engine");
      return;
    }
    auto traits = traits_of(file);
    if (traits_.empty()) {
      traits_ = std::move(traits);
      first_path_ = path;
    } else if (traits != traits_) {
      refuse(fmt::format("'{}' is not of the run of '{}'", path, first_path_),
             differences(traits, traits_), "Leave it out, or run it again as the others");
      return;
    }
    parts_.push_back({path, {report.first, file.summary().trajectories}});
    add_whole(whole_run_of(report, file.summary().trajectories));
  }

  /// From the first trajectory of any of the runs to the last one.
  void add_whole(WholeRun const& run) {
    if (!whole_) {
      whole_ = run;
      return;
    }
    u64 const end = std::max(whole_->first + whole_->trajectories, run.first + run.trajectories);
    whole_->first = std::min(whole_->first, run.first);
    whole_->trajectories = end - whole_->first;
  }

  void sort() {
    std::stable_sort(parts_.begin(), parts_.end(), [](PartOfRun const& a, PartOfRun const& b) {
      return a.trajectories.first < b.trajectories.first;
    });
    // The one that reaches furthest so far overlaps the next one if any does.
    PartOfRun const* furthest = nullptr;
    for (auto const& part : parts_) {
      auto const& own = part.trajectories;
      u64 const end = furthest != nullptr
                          ? furthest->trajectories.first + furthest->trajectories.count
                          : own.first;
      if (end > own.first)
        refuse(
            fmt::format("'{}' and '{}' both hold trajectories {}", furthest->path, part.path,
                        range_text({own.first, std::min(end, own.first + own.count) - own.first})),
            "every trajectory must be there once", "Leave one of them out");
      if (furthest == nullptr || own.first + own.count > end) furthest = &part;
    }
  }

  std::vector<Piece> gaps() const {
    std::vector<Piece> gaps;
    u64 next = whole_->first;
    for (auto const& part : parts_) {
      auto const& own = part.trajectories;
      if (own.first > next) gaps.push_back({next, own.first - next});
      next = std::max(next, own.first + own.count);
    }
    u64 const end = whole_->first + whole_->trajectories;
    if (end > next) gaps.push_back({next, end - next});
    return gaps;
  }

  void find_gaps() {
    if (!unreadable_.empty() || !refused_.empty() || parts_.empty()) return;  // of others first
    auto const found = gaps();
    if (found.empty()) return;
    constexpr usize most = 30;
    std::vector<std::string> ranges;
    u64 count = 0;
    for (auto const& gap : found) {
      if (ranges.size() < most) ranges.push_back(range_text(gap));
      count += gap.count;
    }
    auto missing = fmt::format("{}", fmt::join(ranges, ", "));
    if (found.size() > most) missing += fmt::format(" and {} more", found.size() - most);
    auto const problem =
        fmt::format("{} of {} trajectories are missing: {}", count, whole_->trajectories, missing);
    if (request_.gaps == Gaps::refuse) {
      refuse(problem, "what is there may be a biased sample",
             fmt::format("Run them, as --first {} --trajectories {}, or merge what is there with "
                         "--partial",
                         found.front().first, found.front().count));
      return;
    }
    outcome_.report.missing = missing;
    outcome_.remarks.push_back(
        {Severity::warning, {}, problem, "the result is marked as partial", {}});
    keep_longest();
  }

  /// Results have their trajectories without a gap, as all that reads them expects.
  void keep_longest() {
    usize best = 0, best_end = 0;
    u64 most = 0;
    for (usize begin = 0, end = 0; begin < parts_.size(); begin = end) {
      u64 count = 0;
      for (end = begin;
           end < parts_.size() && (end == begin || touch(parts_[end - 1], parts_[end])); ++end)
        count += parts_[end].trajectories.count;
      if (count <= most) continue;
      best = begin;
      best_end = end;
      most = count;
    }
    u64 const left_out = parts_.size() - (best_end - best);
    auto const at = [&](usize i) { return parts_.begin() + static_cast<std::ptrdiff_t>(i); };
    parts_ = std::vector<PartOfRun>(at(best), at(best_end));
    if (left_out == 0) return;
    outcome_.remarks.push_back(
        {Severity::warning,
         {},
         fmt::format("{} {} left out", left_out, left_out == 1 ? "result is" : "results are"),
         "a result has no gaps, and the others are the longest stretch without one",
         {}});
  }

  static bool touch(PartOfRun const& a, PartOfRun const& b) {
    return a.trajectories.first + a.trajectories.count == b.trajectories.first;
  }

  /// Files that cannot be read come first, and decide the exit code.
  void refuse_findings() {
    if (unreadable_.empty() && refused_.empty()) return;
    auto const code = unreadable_.empty() ? ExitCode::usage : ExitCode::input_output;
    auto findings = std::move(unreadable_);
    findings.insert(findings.end(), refused_.begin(), refused_.end());
    constexpr usize most = 50;
    if (findings.size() > most) {
      auto const more = findings.size() - most;
      findings.resize(most);
      findings.push_back({Severity::error, {}, fmt::format("and {} more findings", more), {}, {}});
    }
    throw Error(code, std::move(findings));
  }

  void require_time() const {
    if (control_.stop) throw Error(ExitCode::interrupted, "stopped");
  }

  void add_up() {
    std::string const& path = parts_.front().path;
    ResultFile const head(path, ResultFile::Load::head);
    ContinuedRun const run(head, path);
    TrajectoryRows const rows(run.experiment(), run.columns(), run.kept());
    u64 const first = parts_.front().trajectories.first;
    auto const& last = parts_.back().trajectories;
    EnsembleRecorder sums(run.experiment(), run.columns(), first, last.first + last.count - first,
                          available_memory_bytes(), run.options());
    JoinedReport joined;
    std::vector<PackedBlock> blocks;
    for (auto const& part : parts_) {
      require_time();
      ResultFile const file(part.path);
      sums.add_sums(file.exact_sums(), file.summary().columns, fmt::format("'{}'", part.path));
      joined.add(file.report());
      for (auto& block : rows.blocks_of(file, part.path)) {
        auto read = std::move(block.read);
        block.read = [this, read = std::move(read)] {
          require_time();
          return read();
        };
        blocks.push_back(std::move(block));
      }
      control_.trajectories += part.trajectories.count;
    }
    finish(run, sums.summary(), joined, rows, blocks);
  }

  void finish(ContinuedRun const& run, EnsembleSummary summary, JoinedReport const& joined,
              TrajectoryRows const& rows, std::vector<PackedBlock> const& blocks) {
    auto const missing = std::move(outcome_.report.missing);
    auto& report = outcome_.report;
    report = joined.joined(*run.experiment().network, summary);
    report.first = parts_.front().trajectories.first;
    report.requested = missing.empty() ? whole_->trajectories : summary.trajectories;
    report.shard.clear();
    report.until.clear();
    report.part_of.reset();
    report.missing = missing;
    if (!missing.empty()) report.part_of = whole_;
    outcome_.summary = std::move(summary);
    outcome_.results = parts_.size();
    write_result_file(request_.output, request_.overwrite, run.experiment(), report,
                      outcome_.summary, rows, blocks);
  }
};

}  // namespace

MergeOutcome merge_results(MergeRequest const& request, RunControl& control) {
  return Merge(request, control).run();
}

}  // namespace cristae
