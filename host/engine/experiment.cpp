// host/engine/experiment.cpp - a request checked against its network and resolved to values.
#include "host/engine/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "host/base/error.hpp"
#include "host/engine/cell_request.hpp"
#include "host/engine/event_program.hpp"
#include "host/model/event_time.hpp"

namespace cristae {
namespace {

constexpr double max_samples = 1e7;
constexpr u64 most_sisters = 1'000'000;

class Resolver {
 public:
  Resolver(Network const& network, ExperimentRequest const& request)
      : network_(network), request_(request) {}

  Experiment resolve() {
    experiment_.network = &network_;
    experiment_.condition = request_.condition;
    auto const* condition = find_condition();
    check_events();
    auto const user_set = resolve_user_set();
    if (condition) check_lost_changes(*condition, user_set);
    resolve_signals(condition, user_set);
    check_signals_of_events();
    resolve_times();
    resolve_burn_in();
    resolve_sisters();
    if (!diagnostics_.empty()) throw Error(ExitCode::usage, std::move(diagnostics_));
    resolve_initial(condition);
    resolve_segments(condition, user_set);
    resolve_sets(condition, user_set);
    resolve_cells();
    if (!diagnostics_.empty()) throw Error(ExitCode::usage, std::move(diagnostics_));
    if (!request_.stop_when.empty())
      experiment_.stop_when = condition_for(experiment_, request_.stop_when);
    return std::move(experiment_);
  }

 private:
  using UserSet = std::vector<std::pair<ParameterId, double>>;

  Network const& network_;
  ExperimentRequest const& request_;
  Experiment experiment_;
  std::vector<Diagnostic> diagnostics_;

  void report(std::string problem, std::string reason, std::string fix) {
    diagnostics_.push_back(
        {Severity::error, {}, std::move(problem), std::move(reason), std::move(fix)});
  }

  Parameter const& parameter(ParameterId id) const {
    return network_.parameters[static_cast<u32>(id)];
  }

  template <class Things>
  static std::vector<std::string> ids_of(Things const& things) {
    std::vector<std::string> ids;
    for (auto const& thing : things) ids.push_back(thing.id);
    return ids;
  }

  Condition const* find_condition() {
    if (request_.condition.empty()) return nullptr;
    for (auto const& condition : network_.conditions)
      if (condition.id == request_.condition) return &condition;
    auto const known = ids_of(network_.conditions);
    std::string const near = nearest_name(request_.condition, known);
    std::string fix = known.empty() ? "The network has no conditions"
                                    : fmt::format("Conditions are {}", fmt::join(known, ", "));
    if (!near.empty()) fix = fmt::format("Did you mean '{}'?", near);
    report(fmt::format("unknown condition '{}'", request_.condition), "", std::move(fix));
    return nullptr;
  }

  UserSet resolve_user_set() {
    UserSet set;
    for (auto const& [name, value] : request_.set) {
      auto const id = find_parameter(name);
      if (!id) continue;
      auto const& known = parameter(*id);
      bool const twice = std::any_of(set.begin(), set.end(),
                                     [&](auto const& entry) { return entry.first == *id; });
      if (twice) {
        report(fmt::format("parameter '{}' is set twice", name), "one of the values would be lost",
               "Remove one");
      } else if (!std::isfinite(value)) {
        report(fmt::format("parameter '{}' is set to {}", name, value),
               "only finite numbers can be computed with", "Give a finite number");
      } else if (value < known.lower || value > known.upper) {
        report(fmt::format("parameter '{}' is set to {}, outside its bounds [{}, {}]", name, value,
                           known.lower, known.upper),
               "the laws have no meaning there", "Give a value within them");
      }
      set.emplace_back(*id, value);
    }
    return set;
  }

  std::optional<ParameterId> find_parameter(std::string const& name) {
    for (u32 i = 0; i < network_.parameters.size(); ++i)
      if (network_.parameters[i].id == name) return ParameterId{i};
    auto const is_named = [&](Annotation const& thing) { return thing.id == name; };
    if (std::any_of(network_.species.begin(), network_.species.end(), is_named)) {
      report(fmt::format("'{}' is a species, not a parameter", name), "",
             "Initial counts are set by the conditions of the network file");
    } else if (std::any_of(network_.rules.begin(), network_.rules.end(), is_named)) {
      report(fmt::format("'{}' is a rule, not a parameter", name), "",
             "Set the parameters that it depends on");
    } else {
      std::string const near = nearest_name(name, ids_of(network_.parameters));
      report(
          fmt::format("unknown parameter '{}'", name), "",
          near.empty() ? "'cristae inspect' lists them" : fmt::format("Did you mean '{}'?", near));
    }
    return std::nullopt;
  }

  void check_lost_changes(Condition const& condition, UserSet const& user_set) {
    for (auto const& entry : user_set) {
      ParameterId const id = entry.first;
      for (auto const& change : condition.schedule) {
        bool const lost = std::any_of(change.set.begin(), change.set.end(),
                                      [&](auto const& other) { return other.first == id; });
        if (!lost) continue;
        report(fmt::format("parameter '{}' is set for the whole run, but condition '{}' changes "
                           "it at time {}",
                           parameter(id).id, condition.id, change.time),
               "one of the two would be lost", "Remove one of them");
        break;
      }
    }
  }

  // ---- signals ----

  /// Those of the network but where the condition has its own word, then the user's.
  void resolve_signals(Condition const* condition, UserSet const& user_set) {
    auto& signals = experiment_.signals;
    auto const drop = [&](ParameterId id) {
      std::erase_if(signals, [&](Signal const& signal) { return signal.parameter == id; });
    };
    signals = network_.signals;
    if (condition) {
      for (auto const& entry : condition->set) drop(entry.first);
      for (auto const& change : condition->schedule)
        for (auto const& entry : change.set) drop(entry.first);
      for (auto const& signal : condition->signals) drop(signal.parameter);
      signals.insert(signals.end(), condition->signals.begin(), condition->signals.end());
    }
    std::vector<ParameterId> given;
    for (auto const& named : request_.signals) {
      auto const id = find_parameter(named.parameter);
      if (!id) continue;
      if (std::find(given.begin(), given.end(), *id) != given.end())
        report(fmt::format("parameter '{}' has two signals", named.parameter),
               "one of the two would be lost", "Remove one");
      given.push_back(*id);
      if (condition) check_lost_schedule(*condition, *id);
      drop(*id);
      signals.push_back({*id, named.file, named.times, named.values});
    }
    for (auto const& signal : signals)
      for (auto const& entry : user_set)
        if (entry.first == signal.parameter)
          report(fmt::format("parameter '{}' is set for the whole run, but {} changes it",
                             parameter(entry.first).id, text_of(signal)),
                 "one of the two would be lost", "Remove one of them");
  }

  static std::string text_of(Signal const& signal) {
    return signal.file.empty() ? "a signal" : fmt::format("the signal '{}'", signal.file);
  }

  void check_lost_schedule(Condition const& condition, ParameterId id) {
    for (auto const& change : condition.schedule)
      for (auto const& entry : change.set)
        if (entry.first == id) {
          report(
              fmt::format("parameter '{}' has a signal, but condition '{}' changes it at time {}",
                          parameter(id).id, condition.id, change.time),
              "one of the two would be lost", "Remove one of them");
          return;
        }
  }

  // ---- events ----

  /// Networks come from more readers than one.
  void check_events() {
    auto findings = event_findings(network_);
    if (!findings.empty()) throw Error(ExitCode::model, std::move(findings));
  }

  void check_signals_of_events() {
    auto const set = parameters_of_events(network_);
    for (auto const& signal : experiment_.signals)
      if (set[static_cast<u32>(signal.parameter)])
        report(fmt::format("parameter '{}' follows {}, and events set it",
                           parameter(signal.parameter).id, text_of(signal)),
               "one of the two would be lost", "Remove one of them");
  }

  // ---- sampling grid ----

  void resolve_times() {
    bool const own_end = !(request_.t_end < 0);  // also of NaN
    double const t_end = own_end ? request_.t_end : network_.run.t_end;
    if (!std::isfinite(request_.t_end)) {
      report(fmt::format("the end time is {}", request_.t_end), "a run must end",
             "Give a finite time");
      return;
    }
    if (!own_end && t_end <= 0) {
      report("no end time is given", "the network has no 't_end' under [run]",
             "Give --t-end, or t_end in Python");
      return;
    }
    experiment_.t_end = t_end;
    bool const own_step = !(request_.sample_every < 0);
    bool const own_count = request_.samples != -1;
    if (own_step && own_count) {
      report("both a sampling interval and a number of samples are given",
             "one of the two would be lost", "Remove one of them");
    } else if (own_count) {
      sample_evenly(request_.samples);
    } else {
      sample_every(own_step ? request_.sample_every : network_.run.sample_every, own_step);
    }
    auto const& times = experiment_.sample_times;
    bool const increasing =
        std::adjacent_find(times.begin(), times.end(), std::greater_equal<>{}) == times.end();
    if (!increasing || (!times.empty() && !std::isfinite(times.back()))) {
      report(fmt::format("the end time {} cannot be divided into samples", t_end),
             "double has no numbers between them", "Use another time unit");
    }
  }

  void resolve_burn_in() {
    if (!(request_.burn_in >= 0) || !std::isfinite(request_.burn_in))
      report(fmt::format("the burn-in is {}", request_.burn_in), "",
             "Give a finite time, 0 or more");
    else
      experiment_.burn_in = request_.burn_in;
  }

  void resolve_sisters() {
    bool const has_time = request_.fork_at >= 0;
    if (request_.sisters < 1 || request_.sisters > most_sisters) {
      report(fmt::format("families of {} sisters are asked for", request_.sisters), "",
             fmt::format("Give 2 to {}", most_sisters));
    } else if (has_time != (request_.sisters > 1)) {
      report(has_time ? "a time to part is given, but no sisters"
                      : fmt::format("{} sisters have no time to part", request_.sisters),
             "trajectories of a family are one until then, and go their own ways after it",
             "Give both --sisters and --fork-at");
    } else if (has_time && !(request_.fork_at < experiment_.t_end &&
                             request_.fork_at + experiment_.burn_in > 0)) {
      report(fmt::format("sisters part at t = {}", request_.fork_at),
             fmt::format("the run is from {} to {}", -experiment_.burn_in, experiment_.t_end),
             "Choose a time within it");
    } else if (has_time) {
      experiment_.sisters = static_cast<u32>(request_.sisters);
      experiment_.fork_at = request_.fork_at;
    }
  }

  void sample_evenly(i64 count) {
    if (count < 1) {
      report(fmt::format("{} samples are asked for", count), "", "Give 1 or more");
      return;
    }
    double const intervals = static_cast<double>(count);
    if (too_many(intervals)) return;
    auto& times = experiment_.sample_times;
    times.push_back(0);
    if (experiment_.t_end == 0) return;
    for (i64 k = 1; k < count; ++k)
      times.push_back(experiment_.t_end * static_cast<double>(k) / intervals);
    times.push_back(experiment_.t_end);
  }

  void sample_every(double step, bool own_step) {
    double const t_end = experiment_.t_end;
    auto& times = experiment_.sample_times;
    bool const wrong = own_step && !(step > 0 && std::isfinite(step));
    if (wrong || !std::isfinite(step)) {
      report(fmt::format("the sampling interval is {}", step), "", "Give a finite time above 0");
      return;
    }
    if (t_end == 0) {
      times.push_back(0);
      return;
    }
    if (step <= 0) {
      report("no sampling interval is given", "the network file has no 'sample_every' under [run]",
             "Give one, or a number of samples");
      return;
    }
    if (too_many(t_end / step)) return;
    for (double k = 0; k * step <= t_end * (1 + 1e-12); ++k) times.push_back(k * step);
    // The last multiple is t_end but for rounding, or t_end is a sample of its own.
    if (t_end - times.back() > 1e-9 * t_end)
      times.push_back(t_end);
    else
      times.back() = t_end;
  }

  bool too_many(double intervals) {
    if (intervals + 1 <= max_samples) return false;
    report(fmt::format("{:.9g} samples are asked for", std::floor(intervals) + 1),
           fmt::format("the limit is {:.9g}", max_samples), "Sample less often");
    return true;
  }

  // ---- values ----

  void resolve_initial(Condition const* condition) {
    for (auto const& species : network_.species) experiment_.initial.push_back(species.initial);
    if (!condition) return;
    for (auto const& [id, count] : condition->initial)
      experiment_.initial[static_cast<u32>(id)] = count;
  }

  void resolve_segments(Condition const* condition, UserSet const& user_set) {
    auto& segments = experiment_.segments;
    auto& first = segments.emplace_back();
    first.start = experiment_.burn_in > 0 ? -experiment_.burn_in : 0;
    for (auto const& known : network_.parameters) first.parameters.push_back(known.value);
    if (condition) set_all(first, condition->set);
    set_all(first, user_set);
    auto schedule = condition ? condition->schedule : std::vector<ScheduledChange>();
    for (auto const& signal : experiment_.signals) add_rows(signal, first, schedule);
    if (experiment_.sisters > 1) schedule.push_back({experiment_.fork_at, {}, {}});
    std::stable_sort(schedule.begin(), schedule.end(),
                     [](auto const& a, auto const& b) { return a.time < b.time; });
    for (auto const& change : schedule) {
      double const time = snapped(change.time);
      if (time > experiment_.t_end) break;  // it could not matter
      if (time > segments.back().start) {
        Segment next{time, segments.back().parameters, {}};
        segments.push_back(std::move(next));
      }
      set_all(segments.back(), change.set);
      for (auto const& entry : change.set) segments.back().set.push_back(entry.first);
      for (auto const& [id, count] : change.add) add_copies(segments.back(), id, count);
      if (experiment_.sisters > 1 && change.time == experiment_.fork_at)
        segments.back().parts_sisters = true;
    }
  }

  /// What holds from the start into `first`, every later change of the value into `schedule`.
  void add_rows(Signal const& signal, Segment& first, std::vector<ScheduledChange>& schedule) {
    double& value = first.parameters[static_cast<u32>(signal.parameter)];
    auto const& times = signal.times;
    usize row = 0;
    for (; row < times.size() && times[row] <= 0; ++row) value = signal.values[row];
    for (double last = value; row < times.size() && times[row] <= experiment_.t_end; ++row) {
      if (signal.values[row] == last) continue;
      last = signal.values[row];
      schedule.push_back({times[row], {{signal.parameter, last}}, {}});
    }
  }

  /// The time of a change; where it differs from a sample time or the change before it by rounding
  /// only (3 * 0.3 is not 0.9), that time, or a sample could miss the change that it must see.
  double snapped(double time) const {
    auto const is_same = [time](double other) {
      return std::fabs(time - other) <= 4 * std::numeric_limits<double>::epsilon() * time;
    };
    auto const& times = experiment_.sample_times;
    auto const above = std::lower_bound(times.begin(), times.end(), time);
    if (above != times.end() && is_same(*above)) return *above;
    if (above != times.begin() && is_same(*std::prev(above))) return *std::prev(above);
    double const before = experiment_.segments.back().start;
    return is_same(before) ? before : time;
  }

  // ---- parameter sets, cells ----

  void resolve_sets(Condition const* condition, UserSet const& user_set) {
    auto& sets = experiment_.sets;
    for (auto const& name : request_.swept) {
      auto const id = find_parameter(name);
      if (!id) continue;
      bool const is_set = std::any_of(user_set.begin(), user_set.end(),
                                      [&](auto const& entry) { return entry.first == *id; });
      bool const is_twice = std::count(sets.parameters.begin(), sets.parameters.end(), *id) > 0;
      if (is_set || is_twice)
        report(fmt::format("parameter '{}' is {}", name,
                           is_set ? "set, and swept over" : "swept over twice"),
               "one of the values would be lost", "Remove one");
      for (auto const& signal : experiment_.signals)
        if (signal.parameter == *id)
          report(
              fmt::format("parameter '{}' is swept over, but {} changes it", name, text_of(signal)),
              "one of the two would be lost", "Remove one of them");
      sets.parameters.push_back(*id);
    }
    if (sets.parameters.size() != request_.swept.size()) return;
    if (condition) {
      UserSet swept;
      for (auto const id : sets.parameters) swept.emplace_back(id, 0);
      check_lost_changes(*condition, swept);
    }
    sets.values = request_.sets;
    for (usize i = 0; i < sets.parameters.size(); ++i) check_swept(i);
    // Values that every set replaces have no say in checks and remarks.
    if (sets.values.empty()) return;
    for (auto& segment : experiment_.segments)
      for (usize i = 0; i < sets.parameters.size(); ++i)
        segment.parameters[static_cast<u32>(sets.parameters[i])] = sets.values.front()[i];
  }

  void check_swept(usize i) {
    auto const& known = parameter(experiment_.sets.parameters[i]);
    for (usize s = 0; s < experiment_.sets.values.size(); ++s) {
      double const value = experiment_.sets.values[s][i];
      if (std::isfinite(value) && value >= known.lower && value <= known.upper) continue;
      report(fmt::format("parameter '{}' is {} in set {}", known.id, value, s),
             std::isfinite(value) ? fmt::format("its bounds are [{}, {}]", known.lower, known.upper)
                                  : "only finite numbers can be computed with",
             "Sweep over other values");
      return;
    }
  }

  void resolve_cells() {
    auto& cells = experiment_.cells;
    if (request_.replicates < 1)
      report("0 replicates of each cell are asked for", "", "Give 1 or more");
    // Sisters are of one cell.
    bool const take_sisters = !request_.vary.empty() && request_.replicates == 1;
    cells.replicates = take_sisters ? experiment_.sisters : std::max<u64>(1, request_.replicates);
    if (!request_.vary.empty() && cells.replicates % experiment_.sisters != 0)
      report(fmt::format("each cell has {} trajectories, and each family {}", cells.replicates,
                         experiment_.sisters),
             "sisters are of one cell", "Make --replicates a multiple of --sisters");
    cells.seed = request_.cell_seed.value_or(0);
    CellRequest cell_request{network_, request_.vary, request_.correlate};
    cells.quantities = cell_request.quantities();
    cell_request.correlate(cells);
    for (auto& finding : cell_request.findings()) diagnostics_.push_back(std::move(finding));
    if (!diagnostics_.empty()) return;
    for (auto& remark : remarks_of_cells(experiment_)) experiment_.remarks.push_back(remark);
    if (experiment_.sisters > 1)
      experiment_.remarks.push_back(
          {Severity::note,
           {},
           "standard errors count every trajectory",
           fmt::format("{} sisters share their past, so those of means are larger",
                       experiment_.sisters),
           "cristae analyze sisters has intervals over families"});
  }

  static void set_all(Segment& segment, std::vector<std::pair<ParameterId, double>> const& set) {
    for (auto const& [id, value] : set) segment.parameters[static_cast<u32>(id)] = value;
  }

  static void add_copies(Segment& segment, SpeciesId id, i64 count) {
    auto const same = std::find_if(segment.add.begin(), segment.add.end(),
                                   [&](auto const& entry) { return entry.first == id; });
    if (same == segment.add.end())
      segment.add.emplace_back(id, count);
    else
      same->second += count;
  }
};

}  // namespace

Experiment resolve(Network const& network, ExperimentRequest const& request) {
  return Resolver(network, request).resolve();
}

namespace {

/// The first parameter that an expression reads, directly or through rules, and that is among those
/// that differ between trajectories.
std::optional<ParameterId> differing_parameter(Experiment const& experiment,
                                               Expression const& expression) {
  auto const& swept = experiment.sets.parameters;
  auto const of_events = parameters_of_events(*experiment.network);
  for (Node const& node : expression.nodes) {
    if (node.kind != NodeKind::symbol) continue;
    if (node.symbol.kind == SymbolKind::parameter) {
      auto const id = ParameterId{node.symbol.index};
      if (experiment.cells.scales(id) || of_events[node.symbol.index] ||
          std::find(swept.begin(), swept.end(), id) != swept.end())
        return id;
    } else if (node.symbol.kind == SymbolKind::rule) {
      auto const& rule = experiment.network->rules[node.symbol.index].expression;
      if (auto const found = differing_parameter(experiment, rule)) return found;
    }
  }
  return std::nullopt;
}

}  // namespace

StateCondition condition_for(Experiment const& experiment, std::string const& text) {
  auto const& segments = experiment.segments;
  auto condition = parse_condition(*experiment.network, text, segments.front().parameters);
  if (auto const id = differing_parameter(experiment, condition.expression))
    throw Error(ExitCode::usage,
                fmt::format("the condition '{}' reads parameter '{}', which differs between "
                            "trajectories",
                            condition.text, experiment.network->parameters[u32(*id)].id),
                "it must mean the same for all", "Write the number");
  for (Segment const& segment : segments) {
    auto const later = parse_condition(*experiment.network, text, segment.parameters);
    if (later.parts == condition.parts && later.steps == condition.steps) continue;
    throw Error(ExitCode::usage,
                fmt::format("the condition '{}' reads a parameter that changes at time {}",
                            condition.text, segment.start),
                "it must mean the same at all times", "Write the number");
  }
  return condition;
}

bool CellVariation::scales(ParameterId parameter) const {
  return std::any_of(quantities.begin(), quantities.end(), [&](VariedQuantity const& quantity) {
    auto const& scaled = quantity.parameters;
    return std::find(scaled.begin(), scaled.end(), parameter) != scaled.end();
  });
}

usize Experiment::initial_rows() const {
  return network->species.empty() ? 1 : initial.size() / network->species.size();
}

void start_from(Experiment& experiment, std::vector<std::string> const& species,
                std::vector<i64> const& states) {
  auto const& wanted = experiment.network->species;
  std::vector<Diagnostic> findings;
  std::map<std::string_view, usize> column_of;
  for (usize i = 0; i < species.size(); ++i) column_of.emplace(species[i], i);
  std::vector<usize> columns;
  for (auto const& one : wanted) {
    auto const found = column_of.find(one.id);
    if (found != column_of.end())
      columns.push_back(found->second);
    else
      findings.push_back({Severity::error,
                          {},
                          fmt::format("species '{}' is not in the states to start from", one.id),
                          "its copy number would be unknown",
                          "Start from a run of the same network"});
  }
  if (findings.empty() && states.empty())
    findings.push_back({Severity::error, {}, "there is no state to start from", "", ""});
  if (!findings.empty()) throw Error(ExitCode::usage, std::move(findings));
  experiment.starts_from_states = true;
  for (auto const& quantity : experiment.cells.quantities)
    if (!quantity.species.empty())
      experiment.remarks.push_back(
          {Severity::note,
           {},
           fmt::format("the initial counts that '{}' scales are those of the earlier run",
                       quantity.name),
           "they are not scaled a second time",
           "Vary the earlier run alike, with the same seed, to meet the same cells"});
  experiment.initial.clear();
  for (usize row = 0; row < states.size() / species.size(); ++row)
    for (usize const column : columns)
      experiment.initial.push_back(states[row * species.size() + column]);
}

}  // namespace cristae
