// host/cli/inspect_command.cpp - the text of a network, its drawing, or the code generated for it.
#include "host/cli/inspect_command.hpp"

#include "host/backends/backends.hpp"
#include "host/cli/print.hpp"
#include "host/io/network_file.hpp"
#include "host/io/network_library.hpp"
#include "host/run/asked.hpp"
#include "host/run/estimate.hpp"
#include "host/stats/column.hpp"
#include "host/text/network_graph.hpp"
#include "host/text/network_text.hpp"

namespace cristae {

int inspect_command(InspectOptions const& options) {
  auto const asked =
      ask(read_network_file(NetworkLibrary::standard().find(options.network), options.sbml_rules),
          with_cell_seed(options.request, 1));
  Network const& network = asked.network;
  if (options.shown == Shown::graph) {
    print_text(network_graph(network));
    return 0;
  }
  if (options.shown == Shown::code) {
    Experiment const experiment = resolve(network, asked.request);
    RunPlan plan;
    plan.experiment = &experiment;
    plan.counted_reactions = counted_reactions(network, choose_columns(network, {}));
    print_text(generated_code(plan));
    return 0;
  }
  auto const cost = cost_text(network, asked.request, options.trajectories, options.estimate);
  print_text(inspect_text(network) + numerics_text(network) + cost);
  if (options.units == Units::strict) require_units(network);
  return 0;
}

}  // namespace cristae
