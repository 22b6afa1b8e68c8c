// host/io/plot_writer.cpp - layout and script of a fan chart; gnuplot as a child process.
#include "host/io/plot_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "host/base/error.hpp"

extern char** environ;

namespace cristae {
namespace {

// ColorBrewer "Blues": light to dark stays in order for every kind of colour vision and in print.
constexpr char const* outer_colour = "#c6dbef";
constexpr char const* inner_colour = "#6baed6";
constexpr char const* median_colour = "#08306b";
constexpr char const* text_colour = "#222222";
constexpr char const* quiet_colour = "#5a5a5a";
constexpr char const* grid_colour = "#e3e3e3";

/// More points than this are finer than the pixels of a panel.
constexpr usize most_points = 1500;

/// Sizes in pixels of the SVG.
struct Layout {
  usize panels, across, down;
  double panel_width, panel_height;  // with its axis labels
  double top, bottom, side = 12;

  Layout(usize column_count) : panels(std::min(column_count, most_panels)) {
    constexpr std::array<usize, most_panels + 1> columns_for{1, 1, 2, 3, 2, 3, 3, 4, 4,
                                                             3, 4, 4, 4, 4, 4, 4, 4};
    across = columns_for[panels];
    down = std::max<usize>(1, (panels + across - 1) / across);
    panel_width = across == 1 ? 760 : across == 2 ? 480 : across == 3 ? 400 : 340;
    panel_height = across == 1 ? 406 : across == 2 ? 288 : 226;
    top = 78;
    bottom = column_count > most_panels ? 50 : 28;  // time labels, and a remark
  }
  double width() const { return static_cast<double>(across) * panel_width + 2 * side; }
  double height() const { return static_cast<double>(down) * panel_height + top + bottom; }
};

/// A single-quoted string of gnuplot, in which nothing is special but the quote itself.
std::string quoted(std::string const& text) {
  std::string result = "'";
  for (char const c : text) {
    if (c == '\'')
      result += "''";
    else
      result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return result + "'";
}

usize code_points(std::string const& text) {
  return static_cast<usize>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// The text cut to about `width` pixels at a font size, by the mean width of a letter.
std::string fitted(std::string const& text, double width, double font_size) {
  auto const letters = static_cast<usize>(std::max(4.0, width / (0.49 * font_size)));
  if (code_points(text) <= letters) return text;
  std::string cut;
  usize count = 0;
  for (char const c : text) {
    if ((c & 0xC0) != 0x80 && ++count == letters) break;
    cut += c;
  }
  return cut + "…";
}

/// The largest of the nice steps that gives at least `count` intervals in a range.
double nice_step(double range, double count) {
  double const rough = range / count;
  double const power = std::pow(10, std::floor(std::log10(rough)));
  for (double const step : {5.0, 2.0, 1.0})
    if (step * power <= rough * (1 + 1e-9)) return step * power;
  return power;
}

/// The same for time, where people count in twelfths and sixtieths.
double nice_time_step(double range, double count, std::string const& unit) {
  static constexpr std::array minutes{1.,  2.,   5.,   10.,  15.,  30.,
                                      60., 120., 180., 360., 720., 1440.};
  static constexpr std::array hours{1., 2., 3., 6., 12., 24., 48., 72.};
  auto const pick = [&](auto const& steps) {
    if (range / count < steps.front() || range / count > 2 * steps.back())
      return nice_step(range, count);
    double best = steps.front();
    for (double const step : steps)
      if (step <= range / count * (1 + 1e-9)) best = step;
    return best;
  };
  if (unit == "min" || unit == "s" || unit == "minute" || unit == "second") return pick(minutes);
  if (unit == "h" || unit == "hour") return pick(hours);
  return nice_step(range, count);
}

std::string superscript(int number) {
  static constexpr std::array digits{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text;
  for (char const c : std::to_string(number))
    text += c == '-' ? "⁻" : digits[static_cast<usize>(c - '0')];
  return text;
}

struct Axis {
  double low = 0, high = 1, step = 0.5;
  int exponent = 0;  ///< labels are values / 10^exponent
};

Axis value_axis(ColumnStatistics const& column) {
  double low = INFINITY, high = -INFINITY;
  for (auto const& point : column.points)
    for (double const value : {point.quantiles[0], point.quantiles[2], point.quantiles[4]})
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  if (low > high) low = high = 0;
  Axis axis;
  double const size = std::max(std::fabs(low), std::fabs(high));
  if (high - low <= 1e-9 * size || size == 0) {  // constant
    double const pad = size > 0 ? 0.2 * size : 1;
    low = low >= 0 ? 0 : low - pad;
    high = high > 0 ? high + pad : low < 0 ? 0 : pad;
  } else {
    double const pad = 0.06 * (high - low);
    // Zero is where copy numbers begin; leave it out only where the band is far above it.
    low = low >= 0 && low < 0.5 * high ? 0 : low - pad;
    high += pad;
  }
  axis.low = low;
  axis.high = high;
  axis.step = nice_step(high - low, 3.5);
  double const largest = std::max(std::fabs(low), std::fabs(high));
  if (largest >= 99999 || largest < 1e-2)
    axis.exponent = 3 * static_cast<int>(std::floor(std::log10(largest) / 3));
  return axis;
}

std::string tics(double low, double high, double step, int exponent) {
  std::string text = "(";
  double const scale = std::pow(10, exponent);
  for (double i = std::ceil(low / step - 1e-9); i * step <= high * (1 + 1e-12) + 1e-300; ++i) {
    double const value = i * step + 0.0;
    if (text.size() > 1) text += ", ";
    text += fmt::format("'{:g}' {:.17g}", std::round(value / scale * 1e6) / 1e6 + 0.0, value);
  }
  return text + ")";
}

/// A folder that only this process can read; gone with everything in it at the end.
class PrivateFolder {
 public:
  PrivateFolder() {
    char const* const base = std::getenv("TMPDIR");
    path_ = std::string(base != nullptr && *base ? base : "/tmp") + "/cristae-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr)
      throw Error(ExitCode::input_output, "no temporary folder for the plot",
                  fmt::format("'{}': {}", path_, std::strerror(errno)), "Set TMPDIR");
  }
  ~PrivateFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  PrivateFolder(PrivateFolder const&) = delete;
  PrivateFolder& operator=(PrivateFolder const&) = delete;

  std::string file(std::string const& name) const { return path_ + "/" + name; }
  std::string const& path() const { return path_; }

  void write(std::string const& name, std::string const& text) const {
    std::ofstream stream(file(name), std::ios::binary);
    stream << text;
    stream.close();
    if (!stream)
      throw Error(ExitCode::input_output, fmt::format("'{}' cannot be written", file(name)),
                  "data of the plot", "Set TMPDIR to a folder with more space");
  }

 private:
  std::string path_;
};

std::string first_lines(std::string const& path) {
  std::ifstream stream(path);
  std::string line, text;
  while (text.size() < 300 && std::getline(stream, line)) {
    line.erase(0, line.find_first_not_of(" \t^"));
    if (!line.empty()) text += (text.empty() ? "" : "; ") + line;
  }
  return text;
}

/// Runs gnuplot in the folder with the picture going to `output`.
void run_gnuplot(PrivateFolder const& folder, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, folder.file("messages.txt").c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addchdir_np(&actions, folder.path().c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  for (int const signal : {SIGPIPE, SIGINT, SIGTERM}) sigaddset(&signals, signal);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

  // -d: no start-up files, so that the picture does not depend on who draws it.
  std::string program = "gnuplot", defaults = "-d", script = "plot.gp";
  std::array<char*, 4> arguments{program.data(), defaults.data(), script.data(), nullptr};
  pid_t child = 0;
  int const failed =
      posix_spawnp(&child, program.c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed == ENOENT || failed == EACCES)
    throw Error(ExitCode::input_output, "gnuplot was not found", "it draws the picture",
                "Install it (Debian, Ubuntu: apt install gnuplot-nox) and run again");
  if (failed != 0)
    throw Error(ExitCode::input_output, "gnuplot could not be started", std::strerror(failed));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  auto const messages = first_lines(folder.file("messages.txt"));
  throw Error(ExitCode::input_output, "gnuplot failed",
              WIFSIGNALED(status) ? fmt::format("ended by signal {}", WTERMSIG(status))
              : messages.empty()  ? fmt::format("exit status {}", WEXITSTATUS(status))
                                  : messages);
}

/// The sample times that have quantiles: those of the histograms, and all of a solution of rate
/// equations, which has quantiles without them, and whose values are not rounded.
std::vector<u32> drawn_times(EnsembleSummary const& summary) {
  if (!summary.histogram_times.empty()) return summary.histogram_times;
  std::vector<u32> times;
  for (u32 k = 0; k < summary.times.size(); ++k)
    if (std::any_of(summary.columns.begin(), summary.columns.end(), [&](auto const& column) {
          return column.resolution == 0 && std::isfinite(column.points[k].quantiles.front());
        }))
      times.push_back(k);
  return times;
}

}  // namespace

std::optional<PlotFormat> plot_format(std::string const& path) {
  if (path.ends_with(".svg")) return PlotFormat::svg;
  if (path.ends_with(".png")) return PlotFormat::png;
  return std::nullopt;
}

std::string plot_data(EnsembleSummary const& summary, usize column) {
  auto const& points = summary.columns[column].points;
  auto const times = drawn_times(summary);
  usize const stride = (times.size() + most_points - 1) / most_points;
  std::string data;
  for (usize i = 0; i < times.size();) {
    data += fmt::format("{:.9g}", summary.times[times[i]]);
    for (double const value : points[times[i]].quantiles)
      data += std::isfinite(value) ? fmt::format(" {:.9g}", value) : " NaN";
    data += '\n';
    if (i + 1 == times.size()) break;
    i = std::min(i + stride, times.size() - 1);
  }
  return data;
}

std::string plot_script(PlotText const& text, EnsembleSummary const& summary,
                        std::vector<usize> const& columns, PlotFormat format) {
  Layout const layout(columns.size());
  double const width = layout.width(), height = layout.height();
  std::string script;
  auto const line = [&]<class... Values>(fmt::format_string<Values...> form, Values&&... values) {
    fmt::format_to(std::back_inserter(script), form, std::forward<Values>(values)...);
    script += '\n';
  };
  auto const x_of = [&](double pixels) { return pixels / width; };
  auto const y_of = [&](double pixels_from_top) { return 1 - pixels_from_top / height; };

  line("set encoding utf8");
  if (format == PlotFormat::svg)
    line(
        "set terminal svg noenhanced size {:.0f},{:.0f} fixed font 'Arial,13' "
        "background '#ffffff'",
        width, height);
  else  // twice the pixels, so that a slide can be printed
    line(
        "set terminal pngcairo noenhanced size {:.0f},{:.0f} font 'Arial,9.75' fontscale 2 "
        "linewidth 2 background '#ffffff'",
        2 * width, 2 * height);
  line("set multiplot");
  line("set style fill solid 1 noborder");

  // Title, what was run, and the legend to their right.
  double const legend_width = 306, left = layout.side + 14;
  double const title_width = width - 2 * left;
  auto const title_letters = static_cast<double>(code_points(text.title));
  double const title_size = title_letters * 0.49 * 19 > title_width ? 15 : 19;
  auto const points = [&](double pixels) {  // gnuplot's cairo terminals take font sizes in points
    return format == PlotFormat::svg ? pixels : pixels * 0.75;
  };
  line("set label 1 {} at screen {:.5f},{:.5f} left front font ',{:g}' textcolor rgb '{}'",
       quoted(fitted(text.title, title_width, title_size)), x_of(left), y_of(24),
       points(title_size), text_colour);
  line("set label 2 {} at screen {:.5f},{:.5f} left front font ',{:g}' textcolor rgb '{}'",
       quoted(fitted(text.subtitle, width - left - legend_width - layout.side, 13)), x_of(left),
       y_of(52), points(13), quiet_colour);
  double const legend = width - legend_width - layout.side;
  auto const legend_entry = [&](int tag, double x, double swatch, char const* colour,
                                double half_height, char const* entry) {
    line(
        "set object {} rectangle from screen {:.5f},{:.5f} to screen {:.5f},{:.5f} front "
        "fillcolor rgb '{}' fillstyle solid 1 noborder",
        tag, x_of(x), y_of(51 + half_height), x_of(x + swatch), y_of(51 - half_height), colour);
    line("set label {} {} at screen {:.5f},{:.5f} left front font ',{:g}' textcolor rgb '{}'", tag,
         quoted(entry), x_of(x + swatch + 6), y_of(52), points(12), quiet_colour);
  };
  bool const has_bands = summary.trajectories != 1;
  if (has_bands) {
    legend_entry(11, legend, 24, outer_colour, 6, "5–95 %");
    legend_entry(12, legend + 102, 24, inner_colour, 6, "25–75 %");
  }
  legend_entry(13, legend + 214, 24, median_colour, 1.3, has_bands ? "median" : "value");
  if (columns.size() > most_panels)
    line("set label 3 {} at screen {:.5f},{:.5f} left front font ',{:g}' textcolor rgb '{}'",
         quoted(fmt::format("The first {} of {} columns are shown; --select chooses others.",
                            most_panels, columns.size())),
         x_of(left), 17 / height, points(12), quiet_colour);
  line("set border 3 linecolor rgb '{}' linewidth 0.8", quiet_colour);
  line("set grid xtics ytics back linetype 1 linecolor rgb '{}' linewidth 0.7", grid_colour);
  line("set key off");

  double const begin = summary.times.front(), end = summary.times.back();
  double const span = end > begin ? end - begin : 1;
  line("set xrange [{:.17g}:{:.17g}]", begin, begin + span);
  line("set xtics nomirror out scale 0.5 font ',{:g}' textcolor rgb '{}' {}", points(12),
       text_colour, tics(begin, begin + span, nice_time_step(span, 4, text.time_unit), 0));
  int arrow = 100;
  for (double const change : text.changes)
    if (change > begin && change < end && arrow < 140)
      line(
          "set arrow {} from first {:.17g}, graph 0 to first {:.17g}, graph 1 nohead front "
          "dashtype (4,4) linecolor rgb '#8a8a8a' linewidth 0.9",
          arrow++, change, change);

  for (usize i = 0; i < layout.panels; ++i) {
    auto const& column = summary.columns[columns[i]];
    auto const across = static_cast<double>(i % layout.across);
    auto const down = static_cast<double>(i / layout.across);
    bool const is_lowest = i + layout.across >= layout.panels;
    double const x0 = layout.side + across * layout.panel_width;
    double const y0 = layout.top + down * layout.panel_height;
    line("set lmargin at screen {:.5f}", x_of(x0 + 66));
    line("set rmargin at screen {:.5f}", x_of(x0 + layout.panel_width - 16));
    line("set tmargin at screen {:.5f}", y_of(y0 + 26));
    line("set bmargin at screen {:.5f}", y_of(y0 + layout.panel_height - 36));
    Axis const axis = value_axis(column);
    std::string unit = column.unit == "1" ? "" : column.unit;  // a number without a unit
    if (axis.exponent != 0) unit += (unit.empty() ? "×10" : " ×10") + superscript(axis.exponent);
    line("set yrange [{:.17g}:{:.17g}]", axis.low, axis.high);
    line("set ytics nomirror out scale 0.5 font ',{:g}' textcolor rgb '{}' {}", points(12),
         text_colour, tics(axis.low, axis.high, axis.step, axis.exponent));
    // The label as the title; the id, which --select and the CSV use, small at the right.
    double title_room = layout.panel_width - 84;
    line("unset label 5");
    if (column.label != column.name) {
      title_room -= 0.53 * 11 * static_cast<double>(code_points(column.name)) + 10;
      line(
          "set label 5 {} at graph 1, graph 1 right front offset screen 0,{:.5f} "
          "font ',{:g}' textcolor rgb '{}'",
          quoted(column.name), 13 / height, points(11), quiet_colour);
    }
    line(
        "set label 4 {} at graph 0, graph 1 left front offset screen 0,{:.5f} "
        "font ',{:g}' textcolor rgb '{}'",
        quoted(fitted(column.label, title_room, 13)), 13 / height, points(13), text_colour);
    line("set ylabel {} offset screen 0,0 font ',{:g}' textcolor rgb '{}'",
         quoted(fitted(unit, layout.panel_height - 60, 12)), points(12), quiet_colour);
    std::string const time = text.time_unit.empty() ? "time" : "time (" + text.time_unit + ")";
    line("set xlabel {} font ',{:g}' textcolor rgb '{}'", is_lowest ? quoted(time) : "''",
         points(12), quiet_colour);
    line(
        "plot 'panel{0}.txt' using 1:2:6 with filledcurves linecolor rgb '{1}', "
        "'' using 1:3:5 with filledcurves linecolor rgb '{2}', "
        "'' using 1:4 with lines linecolor rgb '{3}' linewidth 1.6",
        i, outer_colour, inner_colour, median_colour);
    if (i == 0) {  // screen labels are drawn once
      for (int const tag : {1, 2, 3, 11, 12, 13})
        if (has_bands || (tag != 11 && tag != 12)) line("unset label {}", tag);
      for (int const tag : {11, 12, 13})
        if (has_bands || tag == 13) line("unset object {}", tag);
    }
  }
  line("unset multiplot");
  return script;
}

void write_plot(PlotText const& text, EnsembleSummary const& summary,
                std::vector<usize> const& columns, PlotFormat format, OutputFile& file) {
  if (drawn_times(summary).empty())
    throw Error(ExitCode::usage, "there are no quantiles to draw",
                "the run was made with --histogram-times 0");
  PrivateFolder const folder;
  for (usize i = 0; i < std::min(columns.size(), most_panels); ++i)
    folder.write(fmt::format("panel{}.txt", i), plot_data(summary, columns[i]));
  folder.write("plot.gp", plot_script(text, summary, columns, format));
  run_gnuplot(folder, file.descriptor());
}

}  // namespace cristae
