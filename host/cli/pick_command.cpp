// host/cli/pick_command.cpp - find trajectories, list them, and run them again where asked to.
#include "host/cli/pick_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "host/base/error.hpp"
#include "host/cli/print.hpp"
#include "host/cli/replay_picked.hpp"
#include "host/cli/run_results.hpp"
#include "host/cli/signals.hpp"
#include "host/io/pick_writer.hpp"
#include "host/io/result_file.hpp"
#include "host/io/trajectory_csv.hpp"
#include "host/stats/query.hpp"
#include "host/text/table.hpp"

namespace cristae {
namespace {

/// The query on one line and a mark under every place that a finding names.
std::string marked(std::string query, Error const& error) {
  std::string marks;
  for (auto const& finding : error.diagnostics()) {
    if (finding.where.column == 0) continue;
    marks.resize(std::max<usize>(marks.size(), finding.where.column), ' ');
    marks[finding.where.column - 1] = '^';
  }
  for (char& c : query)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return marks.empty() ? std::string() : fmt::format("  {}\n  {}\n", query, marks);
}

Query read_query(ResultFile const& file, std::string const& text) {
  std::optional<std::vector<std::string>> kept;
  if (!file.has_raw()) kept = file.features();
  try {
    return Query(text, columns_of(file.summary()), file.summary().times, kept,
                 first_passages_of(file.features()));
  } catch (Error const& error) {
    print_aside(marked(text, error));
    throw;
  }
}

/// Nothing is known of single trajectories after --keep none.
void require_trajectories(ResultFile const& file, Query const& query, PickOptions const& options) {
  if (!file.features().empty() || file.has_end_states() || file.has_raw()) return;
  char const* const why = "it was written with --keep none";
  char const* const fix = "Run it again without that";
  if (query.uses_events())
    throw Error(ExitCode::usage, fmt::format("'{}' holds no numbers of events", options.result),
                why, fix);
  if (!options.replay_folder.empty())
    throw Error(
        ExitCode::usage,
        fmt::format("'{}' holds nothing that a replay could be compared with", options.result), why,
        fix);
}

/// Reads the features of a query from a result: as they were kept, or from the raw values.
class FeatureReader {
 public:
  FeatureReader(ResultFile const& file, std::vector<Feature> const& features)
      : file_(file), features_(features) {
    for (auto const& feature : features_) {
      auto const& kept = file_.features();
      auto const found = std::find(kept.begin(), kept.end(), feature.text);
      if (found == kept.end())
        from_raw_ = true;
      else
        from_kept_ = true;
      index_.push_back(usize(found - kept.begin()));
    }
  }

  /// How many trajectories to read at once.
  u64 step() const {
    auto const& summary = file_.summary();
    usize const each =
        from_raw_ ? summary.columns.size() * summary.times.size() : file_.features().size();
    return std::max<u64>(1, (u64{1} << 20) / std::max<usize>(1, each));
  }

  /// [trajectory][feature]
  std::vector<double> values(u64 begin, u64 end) const {
    std::vector<double> values;
    if (features_.empty()) return values;
    auto const kept = from_kept_ ? file_.feature_values(begin, end) : std::vector<double>();
    auto const raw = from_raw_ ? file_.raw(begin, end) : std::vector<double>();
    usize const all = file_.features().size(), each = raw.size() / usize(end - begin);
    for (u64 i = 0; i < end - begin; ++i)
      for (usize f = 0; f < features_.size(); ++f)
        values.push_back(index_[f] < all
                             ? kept[i * all + index_[f]]
                             : evaluate(features_[f], std::span(raw).subspan(i * each, each),
                                        file_.summary().times.size()));
    return values;
  }

 private:
  ResultFile const& file_;
  std::vector<Feature> const& features_;
  std::vector<usize> index_;  ///< among the kept ones
  bool from_raw_ = false, from_kept_ = false;
};

PickedTrajectories find(ResultFile const& file, Query const& query, PickOptions const& options) {
  PickedTrajectories picked;
  picked.query = options.query;
  picked.trajectories = file.summary().trajectories;
  if (query.uses_events()) picked.names.emplace_back("events");
  for (auto const& feature : query.features()) picked.names.push_back(feature.text);
  constexpr u64 replayed = 20, all = ~u64{0};
  u64 const limit = options.limit.value_or(options.replay_folder.empty() ? all : replayed);
  FeatureReader const reader(file, query.features());
  usize const each = query.features().size();
  for (u64 begin = 0, end; begin < picked.trajectories; begin = end) {
    end = std::min(picked.trajectories, begin + reader.step());
    auto const values = reader.values(begin, end);
    auto const events =
        query.uses_events() ? file.events(begin, end) : std::vector<u64>(end - begin);
    for (u64 i = 0; i < end - begin; ++i) {
      u64 const id = file.report().first + begin + i;
      auto const own = std::span(values).subspan(i * each, each);
      Match const match = query.match(id, events[i], own);
      if (match == Match::undefined) ++picked.undefined;
      if (match != Match::yes || picked.matches++ >= limit) continue;
      auto& row = picked.rows.emplace_back();
      row.id = id;
      if (query.uses_events()) row.values.push_back(double(events[i]));
      row.values.insert(row.values.end(), own.begin(), own.end());
    }
  }
  return picked;
}

std::string closing_remark(PickedTrajectories const& picked) {
  auto text = fmt::format("{} of {} trajectories match", picked.matches, picked.trajectories);
  if (picked.rows.size() < picked.matches)
    text += fmt::format("; the first {} are listed (--limit)", picked.rows.size());
  if (picked.undefined > 0)
    text += fmt::format("; {} left out, because a value that the query needs is undefined",
                        picked.undefined);
  return text;
}

}  // namespace

int pick_command(PickOptions const& options) {
  ResultFile const file(options.result);
  Query const query = read_query(file, options.query);
  require_trajectories(file, query, options);
  auto const picked = find(file, query, options);
  if (options.json == "-")
    print_text(json_text(picked));
  else
    write_csv(picked, print_text);
  remark(options.talk, closing_remark(picked));
  if (options.replay_folder.empty() || picked.rows.empty()) return 0;
  std::vector<u64> trajectories;
  for (auto const& row : picked.rows) trajectories.push_back(row.id - file.report().first);
  auto const written = replay_picked(file, trajectories, options);
  remark(options.talk,
         fmt::format("{} of {} run again, the same to the last bit; wrote {}/trajectory-ID.csv{}",
                     written, trajectories.size(), options.replay_folder,
                     options.events == Events::written ? " and events-ID.csv" : ""));
  return written == trajectories.size() ? 0 : 128 + received_signal();
}

}  // namespace cristae
