// host/cpu/reference_engine.cpp - Gillespie's direct method, as simple as it can be.
// Gillespie 1977, J. Phys. Chem. 81:2340. Matsumoto and Nishimura 1998, ACM TOMACS 8:3.
#include "host/cpu/reference_engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "host/cpu/reference_events.hpp"
#include "host/engine/cells.hpp"
#include "host/engine/event_program.hpp"
#include "host/engine/threads.hpp"
#include "host/model/evaluate.hpp"

namespace cristae {
namespace {

constexpr double largest_count = 0x1p53;
constexpr double never = std::numeric_limits<double>::infinity();

class ReferenceEngine final : public Engine {
 public:
  explicit ReferenceEngine(RunPlan const& plan) : plan_(plan), threads_(useful_threads(plan)) {}

  std::string name() const override { return "reference"; }
  std::string isa() const override { return "scalar double"; }
  u32 threads() const override { return threads_; }

  void run(SampleSink& sink, RunControl& control) override {
    PieceQueue queue(plan_.todo());
    run_on_threads(threads_, control, [&] {
      for (;;) {
        Piece const one = control.stop ? Piece{} : queue.take(1);
        if (one.count == 0) return;
        trajectory(one.first, sink, control);
      }
    });
  }

 private:
  RunPlan plan_;
  u32 threads_ = 1;

  /// Number of ways to pick the reactants, times the constant.
  static double mass_action(Reaction const& reaction, double constant,
                            std::vector<double> const& x) {
    double a = constant;
    for (auto const& reactant : reaction.reactants)
      for (i64 i = 0; i < reactant.count; ++i)
        a *= (x[u32(reactant.species)] - double(i)) / double(i + 1);
    return a;
  }

  void trajectory(u64 number, SampleSink& sink, RunControl& control) const {
    Experiment const& experiment = *plan_.experiment;
    Network const& network = *experiment.network;
    usize const samples = experiment.sample_times.size();
    usize const counters = plan_.counted_reactions.size();
    auto const place = plan_.place_of(number);
    u64 const set = place.set, id = place.id;
    Cells const cells(experiment);
    auto const factors = cells.factors(cells.cell_of(id));
    auto const initial = cells.initial(id, factors);
    std::vector<double> x(initial.begin(), initial.end());
    std::vector<double> fired(counters, 0.0);
    std::vector<double> recorded((x.size() + counters) * samples, 0.0);
    std::vector<double> a(network.reactions.size());
    std::seed_seq seeds{u32(plan_.seed), u32(plan_.seed >> 32), u32(id), u32(id >> 32)};
    std::mt19937_64 generator(seeds);
    auto part_from_sisters = [&] {
      std::seed_seq own{u32(plan_.seed), u32(plan_.seed >> 32), u32(id), u32(id >> 32),
                        place.sister};
      generator.seed(own);
    };
    auto uniform = [&] { return (double(generator() >> 11) + 0.5) * 0x1p-53; };

    TrajectoryEnd end;
    end.id = number;
    double time = experiment.segments[0].start;
    double total = 0;
    usize segment = 0;
    auto fail = [&](TrajectoryStatus status, i32 reaction) {
      end.status = status;
      end.reaction = reaction;
    };
    auto apply = [&](Segment const& s) {
      for (auto const& [species, count] : s.add) {
        x[u32(species)] += double(count);
        if (x[u32(species)] < 0 || x[u32(species)] > largest_count)
          fail(TrajectoryStatus::overflow, -1);
      }
    };
    auto record = [&] {
      for (usize s = 0; s < x.size(); ++s) recorded[s * samples + end.samples] = x[s];
      for (usize c = 0; c < counters; ++c)
        recorded[(x.size() + c) * samples + end.samples] = fired[c];
      ++end.samples;
    };
    auto next_sample = [&] {
      return end.samples < samples ? experiment.sample_times[end.samples] : experiment.t_end;
    };
    auto next_change = [&] {
      return segment + 1 < experiment.segments.size() ? experiment.segments[segment + 1].start
                                                      : std::numeric_limits<double>::infinity();
    };

    ReferenceEvents events(experiment);
    std::vector<double> parameters;
    auto happen = [&](double at) {
      if (auto const failure = events.happen(at, x, parameters))
        fail(TrajectoryStatus::bad_event, event_fault(*failure));
    };
    auto const set_by_events = parameters_of_events(network);
    // Of what events set, the schedule's values hold where it sets them, too.
    auto load_parameters = [&] {
      auto const scheduled = cells.parameters(set, factors, segment);
      auto const& anew = experiment.segments[segment].set;
      for (u32 p = 0; p < parameters.size(); ++p)
        if (!set_by_events[p] || std::find(anew.begin(), anew.end(), ParameterId{p}) != anew.end())
          parameters[p] = scheduled[p];
      if (parameters.empty()) parameters = scheduled;
    };
    // A sample at the time of a change shows the state after it, whatever happens next.
    auto begin_segment = [&] {
      time = experiment.segments[segment].start;
      load_parameters();
      apply(experiment.segments[segment]);
      if (experiment.segments[segment].parts_sisters) part_from_sisters();
      if (events.any() && time >= 0) happen(time);
      while (end.status == TrajectoryStatus::completed && end.samples < samples &&
             next_sample() <= time)
        record();
    };

    // The condition as it was written, from time 0 on.
    auto is_over = [&](double from) {
      Expression const& condition = experiment.stop_when.expression;
      if (experiment.stop_when.empty() || from < 0) return false;
      ExpressionValues values{x, parameters, {}, {}};
      std::vector<double> const rules = evaluate_rules(network, values);
      values.rules = rules;
      return evaluate(condition, values) != 0;
    };

    begin_segment();
    u64 unreported = 0;
    while (end.status == TrajectoryStatus::completed) {
      if (end.events >= plan_.max_events) {
        fail(TrajectoryStatus::budget, -1);
        break;
      }
      if ((++unreported & 1023u) == 0) {
        control.events += 1024;
        if (control.stop) return;
      }
      if (events.any() && events.have_begun()) happen(time);
      if (end.status != TrajectoryStatus::completed) break;
      if (is_over(time)) {
        fail(TrajectoryStatus::stopped, -1);
        break;
      }
      ExpressionValues values{x, parameters, {}, {}};
      std::vector<double> const rules = evaluate_rules(network, values);
      values.rules = rules;
      total = 0;
      for (usize j = 0; j < a.size(); ++j) {
        Reaction const& reaction = network.reactions[j];
        a[j] = evaluate(reaction.rate, values);
        if (reaction.rate_kind == RateKind::mass_action) a[j] = mass_action(reaction, a[j], x);
        for (auto const& reactant : reaction.reactants)
          if (x[u32(reactant.species)] < double(reactant.count)) a[j] = 0;
        if (!(a[j] >= 0) || std::isinf(a[j])) {
          fail(TrajectoryStatus::bad_propensity, i32(j));
          break;
        }
        total += a[j];
      }
      if (end.status != TrajectoryStatus::completed) break;

      double const event = total > 0 ? time - std::log(uniform()) / total : never;
      if (time < 0 && event >= 0 && next_change() > 0 && !events.any() && is_over(0)) {
        while (end.samples < samples && next_sample() <= 0) record();
        time = 0;
        fail(TrajectoryStatus::stopped, -1);
        break;
      }
      double const due = !events.any() ? never : events.have_begun() ? events.next() : 0;
      double const until = std::min(event, next_change());
      while (end.samples < samples && next_sample() < until && next_sample() < due) record();
      if (due <= experiment.t_end && due < until) {
        time = due;
        happen(time);
        while (end.status == TrajectoryStatus::completed && end.samples < samples &&
               next_sample() <= time)
          record();
        continue;
      }
      if (next_change() <= experiment.t_end && next_change() < event) {
        ++segment;
        begin_segment();
        continue;
      }
      if (event >= experiment.t_end) break;
      double target = uniform() * total;
      usize chosen = 0;
      while (chosen + 1 < a.size() && target >= a[chosen]) target -= a[chosen++];
      while (a[chosen] == 0) --chosen;  // rounding carried the target past the last one
      for (auto const& r : network.reactions[chosen].reactants)
        x[u32(r.species)] -= double(r.count);
      for (auto const& p : network.reactions[chosen].products) {
        // Compared before the addition: 2^53 + 1 is 2^53 in double.
        if (x[u32(p.species)] > largest_count - double(p.count)) {
          fail(TrajectoryStatus::overflow, i32(chosen));
        } else {
          x[u32(p.species)] += double(p.count);
        }
      }
      for (usize c = 0; c < counters; ++c)
        if (usize(plan_.counted_reactions[c]) == chosen) ++fired[c];
      time = event;
      ++end.events;
    }
    if (end.status == TrajectoryStatus::completed) {
      while (end.samples < samples) record();
      if (!(total > 0)) end.status = TrajectoryStatus::absorbed;
      end.time = experiment.t_end;
    } else {
      end.time = time;
      for (double count : x) end.state.push_back(i64(count));
    }
    control.events += unreported & 1023u;
    sink.finished(end, recorded);
    ++control.trajectories;
  }
};

}  // namespace

std::unique_ptr<Engine> make_reference_engine(RunPlan const& plan) {
  return std::make_unique<ReferenceEngine>(plan);
}

}  // namespace cristae
