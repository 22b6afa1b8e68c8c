// host/io/sbml_writer.cpp - element by element in the order of SBML.
#include "host/io/sbml_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "host/io/mathml_writer.hpp"
#include "host/io/network_draft.hpp"
#include "host/io/toml_fields.hpp"

namespace cristae {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (char const c : text) switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  return result;
}

class SbmlWriter {
 public:
  SbmlWriter(Network const& network, Condition const* condition,
             std::function<void(std::string_view)> const& write)
      : network_(network), write_(write) {
    choose_values(condition);
    name_all();
  }

  std::vector<Diagnostic> write() {
    write_(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<sbml xmlns=\"http://www.sbml.org/sbml/level3/version2/core\" level=\"3\" "
        "version=\"2\">\n");
    write_model_tag();
    write_compartments();
    write_species();
    write_parameters();
    write_rules();
    write_reactions();
    write_events();
    write_("</model>\n</sbml>\n");
    remark_left_out();
    return std::move(notes_);
  }

 private:
  Network const& network_;
  std::function<void(std::string_view)> const& write_;
  std::vector<Diagnostic> notes_;

  // ---- the condition ----

  std::vector<double> parameters_;
  std::vector<i64> initial_;
  std::vector<ScheduledChange> changes_;  ///< after time 0
  std::set<u32> varying_;                 ///< parameters that do not keep their value

  void choose_values(Condition const* condition) {
    for (auto const& one : network_.parameters) parameters_.push_back(one.value);
    for (auto const& one : network_.species) initial_.push_back(one.initial);
    std::set<ParameterId> set_by_condition;
    if (condition) {
      for (auto const& [id, value] : condition->set) set(id, value, set_by_condition);
      for (auto const& [id, count] : condition->initial) initial_[static_cast<u32>(id)] = count;
      for (auto const& signal : condition->signals) set_by_condition.insert(signal.parameter);
      for (auto const& change : condition->schedule) {
        for (auto const& [id, value] : change.set) set_by_condition.insert(id);
        add_change(change);
      }
      for (auto const& signal : condition->signals) add_signal(signal);
    }
    for (auto const& signal : network_.signals)
      if (!set_by_condition.contains(signal.parameter)) add_signal(signal);
    for (auto const& change : changes_)
      for (auto const& [id, value] : change.set) varying_.insert(static_cast<u32>(id));
    for (auto const& event : network_.events)
      for (auto const& assignment : event.assignments)
        if (auto const* id = std::get_if<ParameterId>(&assignment.target))
          varying_.insert(static_cast<u32>(*id));
  }

  void set(ParameterId id, double value, std::set<ParameterId>& seen) {
    parameters_[static_cast<u32>(id)] = value;
    seen.insert(id);
  }

  void add_change(ScheduledChange const& change) {
    if (change.time > 0) {
      changes_.push_back(change);
      return;
    }
    for (auto const& [id, value] : change.set) parameters_[static_cast<u32>(id)] = value;
    for (auto const& [id, count] : change.add) initial_[static_cast<u32>(id)] += count;
  }

  void add_signal(Signal const& signal) {
    for (usize i = 0; i < signal.times.size(); ++i)
      add_change({signal.times[i], {{signal.parameter, signal.values[i]}}, {}});
  }

  // ---- names ----

  LawIds ids_;
  std::vector<std::string> compartment_ids_, reaction_ids_, observable_ids_;
  std::map<std::string, std::string> compartment_id_;  ///< by the network's
  std::string default_compartment_;                    ///< empty where none is needed

  void name_all() {
    // The names of laws are free, and stay.
    for (auto const& one : network_.species) ids_.make(one.id);
    for (auto const& one : network_.parameters) ids_.make(one.id);
    for (auto const& one : network_.rules) ids_.make(one.id);
    for (auto const& one : network_.compartments) {
      compartment_ids_.push_back(ids_.make(one.id));
      compartment_id_[one.id] = compartment_ids_.back();
    }
    if (std::any_of(network_.species.begin(), network_.species.end(),
                    [](Species const& one) { return one.compartment.empty(); }))
      default_compartment_ = ids_.make("compartment");
    for (auto const& one : network_.reactions) reaction_ids_.push_back(ids_.make(one.id));
    for (auto const& one : network_.observables)
      observable_ids_.push_back(is_written(one) ? ids_.make(one.id) : "");
  }

  /// What no rule says already; how often reactions fired is no quantity of SBML.
  static bool is_written(Observable const& observable) {
    auto const& nodes = observable.expression.nodes;
    bool const is_name = nodes.size() == 1 && nodes[0].kind == NodeKind::symbol;
    return !is_name && !counts_firings(observable);
  }

  static bool counts_firings(Observable const& observable) {
    auto const& nodes = observable.expression.nodes;
    return std::any_of(nodes.begin(), nodes.end(),
                       [](Node const& node) { return node.kind == NodeKind::firings; });
  }

  std::string name(Symbol symbol) const {
    switch (symbol.kind) {
      case SymbolKind::species: return network_.species[symbol.index].id;
      case SymbolKind::parameter: return network_.parameters[symbol.index].id;
      default: return network_.rules[symbol.index].id;
    }
  }

  MathNamer namer() const {
    return [this](Symbol symbol) { return name(symbol); };
  }

  /// id="..." name="...", the name where it says more.
  static std::string identity(std::string const& id, Annotation const& thing) {
    auto const& text = thing.label.empty() ? thing.id : thing.label;
    return text == id ? fmt::format("id=\"{}\"", id)
                      : fmt::format("id=\"{}\" name=\"{}\"", id, escaped(text));
  }

  // ---- sections ----

  /// Level 3 has no empty lists.
  void list(char const* name, std::string const& items) {
    if (!items.empty()) write_(fmt::format("<listOf{}>\n{}</listOf{}>\n", name, items, name));
  }

  void write_model_tag() {
    static std::map<std::string, int> const seconds{{"min", 60}, {"h", 3600}, {"day", 86400}};
    auto const found = seconds.find(network_.time_unit);
    auto const id = ids_.make(network_.name);
    auto const* unit = network_.time_unit == "s" ? " timeUnits=\"second\""
                       : found != seconds.end()  ? " timeUnits=\"time_unit\""
                                                 : "";
    auto const& title = network_.title.empty() ? network_.name : network_.title;
    write_(
        fmt::format("<model id=\"{}\" name=\"{}\" substanceUnits=\"item\" "
                    "extentUnits=\"item\"{}>\n",
                    id, escaped(title), unit));
    if (found != seconds.end())
      write_(
          fmt::format("<listOfUnitDefinitions>\n<unitDefinition id=\"time_unit\" "
                      "name=\"{}\"><listOfUnits><unit kind=\"second\" exponent=\"1\" "
                      "scale=\"0\" multiplier=\"{}\"/></listOfUnits></unitDefinition>\n"
                      "</listOfUnitDefinitions>\n",
                      escaped(network_.time_unit), found->second));
  }

  void write_compartments() {
    std::string items;
    for (usize i = 0; i < network_.compartments.size(); ++i) {
      auto const& one = network_.compartments[i];
      items += fmt::format("<compartment {} spatialDimensions=\"3\"{}{} constant=\"true\"/>\n",
                           identity(compartment_ids_[i], one),
                           one.volume ? fmt::format(" size=\"{}\"", *one.volume) : "",
                           one.unit == "L" || one.unit == "l" ? " units=\"litre\"" : "");
    }
    if (!default_compartment_.empty())
      items += fmt::format(
          "<compartment id=\"{}\" spatialDimensions=\"3\" size=\"1\" "
          "constant=\"true\"/>\n",
          default_compartment_);
    list("Compartments", items);
  }

  void write_species() {
    std::string items;
    for (usize i = 0; i < network_.species.size(); ++i) {
      auto const& one = network_.species[i];
      items += fmt::format(
          "<species {} compartment=\"{}\" initialAmount=\"{}\" hasOnlySubstanceUnits=\"true\" "
          "boundaryCondition=\"false\" constant=\"false\"/>\n",
          identity(one.id, one),
          one.compartment.empty() ? default_compartment_ : compartment_id_.at(one.compartment),
          initial_[i]);
    }
    list("Species", items);
  }

  void write_parameters() {
    std::string items;
    for (u32 i = 0; i < network_.parameters.size(); ++i)
      items += fmt::format("<parameter {} value=\"{}\" constant=\"{}\"/>\n",
                           identity(network_.parameters[i].id, network_.parameters[i]),
                           parameters_[i], !varying_.contains(i));
    for (auto const& one : network_.rules)
      items += fmt::format("<parameter {} constant=\"false\"/>\n", identity(one.id, one));
    for (usize i = 0; i < network_.observables.size(); ++i)
      if (!observable_ids_[i].empty())
        items += fmt::format("<parameter {} constant=\"false\"/>\n",
                             identity(observable_ids_[i], network_.observables[i]));
    list("Parameters", items);
  }

  void write_rules() {
    std::string items;
    auto const add = [&](std::string const& id, Expression const& expression) {
      items += fmt::format("<assignmentRule variable=\"{}\">{}</assignmentRule>\n", id,
                           math_element(mathml(expression, namer())));
    };
    for (auto const& one : network_.rules) add(one.id, one.expression);
    for (usize i = 0; i < network_.observables.size(); ++i)
      if (!observable_ids_[i].empty()) add(observable_ids_[i], network_.observables[i].expression);
    list("Rules", items);
  }

  // ---- reactions ----

  void write_reactions() {
    if (network_.reactions.empty()) return;
    write_("<listOfReactions>\n");
    for (usize j = 0; j < network_.reactions.size(); ++j) {
      auto const& one = network_.reactions[j];
      write_(
          fmt::format("<reaction {} reversible=\"false\">\n{}{}{}<kineticLaw>{}</kineticLaw>\n"
                      "</reaction>\n",
                      identity(reaction_ids_[j], one), side("Reactants", one.reactants),
                      side("Products", one.products), modifiers(one), math_element(law(one))));
    }
    write_("</listOfReactions>\n");
  }

  std::string side(char const* list, std::vector<Participant> const& participants) const {
    std::string items;
    for (auto const& one : participants)
      items += fmt::format(
          "<speciesReference species=\"{}\" stoichiometry=\"{}\" "
          "constant=\"true\"/>",
          species(one.species), one.count);
    return items.empty() ? "" : fmt::format("<listOf{}>{}</listOf{}>\n", list, items, list);
  }

  std::string const& species(SpeciesId id) const {
    return network_.species[static_cast<u32>(id)].id;
  }

  /// Species that the law reads and that are on neither side.
  std::string modifiers(Reaction const& reaction) const {
    std::set<u32> seen;
    for (auto const* side : {&reaction.reactants, &reaction.products})
      for (auto const& one : *side) seen.insert(static_cast<u32>(one.species));
    std::string items;
    for (auto const& node : reaction.rate.nodes)
      if (node.kind == NodeKind::symbol && node.symbol.kind == SymbolKind::species &&
          seen.insert(node.symbol.index).second)
        items += fmt::format("<modifierSpeciesReference species=\"{}\"/>",
                             network_.species[node.symbol.index].id);
    return items.empty() ? "" : fmt::format("<listOfModifiers>{}</listOfModifiers>\n", items);
  }

  std::string law(Reaction const& reaction) const {
    auto const rate = mathml(reaction.rate, namer());
    return reaction.rate_kind == RateKind::mass_action ? mass_action(reaction, rate)
                                                       : guarded(reaction, rate);
  }

  /// k * A * (A - 1) ... / n!
  std::string mass_action(Reaction const& reaction, std::string const& constant) const {
    constexpr i64 largest_exact_factorial = 20;
    std::string factors = constant;
    double divisor = 1;
    for (auto const& [id, count] : reaction.reactants)
      for (i64 i = 0; i < count; ++i) {
        auto const copies = mathml_name(species(id));
        auto factor =
            i == 0 ? copies : mathml_call("minus", copies + mathml_number(static_cast<double>(i)));
        if (count > largest_exact_factorial)
          factor = mathml_call("divide", factor + mathml_number(static_cast<double>(i + 1)));
        else
          divisor *= static_cast<double>(i + 1);
        factors += factor;
      }
    auto const product = reaction.reactants.empty() ? constant : mathml_call("times", factors);
    return divisor == 1 ? product : mathml_call("divide", product + mathml_number(divisor));
  }

  /// The law where all reactants are there, and 0 elsewhere; as it stands where they are factors.
  std::string guarded(Reaction const& reaction, std::string const& rate) const {
    std::string conditions;
    usize count = 0;
    for (auto const& one : reaction.reactants) {
      if (one.count == 1 && is_factor(reaction.rate, one.species)) continue;
      conditions += mathml_call(
          "geq", mathml_name(species(one.species)) + mathml_number(static_cast<double>(one.count)));
      ++count;
    }
    if (count == 0) return rate;
    if (count > 1) conditions = mathml_call("and", conditions);
    return fmt::format("<piecewise><piece>{}{}</piece><otherwise>{}</otherwise></piecewise>", rate,
                       conditions, mathml_number(0));
  }

  static bool is_factor(Expression const& rate, SpeciesId id) {
    std::vector<u32> factors{static_cast<u32>(rate.nodes.size() - 1)};
    while (!factors.empty()) {
      auto const& node = rate.nodes[factors.back()];
      factors.pop_back();
      if (node.kind == NodeKind::multiply) {
        factors.insert(factors.end(), node.arguments.begin(), node.arguments.end());
      } else if (node.kind == NodeKind::symbol && node.symbol.kind == SymbolKind::species &&
                 node.symbol.index == static_cast<u32>(id)) {
        return true;
      }
    }
    return false;
  }

  // ---- events ----

  static std::string assignment(std::string const& variable, std::string const& value) {
    return fmt::format("<eventAssignment variable=\"{}\">{}</eventAssignment>", variable,
                       math_element(value));
  }

  void write_events() {
    std::string items;
    for (auto const& change : changes_) items += change_text(change);
    for (auto const& event : network_.events) items += event_text(event);
    list("Events", items);
  }

  std::string event_text(Event const& event) {
    std::string assignments;
    for (auto const& one : event.assignments) {
      auto const* target = std::get_if<SpeciesId>(&one.target);
      auto const& variable =
          target ? species(*target)
                 : network_.parameters[static_cast<u32>(std::get<ParameterId>(one.target))].id;
      assignments += assignment(variable, mathml(one.value, namer()));
    }
    auto const part = [&](char const* tag, std::optional<Expression> const& expression) {
      return expression
                 ? fmt::format("<{}>{}</{}>", tag, math_element(mathml(*expression, namer())), tag)
                 : std::string();
    };
    return fmt::format(
        "<event {} useValuesFromTriggerTime=\"{}\">\n<trigger initialValue=\"{}\" "
        "persistent=\"{}\">{}</trigger>{}{}\n<listOfEventAssignments>{}</listOfEventAssignments>\n"
        "</event>\n",
        identity(ids_.make(event.id), event), event.values_from_trigger_time, event.initial_value,
        event.persistent, math_element(mathml_condition(event.trigger, namer())),
        part("priority", event.priority), part("delay", event.delay), assignments);
  }

  /// Before events of the same time, whatever their priority.
  std::string change_text(ScheduledChange const& change) {
    constexpr double first_of_all = 1e300;
    auto const priority =
        network_.events.empty()
            ? std::string()
            : "<priority>" + math_element(mathml_number(first_of_all)) + "</priority>";
    std::string assignments;
    for (auto const& [id, value] : change.set)
      assignments += assignment(network_.parameters[static_cast<u32>(id)].id, mathml_number(value));
    for (auto const& [id, count] : change.add)
      assignments += assignment(species(id),
                                mathml_call("plus", mathml_name(species(id)) +
                                                        mathml_number(static_cast<double>(count))));
    auto const time =
        "<csymbol encoding=\"text\" definitionURL=\"http://www.sbml.org/sbml/symbols/time\">t"
        "</csymbol>" +
        mathml_number(change.time);
    return fmt::format(
        "<event id=\"{}\" useValuesFromTriggerTime=\"false\">\n<trigger initialValue=\"true\" "
        "persistent=\"true\">{}</trigger>{}\n<listOfEventAssignments>{}</listOfEventAssignments>\n"
        "</event>\n",
        ids_.make("change"), math_element(mathml_call("geq", time)), priority, assignments);
  }

  // ---- what has no place ----

  void remark(std::string problem, std::string reason) {
    notes_.push_back(
        {Severity::warning, {network_.file, 0, 0}, std::move(problem), std::move(reason), ""});
  }

  void remark_left_out() {
    for (auto const& one : network_.observables)
      if (counts_firings(one))
        remark(fmt::format("observable {} is left out", quoted(one.id)),
               "how often reactions fired is no quantity of SBML");
    auto const reads_time = [](Event const& event) {
      auto const& nodes = event.trigger.nodes;
      return std::any_of(nodes.begin(), nodes.end(), [](Node const& node) {
        return node.kind == NodeKind::symbol && node.symbol.kind == SymbolKind::time;
      });
    };
    if (!changes_.empty())
      for (auto const& event : network_.events)
        if (event.values_from_trigger_time && reads_time(event))
          remark(fmt::format("event {} sees another state if it is triggered at the very time of a "
                             "scheduled change",
                             quoted(event.id)),
                 "in SBML both are triggered at once, and it takes the values before the change");
    if (!network_.variations.empty())
      remark("the variation of cells is left out", "SBML describes one cell");
    if (!network_.conditions.empty())
      remark("conditions are left out but the one that --condition names",
             "SBML describes one experiment");
  }
};

/// Null without a name. Throws Error(usage) for one that is not there.
Condition const* find_condition(Network const& network, std::string const& name) {
  if (name.empty()) return nullptr;
  std::vector<std::string> known;
  for (auto const& condition : network.conditions) {
    if (condition.id == name) return &condition;
    known.push_back(condition.id);
  }
  auto const near = nearest_name(name, known);
  throw Error(ExitCode::usage, fmt::format("there is no condition '{}'", name),
              known.empty() ? std::string("the network has none")
                            : fmt::format("conditions are {}", name_list(known)),
              near.empty() ? std::string() : fmt::format("Did you mean '{}'?", near));
}

}  // namespace

std::vector<Diagnostic> write_sbml(Network const& network, std::string const& condition,
                                   std::function<void(std::string_view)> const& write) {
  return SbmlWriter(network, find_condition(network, condition), write).write();
}

}  // namespace cristae
