// host/io/network_reader.cpp - the sections of a network file, checked, to a Network.
#include "host/io/network_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "host/io/equation.hpp"
#include "host/io/network_names.hpp"
#include "host/io/rule_order.hpp"
#include "host/io/signal_file.hpp"
#include "host/io/text_file.hpp"
#include "host/io/toml_document.hpp"
#include "host/io/toml_fields.hpp"
#include "host/model/event_time.hpp"

namespace cristae {
namespace {

constexpr std::array<std::string_view, 4> grades{"verified", "memory", "derived", "assumed"};

class NetworkReader {
 public:
  NetworkReader(std::string_view text, std::string const& file, SignalFiles signal_files)
      : signal_files_(signal_files), document_(text, file), findings_(file),
        names_(document_, findings_) {
    network_.file = file;
    network_.text = std::string(text);
  }

  Network read() {
    check_sections();
    read_header();
    read_compartments();
    names_.declare(section("species"), section("parameters"), section("rules"),
                   section("reactions"));
    read_parameters();
    read_species();
    read_rules();
    read_reactions();
    read_observables();
    read_events();
    read_signals();
    read_conditions();
    read_variations();
    read_run();
    if (findings_.has_errors() || !signal_findings_.empty()) {
      auto all = findings_.sorted();
      all.insert(all.end(), signal_findings_.begin(), signal_findings_.end());
      throw Error(ExitCode::model, std::move(all));
    }
    network_.notes = findings_.sorted();
    return std::move(network_);
  }

 private:
  SignalFiles signal_files_;
  TomlDocument document_;
  Findings findings_;
  Network network_;

  NetworkNames names_;
  std::vector<std::string> compartment_names_;
  RuleOrder rule_order_;
  std::vector<Diagnostic> signal_findings_;  ///< in the files of signals, whose places they give

  // ---- sections and ids ----

  void check_sections() {
    std::vector<std::string> const known{"network",    "compartments", "parameters",  "species",
                                         "rules",      "reactions",    "observables", "events",
                                         "conditions", "signals",      "vary",        "run"};
    for (auto const& entry : document_.root().entries) {
      bool const is_table = entry.value.kind == TomlKind::table;
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        std::string const what =
            is_table ? fmt::format("unknown section {}", quoted(entry.key))
                     : fmt::format("unknown key {} outside of any section", quoted(entry.key));
        findings_.error(
            entry.key_position, what, "",
            did_you_mean(entry.key, known, fmt::format("Sections are {}", fmt::join(known, ", "))));
      } else if (!is_table) {
        report_kind(findings_, entry.value, fmt::format("'{}'", entry.key), "a section");
      }
    }
  }

  std::vector<TomlEntry> const& section(std::string_view name) const {
    static std::vector<TomlEntry> const none;
    auto const* table = document_.root().find(name);
    return table && table->kind == TomlKind::table ? table->entries : none;
  }

  /// Where a section starts, for what it lacks; the whole file if it is not there.
  Position section_position(std::string_view name) const {
    for (auto const& entry : document_.root().entries)
      if (entry.key == name) return entry.key_position;
    return {};
  }

  void annotate(Annotation& annotation, TomlEntry const& entry) {
    annotation.id = entry.key;
    annotation.where = findings_.location(entry.key_position);
  }

  void annotate(Annotation& annotation, TomlEntry const& entry, Fields& fields) {
    annotate(annotation, entry);
    annotation.label = fields.text("label");
    annotation.unit = fields.text("unit");
    annotation.grade = fields.text("grade");
    annotation.source = fields.text("source", Fields::Lines::many);
    annotation.note = fields.text("note", Fields::Lines::many);
    auto const& grade = annotation.grade;
    if (auto const* value = fields.find("grade");
        value && value->kind == TomlKind::string &&
        std::find(grades.begin(), grades.end(), grade) == grades.end()) {
      std::vector<std::string> const known(grades.begin(), grades.end());
      findings_.error(
          value->position,
          fmt::format("unknown grade {} of {}", quoted(value->text), fields.what()), "",
          did_you_mean(grade, known, fmt::format("Grades are {}", fmt::join(known, ", "))));
    }
  }

  static std::string named(std::string_view kind, std::string_view id) {
    return fmt::format("{} {}", kind, quoted(id));
  }

  // ---- sections, in the order in which they need each other ----

  void read_header() {
    auto const* table = document_.root().find("network");
    if (!table) {
      findings_.error({}, "section [network] is missing", "",
                      "Add it with at least 'name' and 'time_unit'");
      return;
    }
    if (table->kind != TomlKind::table) return;
    Fields fields(findings_, *table, section_position("network"), "[network]",
                  {"name", "title", "description", "time_unit"});
    network_.name = fields.required_text("name", "Add name = \"...\"");
    network_.title = fields.text("title");
    network_.description = fields.text("description", Fields::Lines::many);
    network_.time_unit = fields.required_text("time_unit", "Add, for example, time_unit = \"min\"");
  }

  void read_compartments() {
    for (auto const& entry : section("compartments")) {
      names_.check_id(entry, "compartment");
      compartment_names_.push_back(entry.key);
      auto& compartment = network_.compartments.emplace_back();
      annotate(compartment, entry);
      std::string const what = named("compartment", entry.key);
      if (entry.value.kind != TomlKind::table) {
        report_kind(findings_, entry.value, what, "a table");
        continue;
      }
      Fields fields(findings_, entry.value, entry.key_position, what,
                    {"volume", "unit", "label", "source", "note", "grade"});
      annotate(compartment, entry, fields);
      compartment.volume = fields.number("volume");
      if (compartment.volume && *compartment.volume <= 0) {
        findings_.error(
            fields.find("volume")->position,
            fmt::format("{} is not positive ({})", fields.what("volume"), *compartment.volume), "",
            "Give a volume above 0");
      }
    }
  }

  void read_parameters() {
    for (auto const& entry : section("parameters")) {
      auto& parameter = network_.parameters.emplace_back();
      annotate(parameter, entry);
      std::string const what = named("parameter", entry.key);
      if (entry.value.kind != TomlKind::table) {
        bool const is_number =
            entry.value.kind == TomlKind::integer || entry.value.kind == TomlKind::real;
        if (is_number)
          parameter.value = read_number(findings_, entry.value, what).value_or(0);
        else
          report_kind(findings_, entry.value, what, "a number or a table");
        continue;
      }
      Fields fields(findings_, entry.value, entry.key_position, what,
                    {"value", "unit", "grade", "source", "label", "note", "bounds"});
      annotate(parameter, entry, fields);
      auto const* value = fields.required("value", "Add value = ...");
      auto const number = fields.number("value");
      parameter.value = number.value_or(0);
      bool const has_bounds = read_bounds(parameter, fields);
      if (number && has_bounds) check_bounds(parameter, *number, value->position, "");
    }
  }

  bool read_bounds(Parameter& parameter, Fields& fields) {
    auto const* bounds = fields.of_kind("bounds", TomlKind::array);
    if (!bounds) return false;
    auto const is_limit = [](TomlValue const& value) {
      return (value.kind == TomlKind::integer || value.kind == TomlKind::real) &&
             !std::isnan(value.real);
    };
    if (bounds->items.size() != 2 || !is_limit(bounds->items[0]) || !is_limit(bounds->items[1])) {
      findings_.error(bounds->position,
                      fmt::format("{} are not two numbers", fields.what("bounds")), "",
                      "Write bounds = [lowest, highest]; inf and -inf are allowed");
      return false;
    }
    double const lower = bounds->items[0].real;
    double const upper = bounds->items[1].real;
    if (lower > upper) {
      findings_.error(bounds->position,
                      fmt::format("{} are in the wrong order", fields.what("bounds")), "",
                      "Write bounds = [lowest, highest]");
      return false;
    }
    parameter.lower = lower;
    parameter.upper = upper;
    return true;
  }

  void check_bounds(Parameter const& parameter, double value, Position where,
                    std::string const& reason) {
    if (value >= parameter.lower && value <= parameter.upper) return;
    findings_.error(where,
                    fmt::format("{} of parameter {} is outside its bounds [{}, {}]", value,
                                quoted(parameter.id), parameter.lower, parameter.upper),
                    reason, "Correct the value or the bounds");
  }

  void read_species() {
    if (section("species").empty()) {
      findings_.error(section_position("species"), "the network has no species", "",
                      "Declare at least one under [species]");
    }
    for (auto const& entry : section("species")) {
      auto& species = network_.species.emplace_back();
      annotate(species, entry);
      std::string const count = fmt::format("initial count of species {}", quoted(entry.key));
      auto const kind = entry.value.kind;
      if (kind == TomlKind::integer || kind == TomlKind::real) {
        species.initial = read_count(findings_, entry.value, count, Sign::not_negative).value_or(0);
        continue;
      }
      std::string const what = named("species", entry.key);
      if (kind != TomlKind::table) {
        report_kind(findings_, entry.value, what, "an integer or a table");
        continue;
      }
      Fields fields(findings_, entry.value, entry.key_position, what,
                    {"initial", "compartment", "unit", "label", "grade", "source", "note"});
      annotate(species, entry, fields);
      if (auto const* initial = fields.required("initial", "Add initial = ..."))
        species.initial = read_count(findings_, *initial, count, Sign::not_negative).value_or(0);
      auto const* compartment = fields.of_kind("compartment", TomlKind::string);
      if (!compartment) continue;
      species.compartment = compartment->text;
      if (std::find(compartment_names_.begin(), compartment_names_.end(), compartment->text) ==
          compartment_names_.end()) {
        findings_.error(
            compartment->position,
            fmt::format("compartment {} is not defined", quoted(compartment->text)),
            "used by " + what,
            did_you_mean(compartment->text, compartment_names_, "Define it under [compartments]"));
      }
    }
  }

  /// The expression of a rule or observable, which may stand alone or in a table.
  TomlValue const* read_named_expression(Annotation& annotation, TomlEntry const& entry,
                                         std::string const& what,
                                         std::vector<std::string> const& known) {
    annotate(annotation, entry);
    if (entry.value.kind == TomlKind::string) return &entry.value;
    if (entry.value.kind != TomlKind::table) {
      report_kind(findings_, entry.value, what, "an expression in quotes or a table");
      return nullptr;
    }
    Fields fields(findings_, entry.value, entry.key_position, what, known);
    annotate(annotation, entry, fields);
    if (!fields.required("expression", "Add expression = \"...\"")) return nullptr;
    return fields.of_kind("expression", TomlKind::string);
  }

  void read_rules() {
    for (auto const& entry : section("rules")) {
      auto& rule = network_.rules.emplace_back();
      std::string const what = named("rule", entry.key);
      auto const* law = read_named_expression(
          rule, entry, what, {"expression", "label", "unit", "note", "source", "grade"});
      if (law) rule.expression = names_.read_law(*law, what, NetworkNames::Firings::refused);
    }
    rule_order_ = order_rules(network_.rules);
    for (auto const& cycle : rule_order_.cycles) {
      std::string path;
      for (u32 const rule : cycle) path += network_.rules[rule].id + " -> ";
      path += network_.rules[cycle[0]].id;
      auto const& where = network_.rules[cycle[0]].where;
      bool const alone = cycle.size() == 1;
      findings_.error(
          {where.line, where.column},
          alone ? fmt::format("rule {} uses itself", quoted(network_.rules[cycle[0]].id))
                : fmt::format("rules use each other in a circle: {}", path),
          "none of them can be computed first",
          alone ? "Remove it from its own expression" : "Write one of them without the others");
    }
    network_.rule_order = rule_order_.order;
  }

  void read_observables() {
    for (auto const& entry : section("observables")) {
      names_.check_id(entry, "observable");
      auto& observable = network_.observables.emplace_back();
      std::string const what = named("observable", entry.key);
      auto const* law = read_named_expression(
          observable, entry, what, {"expression", "resolution", "label", "unit", "note", "source"});
      if (law) observable.expression = names_.read_law(*law, what, NetworkNames::Firings::allowed);
      observable.resolution = read_resolution(entry.value, what);
    }
  }

  /// 0 where none is given.
  double read_resolution(TomlValue const& observable, std::string const& what) {
    auto const* value = observable.find("resolution");
    if (!value) return 0;
    std::string const resolution = fmt::format("'resolution' of {}", what);
    auto const number = read_number(findings_, *value, resolution);
    if (number && *number <= 0) {
      findings_.error(value->position, fmt::format("{} is not positive ({})", resolution, *number),
                      "statistics count whole multiples of it", "Give a number above 0");
    }
    return number.value_or(0);
  }

  // ---- reactions ----

  void read_reactions() {
    for (auto const& entry : section("reactions")) {
      names_.check_id(entry, "reaction");
      auto& reaction = network_.reactions.emplace_back();
      annotate(reaction, entry);
      std::string const what = named("reaction", entry.key);
      if (entry.value.kind != TomlKind::table) {
        report_kind(findings_, entry.value, what, "a table with 'equation' and a rate");
        continue;
      }
      Fields fields(findings_, entry.value, entry.key_position, what,
                    {"equation", "mass_action", "rate", "label", "grade", "source", "note"});
      annotate(reaction, entry, fields);
      fields.required("equation", "Add, for example, equation = \"A + 2 B -> C\"");
      if (auto const* equation = fields.of_kind("equation", TomlKind::string))
        read_equation(reaction, *equation, entry, what);
      read_rate(reaction, fields);
    }
    if (section("reactions").empty()) {
      findings_.warning(section_position("reactions"), "the network has no reactions",
                        "nothing will happen", "Add them under [reactions]");
    }
  }

  void read_rate(Reaction& reaction, Fields& fields) {
    auto const* constant = fields.of_kind("mass_action", TomlKind::string);
    auto const* rate = fields.of_kind("rate", TomlKind::string);
    if (fields.find("mass_action") && fields.find("rate")) {
      findings_.error(fields.where(),
                      fmt::format("{} has both 'mass_action' and 'rate'", fields.what()),
                      "one of them would be lost", "Remove one");
    } else if (!fields.has("mass_action") && !fields.has("rate")) {
      findings_.error(fields.where(),
                      fmt::format("{} has neither 'mass_action' nor 'rate'", fields.what()), "",
                      "Add mass_action = \"k\" or rate = \"...\" with the whole propensity");
    }
    if (rate) reaction.rate = names_.read_law(*rate, fields.what(), NetworkNames::Firings::refused);
    if (constant) {
      reaction.rate_kind = RateKind::mass_action;
      reaction.rate = names_.read_constant(*constant, fields.what());
      check_constant(*constant, reaction.rate, fields.what());
    }
  }

  void check_constant(TomlValue const& value, Expression const& expression,
                      std::string const& what) {
    for (auto const& node : expression.nodes) {
      if (node.kind != NodeKind::symbol) continue;
      u32 const index = node.symbol.index;
      std::string through;
      std::optional<SpeciesId> species;
      if (node.symbol.kind == SymbolKind::species) {
        species = SpeciesId{index};
      } else if (node.symbol.kind == SymbolKind::rule) {
        species = rule_order_.species[index];
        through = fmt::format(" through rule {}", quoted(network_.rules[index].id));
      }
      if (!species) continue;
      findings_.error(
          document_.position_within(value, node.span.begin),
          fmt::format("'mass_action' of {} depends on species {}{}", what,
                      quoted(network_.species[static_cast<u32>(*species)].id), through),
          "it is the rate constant alone; the reactants are multiplied in by the simulation",
          "Use rate = ... with the whole propensity");
      return;
    }
  }

  void read_equation(Reaction& reaction, TomlValue const& value, TomlEntry const& entry,
                     std::string const& what) {
    reaction.equation = value.text;
    ParsedEquation equation = parse_equation(value.text);
    bool complete = equation.problems.empty();
    names_.report(value, std::move(equation.problems), what);
    reaction.reactants = resolve_side(equation.reactants, value, what, complete);
    reaction.products = resolve_side(equation.products, value, what, complete);
    if (!complete) return;
    std::map<SpeciesId, i64> change;
    for (auto const& participant : reaction.reactants)
      change[participant.species] -= participant.count;
    for (auto const& participant : reaction.products)
      change[participant.species] += participant.count;
    bool const no_change = std::all_of(change.begin(), change.end(),
                                       [](auto const& item) { return item.second == 0; });
    if (no_change) {
      findings_.warning(entry.key_position, fmt::format("{} changes nothing", what),
                        "its events cost time and leave every count as it was",
                        "Remove it unless its firings are counted");
    }
  }

  std::vector<Participant> resolve_side(std::vector<EquationTerm> const& terms,
                                        TomlValue const& value, std::string const& what,
                                        bool& complete) {
    std::vector<Participant> side;
    for (auto const& term : terms) {
      Position const where = document_.position_within(value, term.span.begin);
      auto const found = names_.symbol(term.species);
      if (!found || found->kind != SymbolKind::species) {
        complete = false;
        names_.report_not(SymbolKind::species, term.species, where, "used by " + what);
        continue;
      }
      SpeciesId const id{found->index};
      auto same = std::find_if(side.begin(), side.end(),
                               [&](Participant const& p) { return p.species == id; });
      if (same == side.end()) same = side.insert(side.end(), Participant{id, 0});
      bool const was_within = same->count <= max_stoichiometry;
      same->count += term.count;
      if (was_within && same->count > max_stoichiometry) {
        complete = false;
        findings_.error(where,
                        fmt::format("more than {} copies of species {} on one side",
                                    max_stoichiometry, quoted(term.species)),
                        "in " + what, "Correct the stoichiometry");
      }
    }
    return side;
  }

  // ---- events ----

  void read_events() {
    bool const had_errors = findings_.has_errors();
    for (auto const& entry : section("events")) {
      names_.check_id(entry, "event");
      auto& event = network_.events.emplace_back();
      annotate(event, entry);
      std::string const what = named("event", entry.key);
      if (entry.value.kind != TomlKind::table) {
        report_kind(findings_, entry.value, what, "a table with 'trigger' and 'set'");
        continue;
      }
      Fields fields(findings_, entry.value, entry.key_position, what,
                    {"trigger", "set", "delay", "priority", "initial_value", "persistent",
                     "values_from_trigger_time", "label", "source", "note"});
      annotate(event, entry, fields);
      if (fields.required("trigger", "Add trigger = \"A >= 10\""))
        if (auto const* trigger = fields.of_kind("trigger", TomlKind::string))
          event.trigger = names_.read_timed(*trigger, what);
      event.delay = timed(fields, "delay");
      event.priority = timed(fields, "priority");
      event.initial_value = flag(fields, "initial_value");
      event.persistent = flag(fields, "persistent");
      event.values_from_trigger_time = flag(fields, "values_from_trigger_time");
      read_assignments(event, fields);
    }
    if (findings_.has_errors() && !had_errors) return;
    for (auto& finding : event_findings(network_))
      findings_.error({finding.where.line, finding.where.column}, std::move(finding.problem),
                      std::move(finding.reason), std::move(finding.fix));
  }

  /// An expression in quotes, or a number; nothing where the key is not there.
  std::optional<Expression> timed(Fields& fields, std::string_view key) {
    auto const* value = fields.find(key);
    if (value == nullptr) return std::nullopt;
    return timed(*value, fields.what(key), fields.what());
  }
  Expression timed(TomlValue const& value, std::string const& what, std::string const& user) {
    if (value.kind == TomlKind::string) return names_.read_timed(value, user);
    Expression number;
    if (value.kind != TomlKind::integer && value.kind != TomlKind::real) {
      report_kind(findings_, value, what, "a number, or an expression in quotes");
      return number;
    }
    Node node;
    node.number = read_number(findings_, value, what).value_or(0);
    number.text = fmt::format("{}", node.number);
    number.nodes.push_back(node);
    return number;
  }

  /// True where the key is not there.
  bool flag(Fields& fields, std::string_view key) {
    auto const* value = fields.of_kind(key, TomlKind::boolean);
    return value == nullptr || value->integer != 0;
  }

  void read_assignments(Event& event, Fields& fields) {
    if (!fields.required("set", "Add set = { A = \"A + 1\" }")) return;
    auto const* set = fields.of_kind("set", TomlKind::table);
    if (!set) return;
    if (set->entries.empty())
      findings_.error(set->position, fmt::format("{} is empty", fields.what("set")),
                      "the event would change nothing",
                      "Name a species or parameter and its value");
    for (auto const& [name, position, value] : set->entries) {
      auto const found = names_.symbol(name);
      if (!found || found->kind == SymbolKind::rule) {
        auto known = names_.of_kind(SymbolKind::species);
        auto const& parameters = names_.of_kind(SymbolKind::parameter);
        known.insert(known.end(), parameters.begin(), parameters.end());
        findings_.error(
            position, fmt::format("{} is neither a species nor a parameter", quoted(name)),
            "set by " + fields.what(), did_you_mean(name, known, "Define it or correct the name"));
        continue;
      }
      EventAssignment assignment;
      if (found->kind == SymbolKind::species)
        assignment.target = SpeciesId{found->index};
      else
        assignment.target = ParameterId{found->index};
      assignment.value = timed(value, fmt::format("value of {} in {}", quoted(name), fields.what()),
                               fields.what());
      event.assignments.push_back(std::move(assignment));
    }
  }

  // ---- conditions, variation, run ----

  void read_conditions() {
    for (auto const& entry : section("conditions")) {
      names_.check_id(entry, "condition");
      auto& condition = network_.conditions.emplace_back();
      annotate(condition, entry);
      std::string const what = named("condition", entry.key);
      if (entry.value.kind != TomlKind::table) {
        report_kind(findings_, entry.value, what, "a table");
        continue;
      }
      Fields fields(findings_, entry.value, entry.key_position, what,
                    {"label", "source", "note", "set", "signal", "initial", "at"});
      annotate(condition, entry, fields);
      condition.set = read_set(fields);
      condition.initial = read_counts(fields, "initial", Sign::not_negative);
      if (auto const* at = fields.of_kind("at", TomlKind::array))
        read_schedule(condition, *at, what);
      if (auto const* table = fields.of_kind("signal", TomlKind::table)) {
        condition.signals = read_signals(table->entries, "in 'signal' of " + what);
        check_lost_signals(condition, table->entries, what);
      }
    }
  }

  // ---- signals ----

  void read_signals() { network_.signals = read_signals(section("signals"), "in [signals]"); }

  std::vector<Signal> read_signals(std::vector<TomlEntry> const& entries,
                                   std::string const& where) {
    std::vector<Signal> signals;
    for (auto const& [name, position, value] : entries) {
      auto const found = names_.symbol(name);
      if (!found || found->kind != SymbolKind::parameter) {
        names_.report_not(SymbolKind::parameter, name, position, where);
        continue;
      }
      if (value.kind != TomlKind::string) {
        report_kind(findings_, value, fmt::format("signal of {}", quoted(name)),
                    "the name of a CSV file in quotes");
        continue;
      }
      if (signal_files_ == SignalFiles::left_out) continue;
      auto const path = signal_path(value, name);
      if (!path) continue;
      auto rows = read_signal(*path, value.position, found->index);
      signals.push_back(
          {ParameterId{found->index}, value.text, std::move(rows.times), std::move(rows.values)});
    }
    return signals;
  }

  std::optional<std::string> signal_path(TomlValue const& value, std::string const& name) {
    if (signal_files_ == SignalFiles::refused) {
      findings_.error(value.position, fmt::format("signal of {} is in a file", quoted(name)),
                      "this network is a text without a folder of its own",
                      "Write it to a file beside the CSV, or give the signal to the run");
      return std::nullopt;
    }
    auto path = path_within_folder_of(network_.file, value.text);
    if (!path)
      findings_.error(
          value.position,
          fmt::format("the file {} of a signal is not in the network's folder", quoted(value.text)),
          "a network and what belongs to it move together",
          "Put it beside the network file, and give its name alone");
    return path;
  }

  SignalRows read_signal(std::string const& path, Position where, u32 parameter) {
    try {
      auto rows = read_signal_file(path, network_.parameters[parameter]);
      signal_findings_.insert(signal_findings_.end(), rows.findings.begin(), rows.findings.end());
      return rows;
    } catch (Error const& error) {
      auto const& first = error.diagnostics().front();
      findings_.error(where, fmt::format("{}: {}", path, first.problem), first.reason,
                      "Correct the name, or put the file there");
      return {};
    }
  }

  /// What else the condition says of a parameter that has a signal.
  void check_lost_signals(Condition const& condition, std::vector<TomlEntry> const& entries,
                          std::string const& what) {
    for (auto const& entry : entries) {
      auto const found = names_.symbol(entry.key);
      if (!found || found->kind != SymbolKind::parameter) continue;
      auto const is_it = [&](auto const& pair) { return pair.first == ParameterId{found->index}; };
      bool is_scheduled = std::any_of(condition.set.begin(), condition.set.end(), is_it);
      for (auto const& change : condition.schedule)
        is_scheduled |= std::any_of(change.set.begin(), change.set.end(), is_it);
      if (is_scheduled)
        findings_.error(
            entry.key_position,
            fmt::format("{} has a signal, and {} sets it, too", quoted(entry.key), what),
            "one of the two would be lost", "Remove one of them");
    }
  }

  std::vector<std::pair<ParameterId, double>> read_set(Fields& fields) {
    std::vector<std::pair<ParameterId, double>> set;
    auto const* table = fields.of_kind("set", TomlKind::table);
    if (!table) return set;
    for (auto const& [name, position, value] : table->entries) {
      auto const found = names_.symbol(name);
      if (!found || found->kind != SymbolKind::parameter) {
        names_.report_not(SymbolKind::parameter, name, position, "set by " + fields.what());
        continue;
      }
      auto const number = read_number(
          findings_, value, fmt::format("value of {} in {}", quoted(name), fields.what()));
      if (!number) continue;
      check_bounds(network_.parameters[found->index], *number, value.position,
                   "set by " + fields.what());
      set.emplace_back(ParameterId{found->index}, *number);
    }
    return set;
  }

  std::vector<std::pair<SpeciesId, i64>> read_counts(Fields& fields, std::string_view key,
                                                     Sign sign) {
    std::vector<std::pair<SpeciesId, i64>> counts;
    auto const* table = fields.of_kind(key, TomlKind::table);
    if (!table) return counts;
    for (auto const& [name, position, value] : table->entries) {
      auto const found = names_.symbol(name);
      if (!found || found->kind != SymbolKind::species) {
        names_.report_not(SymbolKind::species, name, position,
                          fmt::format("in '{}' of {}", key, fields.what()));
        continue;
      }
      auto const count = read_count(
          findings_, value,
          fmt::format("'{}' of species {} in {}", key, quoted(name), fields.what()), sign);
      if (count) counts.emplace_back(SpeciesId{found->index}, *count);
    }
    return counts;
  }

  void read_schedule(Condition& condition, TomlValue const& at, std::string const& what) {
    std::optional<double> last;
    for (auto const& item : at.items) {
      std::string const change = fmt::format("a change of {}", what);
      if (item.kind != TomlKind::table) {
        report_kind(findings_, item, change, "a table { time = ..., set = {}, add = {} }");
        continue;
      }
      Fields fields(findings_, item, item.position, change, {"time", "set", "add"});
      ScheduledChange scheduled;
      auto const* time = fields.required("time", "Add time = ...");
      if (auto const number = fields.number("time")) {
        if (*number < 0) {
          findings_.error(time->position,
                          fmt::format("{} is negative ({})", fields.what("time"), *number),
                          "a run starts at time 0", "Give 0 or more");
        } else if (last && *number <= *last) {
          findings_.error(
              time->position,
              fmt::format("time {} of {} does not follow time {}", *number, change, *last),
              "the times of 'at' must increase", "Sort the changes and merge those of one time");
        }
        scheduled.time = *number;
        last = last ? std::max(*last, *number) : *number;
      }
      scheduled.set = read_set(fields);
      scheduled.add = read_counts(fields, "add", Sign::any);
      condition.schedule.push_back(std::move(scheduled));
    }
  }

  void read_variations() {
    for (auto const& entry : section("vary")) {
      names_.check_id(entry, "variation");
      auto& variation = network_.variations.emplace_back();
      annotate(variation, entry);
      std::string const what = named("variation", entry.key);
      if (entry.value.kind != TomlKind::table) {
        report_kind(findings_, entry.value, what, "a table");
        continue;
      }
      Fields fields(findings_, entry.value, entry.key_position, what,
                    {"factor", "cv", "most", "fold", "values", "weights", "scales", "correlation",
                     "source", "note"});
      annotate(variation, entry, fields);
      fields.required("factor", "Add factor = \"lognormal\"");
      if (auto const* factor = fields.of_kind("factor", TomlKind::string))
        read_factor(variation, fields, *factor, what);
      read_correlations(variation, fields);
      read_scales(variation, fields, entry);
    }
    check_correlations();
  }

  void read_factor(Variation& variation, Fields& fields, TomlValue const& factor,
                   std::string const& what) {
    Distribution::Arguments arguments;
    bool are_read = true;
    for (char const* const name : {"cv", "most", "fold", "values", "weights"}) {
      if (!fields.has(name)) continue;
      bool const is_list =
          name == std::string_view("values") || name == std::string_view("weights");
      auto numbers = is_list ? read_numbers(fields, name) : std::vector<double>{};
      if (auto const value = is_list ? std::nullopt : fields.number(name)) numbers = {*value};
      are_read = are_read && !numbers.empty();
      arguments.emplace_back(name, std::move(numbers));
    }
    if (!are_read) return;
    try {
      variation.factor = Distribution(factor.text, arguments);
    } catch (Error const& error) {
      for (auto const& finding : error.diagnostics()) {
        auto where = factor.position;
        for (auto const& argument : arguments)
          if (finding.problem.starts_with("'" + argument.first + "'"))
            where = fields.find(argument.first)->position;
        findings_.error(where, fmt::format("{}: {}", what, finding.problem), finding.reason,
                        finding.fix);
      }
    }
  }

  std::vector<double> read_numbers(Fields& fields, std::string_view key) {
    std::vector<double> numbers;
    auto const* list = fields.of_kind(key, TomlKind::array);
    if (list == nullptr) return numbers;
    for (auto const& item : list->items)
      if (auto const number = read_number(findings_, item, "an entry of " + fields.what(key)))
        numbers.push_back(*number);
    return numbers;
  }

  void read_correlations(Variation& variation, Fields& fields) {
    if (!fields.has("correlation")) return;
    auto const* table = fields.of_kind("correlation", TomlKind::table);
    if (table == nullptr) return;
    for (auto const& entry : table->entries) {
      auto const r = read_number(findings_, entry.value,
                                 fmt::format("the correlation with {}", quoted(entry.key)));
      if (r && !(*r >= -1 && *r <= 1))
        findings_.error(entry.value.position,
                        fmt::format("the correlation with {} is {}", quoted(entry.key), *r), "",
                        "Give -1 to 1");
      correlated_.push_back({entry.key, entry.key_position});
      variation.correlations.emplace_back(entry.key, r.value_or(0));
    }
  }

  /// Correlations name variations that may stand further down.
  void check_correlations() {
    std::vector<std::string> known;
    for (auto const& variation : network_.variations) known.push_back(variation.id);
    for (auto const& [name, position] : correlated_)
      if (std::find(known.begin(), known.end(), name) == known.end())
        findings_.error(position, fmt::format("{} is no entry of [vary]", quoted(name)),
                        "a variation is to be correlated with it",
                        did_you_mean(name, known, "Add one"));
  }
  std::vector<std::pair<std::string, Position>> correlated_;

  void read_scales(Variation& variation, Fields& fields, TomlEntry const& entry) {
    if (!fields.has("scales")) {
      scale(variation, entry.key, entry.key_position, fields.what(),
            "The id must name one, or 'scales' must list them");
      return;
    }
    auto const* scales = fields.of_kind("scales", TomlKind::array);
    if (!scales) return;
    if (scales->items.empty()) {
      findings_.error(scales->position, fmt::format("{} is empty", fields.what("scales")),
                      "the variation would change nothing", "List species or parameters");
    }
    for (auto const& item : scales->items) {
      if (item.kind != TomlKind::string)
        report_kind(findings_, item, "an entry of " + fields.what("scales"), "a name in quotes");
      else
        scale(variation, item.text, item.position, fields.what(), "Define it or correct the name");
    }
  }

  void scale(Variation& variation, std::string const& name, Position where, std::string const& what,
             std::string_view fix) {
    auto const found = names_.symbol(name);
    if (!found || found->kind == SymbolKind::rule) {
      auto candidates = names_.of_kind(SymbolKind::species);
      auto const& parameters = names_.of_kind(SymbolKind::parameter);
      candidates.insert(candidates.end(), parameters.begin(), parameters.end());
      findings_.error(where, fmt::format("{} is neither a species nor a parameter", quoted(name)),
                      "scaled by " + what, did_you_mean(name, candidates, fix));
      return;
    }
    auto const add = [&](auto& list, auto id) {
      if (std::find(list.begin(), list.end(), id) != list.end())
        findings_.error(where, fmt::format("{} is scaled twice by {}", quoted(name), what),
                        "its factor would apply twice", "Remove one");
      list.push_back(id);
    };
    if (found->kind == SymbolKind::species)
      add(variation.species, SpeciesId{found->index});
    else
      add(variation.parameters, ParameterId{found->index});
  }

  void read_run() {
    auto const* table = document_.root().find("run");
    if (!table || table->kind != TomlKind::table) return;
    Fields fields(findings_, *table, section_position("run"), "[run]", {"t_end", "sample_every"});
    auto const read = [&](std::string_view key, double& value) {
      auto const number = fields.number(key);
      if (number && *number <= 0) {
        findings_.error(fields.find(key)->position,
                        fmt::format("{} is not positive ({})", fields.what(key), *number), "",
                        "Give a time above 0");
      } else {
        value = number.value_or(0);
      }
    };
    read("t_end", network_.run.t_end);
    read("sample_every", network_.run.sample_every);
    if (network_.run.t_end > 0 && network_.run.sample_every > network_.run.t_end) {
      findings_.error(fields.find("sample_every")->position,
                      fmt::format("'sample_every' of [run] is {}, later than its end at {}",
                                  network_.run.sample_every, network_.run.t_end),
                      "", "Give at most 't_end'");
    }
  }
};

}  // namespace

Network read_network_text(std::string_view text, std::string const& file, SignalFiles signals) {
  return NetworkReader(text, file, signals).read();
}

}  // namespace cristae
