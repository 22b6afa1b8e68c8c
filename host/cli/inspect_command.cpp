// host/cli/inspect_command.cpp - the text of a network, or the code that is generated for it.
#include "host/cli/inspect_command.hpp"

#include "host/backends/backends.hpp"
#include "host/cli/print.hpp"
#include "host/io/network_library.hpp"
#include "host/io/network_reader.hpp"
#include "host/run/estimate.hpp"
#include "host/run/run.hpp"
#include "host/stats/column.hpp"
#include "host/text/network_text.hpp"

namespace cristae {

int inspect_command(InspectOptions const& options) {
  Network const network = read_network_file(NetworkLibrary::standard().find(options.network));
  if (options.shown == Shown::code) {
    Experiment const experiment = resolve(network, with_cells(options.request, 1));
    RunPlan plan;
    plan.experiment = &experiment;
    plan.counted_reactions = counted_reactions(network, choose_columns(network, {}));
    print_text(generated_code(plan));
    return 0;
  }
  auto const cost = cost_text(network, options.request, options.trajectories, options.estimate);
  print_text(inspect_text(network) + numerics_text(network) + cost);
  if (options.units == Units::strict) require_units(network);
  return 0;
}

}  // namespace cristae
