// host/cli/export_command.cpp - from a part of a result to its lines.
#include "host/cli/export_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "host/base/error.hpp"
#include "host/cli/print.hpp"
#include "host/cli/run_results.hpp"
#include "host/cli/selection.hpp"
#include "host/io/csv_writer.hpp"
#include "host/io/ensemble_csv.hpp"
#include "host/io/output_file.hpp"
#include "host/io/result_file.hpp"
#include "host/io/trajectory_csv.hpp"
#include "host/text/table.hpp"

namespace cristae {
namespace {

class Export {
 public:
  Export(ResultFile const& file, ExportOptions const& options) : file_(file), options_(options) {
    require_part();
    switch (options_.what) {
      case ResultPart::end_states: chosen_ = select(options_.select, file_.species()); break;
      case ResultPart::features: chosen_ = chosen_features(); break;
      default: chosen_ = select_columns(options_.select, file_.summary());
    }
  }

  void write(WriteText const& write) const {
    switch (options_.what) {
      case ResultPart::statistics: write_statistics(write); break;
      case ResultPart::suite: write_suite_csv(file_.summary(), chosen_, write); break;
      case ResultPart::histograms: write_histograms_csv(file_.summary(), chosen_, write); break;
      case ResultPart::covariance: write_covariance_csv(file_.summary(), chosen_, write); break;
      case ResultPart::features: write_features_csv(file_, chosen_, write); break;
      case ResultPart::end_states: write_end_states_csv(file_, chosen_, write); break;
      case ResultPart::raw: write_raw_csv(file_, chosen_, write); break;
    }
  }

 private:
  ResultFile const& file_;
  ExportOptions const& options_;
  std::vector<usize> chosen_;  ///< columns, features or species

  [[noreturn]] void refuse(char const* what, char const* why, char const* fix) const {
    throw Error(ExitCode::usage, fmt::format("'{}' holds no {}", options_.result, what), why, fix);
  }

  void require_part() const {
    switch (options_.what) {
      case ResultPart::statistics:
      case ResultPart::suite: return;
      case ResultPart::histograms:
        if (file_.summary().histogram_times.empty())
          refuse("histograms", "the run had --histogram-times 0", "Run it again without that");
        return;
      case ResultPart::covariance:
        if (file_.summary().covariance.empty())
          refuse("covariances", "they are kept on request", "Run it again with --covariance");
        return;
      case ResultPart::features:
        if (file_.features().empty() && !file_.has_end_times())
          refuse("features of single trajectories", "the run kept none",
                 "Run it again with --keep LIST");
        return;
      case ResultPart::end_states:
        if (!file_.has_end_states())
          refuse("end states", "the run had --keep none", "Run it again without that");
        return;
      case ResultPart::raw:
        if (!file_.has_raw())
          refuse("raw trajectories", "they are kept on request", "Run it again with --raw");
    }
  }

  /// Those of the selected columns; first passages, which belong to none, where all are asked for.
  std::vector<usize> chosen_features() const {
    auto const columns = select_columns(options_.select, file_.summary());
    auto const known = columns_of(file_.summary());
    std::vector<usize> features;
    for (usize i = 0; i < file_.features().size(); ++i) {
      auto const feature = parse_feature(file_.features()[i], known, file_.summary().times);
      bool const is_chosen =
          feature.kind == FeatureKind::first
              ? options_.select.empty()
              : std::find(columns.begin(), columns.end(), feature.column) != columns.end();
      if (is_chosen) features.push_back(i);
    }
    return features;
  }

  void write_statistics(WriteText const& write) const {
    if (options_.select.empty()) {
      write_csv(file_.summary(), write);
      return;
    }
    EnsembleSummary part;
    part.times = file_.summary().times;
    for (usize const c : chosen_) part.columns.push_back(file_.summary().columns[c]);
    write_csv(part, write);
  }
};

}  // namespace

int export_command(ExportOptions const& options) {
  ResultFile const file(options.result);
  Export const part(file, options);
  if (options.output.empty()) {
    part.write(print_text);
    return 0;
  }
  OutputFile output(options.output, options.overwrite);
  part.write([&](std::string_view text) { output.write(text); });
  output.commit();
  remark(options.talk, "wrote " + options.output);
  return 0;
}

}  // namespace cristae
