// host/io/plot_writer.hpp - fan charts of ensemble statistics, drawn by gnuplot.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/io/output_file.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

enum class PlotFormat : u8 { svg, png };

/// By the ending of a file's name; empty for any other.
std::optional<PlotFormat> plot_format(std::string const& path);

struct PlotText {
  std::string title;     ///< large, e.g. the network's title
  std::string subtitle;  ///< small: network, condition, n, seed
  std::string time_unit;
  std::vector<double> changes;  ///< times of scheduled changes, marked by a dashed line
};

inline constexpr usize most_panels = 16;

/// The commands for gnuplot: one panel per column of those indices (the first 16), 5-95 and 25-75 %
/// bands and the median against time, linear axes. It reads panel0.txt, panel1.txt, ...
std::string plot_script(PlotText const& text, EnsembleSummary const& summary,
                        std::vector<usize> const& columns, PlotFormat format);

/// The data of one panel: lines of `time q05 q25 median q75 q95`, at the times of the histograms,
/// because there are no quantiles at others.
std::string plot_data(EnsembleSummary const& summary, usize column);

/// Runs gnuplot in a private temporary folder and writes the picture to `file`.
/// Throws Error(input_output) if gnuplot is missing or fails, Error(usage) if there is no quantile.
void write_plot(PlotText const& text, EnsembleSummary const& summary,
                std::vector<usize> const& columns, PlotFormat format, OutputFile& file);

}  // namespace cristae
