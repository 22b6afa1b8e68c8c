// host/text/network_graph.hpp - a network as a drawing: what becomes what, and what acts on it.
#pragma once

#include <string>

#include "host/model/network.hpp"

namespace cristae {

/// In the language of Graphviz: species in their compartments; solid arrows for what reactions turn
/// into what; dashed ones for what raises the rate of that, or the making of a species (arrow) or
/// lowers it (bar), or either (diamond), by the laws around the start. What takes a species away is
/// drawn as lowering it. Events are boxes that read and set.
std::string network_graph(Network const& network);

}  // namespace cristae
