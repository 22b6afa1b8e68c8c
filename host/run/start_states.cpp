// host/run/start_states.cpp - reads end states and says which of them a run cannot start from.
#include "host/run/start_states.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "host/io/result_file.hpp"
#include "host/run/run.hpp"

namespace cristae {
namespace {

bool contains(std::vector<u64> const& seeds, u64 seed) {
  return std::find(seeds.begin(), seeds.end(), seed) != seeds.end();
}

u64 unused_seed(std::vector<u64> const& seeds, u64 seed) {
  while (contains(seeds, seed)) ++seed;  // wraps around
  return seed;
}

void check_source(ResultFile const& file, StartStates const& start, u64 seed) {
  if (file.report().engine == ode_engine)
    throw Error(ExitCode::usage, fmt::format("'{}' holds no end states", start.result),
                "the solution of rate equations is no whole numbers of copies",
                "Start from a run of trajectories");
  if (!file.has_end_states())
    throw Error(ExitCode::usage, fmt::format("'{}' holds no end states", start.result),
                "it was written with --keep none", "Make it again without that option");
  if (contains(start.seeds, seed))
    throw Error(ExitCode::usage,
                fmt::format("--seed {} has already led to the states of '{}'", seed, start.result),
                "the same random numbers would be used again, so that what comes would depend on "
                "what has been",
                fmt::format("Give another one: --seed {}", unused_seed(start.seeds, seed)));
}

/// The states of the trajectories that got to the end, [row][species of the result].
std::vector<i64> usable_states(ResultFile const& file) {
  constexpr u64 at_once = 65536;
  u64 const trajectories = file.summary().trajectories;
  usize const species = file.species().size();
  std::vector<i64> states;
  for (u64 begin = 0; begin < trajectories; begin += at_once) {
    auto const part = file.end_states(begin, std::min(begin + at_once, trajectories));
    for (usize row = 0; row + species <= part.size(); row += species) {
      auto const first = part.begin() + static_cast<std::ptrdiff_t>(row);
      auto const last = first + static_cast<std::ptrdiff_t>(species);
      if (std::find(first, last, -1) == last) states.insert(states.end(), first, last);
    }
  }
  return states;
}

bool has_initial_counts(Experiment const& experiment) {
  auto const& conditions = experiment.network->conditions;
  return std::any_of(conditions.begin(), conditions.end(), [&](Condition const& condition) {
    return condition.id == experiment.condition && !condition.initial.empty();
  });
}

Diagnostic note(std::string problem, std::string reason) {
  return {Severity::note, {}, std::move(problem), std::move(reason), {}};
}

}  // namespace

StartStates start_from_result(Experiment& experiment, std::string const& path, u64 seed) {
  ResultFile const file(path);
  auto const& report = file.report();
  u64 const trajectories = file.summary().trajectories;
  StartStates start;
  start.result = path;
  start.seeds = report.start_seeds;
  start.seeds.push_back(report.seed);
  start.contract_hash = file.summary().contract_hash;
  check_source(file, start, seed);
  auto const states = usable_states(file);
  start.states = file.species().empty() ? 0 : states.size() / file.species().size();
  if (start.states == 0)
    throw Error(ExitCode::usage, fmt::format("'{}' holds no state to start from", path),
                fmt::format("none of its {} trajectories got to the end", trajectories));
  if (report.interrupted)
    start.remarks.push_back(
        note(fmt::format("the run of '{}' was interrupted", path),
             fmt::format("it holds {} of {} trajectories", trajectories, report.requested)));
  if (!report.missing.empty())
    start.remarks.push_back(
        note(fmt::format("'{}' is a merge with gaps", path),
             fmt::format("trajectories {} of its run are missing", report.missing)));
  if (start.states < trajectories)
    start.remarks.push_back(
        note(fmt::format("{} of {} trajectories of '{}' did not get to the end and are left out",
                         trajectories - start.states, trajectories, path),
             "the others may differ from them"));
  if (has_initial_counts(experiment))
    start.remarks.push_back(
        note(fmt::format("the initial counts of condition '{}' are not used", experiment.condition),
             fmt::format("trajectories start from the states of '{}'", path)));
  start_from(experiment, file.species(), states);
  return start;
}

}  // namespace cristae
