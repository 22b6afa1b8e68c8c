// host/cli/plot_command.cpp - the picture that `run --plot` draws, from the file of the run.
#include "host/cli/plot_command.hpp"

#include <algorithm>

#include "host/cli/run_results.hpp"
#include "host/cli/run_text.hpp"
#include "host/cli/selection.hpp"
#include "host/io/output_file.hpp"
#include "host/io/plot_writer.hpp"
#include "host/io/result_file.hpp"
#include "host/text/table.hpp"

namespace cristae {
namespace {

/// Without --select, what the run itself draws: all that was selected for it, or the main columns.
std::vector<usize> columns_to_draw(ResultFile const& file, PlotOptions const& options) {
  auto const& columns = file.summary().columns;
  auto const species = std::count_if(columns.begin(), columns.end(), [](auto const& column) {
    return column.kind == ColumnKind::species;
  });
  bool const is_all = usize(species) == file.species().size();
  if (options.select.empty() && is_all) return main_columns(file.summary());
  return select_columns(options.select, file.summary());
}

}  // namespace

int plot_command(PlotOptions const& options) {
  ResultFile const file(options.result);
  auto const columns = columns_to_draw(file, options);
  OutputFile output(options.output, options.overwrite);
  write_plot(plot_text(file.report(), file.summary().trajectories, file.changes()), file.summary(),
             columns, *plot_format(options.output), output);
  output.commit();
  remark(options.talk, "wrote " + options.output);
  return 0;
}

}  // namespace cristae
