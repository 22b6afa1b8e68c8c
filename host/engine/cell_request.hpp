// host/engine/cell_request.hpp - which quantities of a network vary between cells, as a user asks for it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/engine/experiment.hpp"

namespace cristae {

/// Checks ExperimentRequest::vary and ::correlate against a network. Collects findings.
class CellRequest {
 public:
  CellRequest(Network const& network, std::vector<std::string> const& vary,
              std::vector<std::string> const& correlate)
      : network_(network), vary_(vary), correlate_(correlate) {}

  std::vector<VariedQuantity> quantities();
  /// Fills in correlation and mixing.
  void correlate(CellVariation& cells);
  std::vector<Diagnostic>& findings() { return findings_; }

 private:
  Network const& network_;
  std::vector<std::string> const& vary_;
  std::vector<std::string> const& correlate_;
  std::vector<Diagnostic> findings_;

  void report(std::string problem, std::string reason, std::string fix);
  Variation const* declared(std::string const& name) const;
  void add_given(std::string const& name, std::string const& distribution,
                 std::vector<VariedQuantity>& to);
  void add_name(std::string const& name, VariedQuantity& to);
  void check_scaled_once(std::vector<VariedQuantity> const& quantities);
};

/// What a user may not expect of the cells of a resolved experiment: values held at their bounds,
/// means that are not 1, conserved totals of which a part is scaled, replicates.
std::vector<Diagnostic> remarks_of_cells(Experiment const& experiment);

}  // namespace cristae
