// host/model/network.hpp - a reaction network as read and checked: names, values, laws, sources.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "host/base/error.hpp"
#include "host/base/types.hpp"
#include "host/model/distribution.hpp"
#include "host/model/expression.hpp"

namespace cristae {

enum class SpeciesId : u32 {};
enum class ParameterId : u32 {};
enum class RuleId : u32 {};
enum class ReactionId : u32 {};

/// What every named thing of a network may carry.
struct Annotation {
  std::string id;
  std::string label;  ///< text for people, UTF-8; the id where empty
  std::string unit;   ///< as written, "" where not given
  std::string grade;  ///< how well the value is known: verified, memory, derived, assumed
  std::string source;
  std::string note;
  SourceLocation where;
};

struct Compartment : Annotation {
  std::optional<double> volume;  ///< in `unit`
};

struct Parameter : Annotation {
  double value = 0;
  double lower = -std::numeric_limits<double>::infinity();  ///< bounds within which it has meaning
  double upper = std::numeric_limits<double>::infinity();
};

struct Species : Annotation {
  i64 initial = 0;          ///< copy number at time 0
  std::string compartment;  ///< id of a declared compartment, or empty
};

/// A named expression, usable in laws, other rules (in any order without cycles) and observables.
struct Rule : Annotation {
  Expression expression;
};

/// `count` copies of a species on one side of a reaction's equation.
struct Participant {
  SpeciesId species;
  i64 count = 1;
};

enum class RateKind : u8 {
  mass_action,  ///< stochastic constant times the number of distinct reactant combinations
  expression,   ///< the propensity itself, in events per time unit
};

struct Reaction : Annotation {
  std::string equation;  ///< as written
  std::vector<Participant> reactants;
  std::vector<Participant> products;
  RateKind rate_kind = RateKind::expression;
  /// The propensity, or for mass_action the stochastic rate constant (parameters and rules that
  /// depend on parameters only).
  Expression rate;
};

/// A quantity that is reported: any expression over species, parameters, rules and count(reaction).
struct Observable : Annotation {
  Expression expression;
  /// Where values need not be whole numbers: they are rounded to multiples of about this for exact
  /// statistics; 0: chosen by Cristae (ColumnUnit in host/stats/column.hpp).
  double resolution = 0;
};

/// Changes at one time of a schedule, applied before anything is sampled at that time.
struct ScheduledChange {
  double time = 0;
  std::vector<std::pair<ParameterId, double>> set;
  std::vector<std::pair<SpeciesId, i64>> add;  ///< may be negative
};

/// A parameter as a function of time that is constant between its rows, exactly: from each time on
/// it has the value beside it, until the next. The value of the last row at or before time 0 holds
/// from the start, burn-in included; before the first row the parameter has its own.
struct Signal {
  ParameterId parameter{};
  std::string file;           ///< as named, "" where the rows come from elsewhere
  std::vector<double> times;  ///< strictly increasing
  std::vector<double> values;
};

/// What an event sets: a species' copy number or a parameter's value.
struct EventAssignment {
  std::variant<SpeciesId, ParameterId> target;
  Expression value;
};

/// A change that the state or the time brings about: when `trigger` goes from false to true, all
/// assignments are made at once, in no time or after `delay`. Expressions are over species,
/// parameters, rules and, as SymbolKind::time, the time (docs/decisions/0015-events.md).
struct Event : Annotation {
  Expression trigger;
  /// Of the trigger before time 0: where it is true, an event whose trigger holds at 0 does not fire.
  bool initial_value = true;
  bool persistent = true;  ///< false: withdrawn if the trigger turns false before it is due
  std::optional<Expression> delay;     ///< in the time unit, evaluated when the event is triggered
  std::optional<Expression> priority;  ///< of those due at once the highest comes first
  bool values_from_trigger_time = true;  ///< false: assigned values are those of when it is due
  std::vector<EventAssignment> assignments;
};

struct Condition : Annotation {
  std::vector<std::pair<ParameterId, double>> set;
  std::vector<std::pair<SpeciesId, i64>> initial;
  std::vector<ScheduledChange> schedule;  ///< by increasing time
  std::vector<Signal> signals;            ///< of parameters that are neither set nor scheduled
};

/// Cell-to-cell variation: a factor per cell, where a run asks for it.
struct Variation : Annotation {
  Distribution factor;
  std::vector<ParameterId> parameters;
  std::vector<SpeciesId> species;  ///< initial counts scaled together
  /// Other variations by id, and the correlation with them of the normal scores of the factors.
  std::vector<std::pair<std::string, double>> correlations;
};

/// Defaults of a run, in the network's time unit.
struct RunDefaults {
  double t_end = 0;
  double sample_every = 0;
};

/// A checked network. Namespaces: species, parameters and rules share one (the names of laws);
/// compartments, reactions, observables, conditions and variations have one each.
struct Network {
  std::string name;
  std::string title;
  std::string description;
  std::string time_unit;
  std::string file;  ///< as opened
  std::string text;  ///< the file's whole text
  std::vector<Compartment> compartments;
  std::vector<Parameter> parameters;
  std::vector<Species> species;
  std::vector<Rule> rules;
  std::vector<u32> rule_order;  ///< rule indices such that each stands behind the rules it uses
  std::vector<Reaction> reactions;
  std::vector<Observable> observables;
  std::vector<Event> events;
  std::vector<Condition> conditions;
  /// Of every condition that does not set, schedule or signal the parameter itself.
  std::vector<Signal> signals;
  std::vector<Variation> variations;
  RunDefaults run;
  std::vector<Diagnostic> notes;  ///< warnings and notes of reading
};

}  // namespace cristae
