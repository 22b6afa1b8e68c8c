// host/io/foreign_model.hpp - a model with the meaning that SBML gives to its parts, on the way to a network.
//
// SBML (host/io/sbml_reader.hpp) and Antimony (host/io/antimony_reader.hpp) are read into this.
// Names are those of the model; a formula reads a species as its concentration, or as its amount
// where it has only amounts, and a compartment as its size.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/io/formula.hpp"
#include "host/model/network.hpp"

namespace cristae {

struct ForeignThing {
  std::string id;
  std::string name;  ///< for people; may be empty
  SourceLocation where;
};

struct ForeignCompartment : ForeignThing {
  std::optional<double> size;
  double dimensions = 3;
  bool is_constant = true;
  std::string unit;
};

struct ForeignSpecies : ForeignThing {
  std::string compartment;
  std::optional<double> amount, concentration;  ///< at most one; initial
  bool has_only_amounts = false;
  bool is_boundary = false;  ///< reactions do not change it
  bool is_constant = false;
  double copies_per_unit = 1;     ///< of its amount
  std::string conversion_factor;  ///< id of a parameter, or empty
};

struct ForeignParameter : ForeignThing {
  std::optional<double> value;
  bool is_constant = true;
  bool is_optional = false;  ///< a stoichiometry: left out where no formula reads it
  bool is_of_model = true;   ///< else not reported
};

/// `variable` = `formula`: at the start, or always.
struct ForeignAssignment {
  std::string variable;
  Formula formula;
  SourceLocation where;
};

struct ForeignParticipant {
  std::string species;
  double count = 1;
  std::string count_name;  ///< of the constant whose value at the start the count is; may be empty
  SourceLocation where;
};

struct ForeignReaction : ForeignThing {
  bool is_reversible = false;
  std::vector<ForeignParticipant> reactants, products;
  Formula law;  ///< extent over time
  double copies_per_extent = 1;
};

struct ForeignEvent : ForeignThing {
  Formula trigger;
  bool initial_value = true;
  bool persistent = true;
  std::optional<Formula> delay, priority;
  bool values_from_trigger_time = true;
  std::vector<ForeignAssignment> assignments;
};

struct ForeignModel {
  std::string name, title, time_unit;
  std::vector<ForeignCompartment> compartments;
  std::vector<ForeignSpecies> species;
  std::vector<ForeignParameter> parameters;
  std::vector<ForeignAssignment> initial;
  std::vector<ForeignAssignment> rules;
  std::vector<ForeignReaction> reactions;
  std::vector<ForeignEvent> events;
  std::vector<ForeignThing> functions;  ///< put in where they are called; here for their ids
};

/// With rules for the rates of reactions that formulas read by the ids of the reactions; nothing
/// where none does.
std::optional<ForeignModel> with_rates_as_rules(ForeignModel const& model);

/// The same as a network. `findings` are those of the reader so far; `file` names the network.
/// Throws Error(model) with them and all that this finds, if any is an error.
Network network_of(ForeignModel const& model, std::string const& file,
                   std::vector<Diagnostic> findings);

}  // namespace cristae
