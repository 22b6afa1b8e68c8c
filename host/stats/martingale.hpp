// host/stats/martingale.hpp - trajectories checked from outside: firings against propensities.
//
// For each reaction j, M_j = R_j - A_j, firings less the time integral of the propensity, has mean
// 0 and variance E A_j, up to any stopping time (Anderson and Kurtz 2011, Continuous time Markov
// chain models for chemical reaction networks). Over trajectories Z_j = sum (R_j - A_j) /
// sqrt(sum A_j) is close to standard normal where A varies little. Nothing here is shared with what
// it checks: states follow from the stoichiometry, propensities come in double from the laws'
// syntax trees.
//
// Chance of a difference. R given A is not Poisson (A depends on what fired), and Z is not normal
// where few trajectories differ much in A, so the p-value is built on what always holds: for any
// g > 0, g^R exp(-(g - 1) A) has mean 1. Averaged over a fixed distribution of g it is still an
// e-value E of mean 1, and P(E >= 1/p) <= p (Ville 1939, Robbins 1970): min(1, 1/E) is a p-value
// at every A, small or large, for any number of trajectories and any way to stop them. g follows
// the mean of six gamma laws: five of mean 1 and standard deviations 1, 0.1, ..., 1e-4, and a wide
// one for firings where A is next to 0. Against the normal law that costs about 1 in Z at Z = 6.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/engine/engine.hpp"

namespace cristae {

/// What no right simulator does, however unlikely.
enum class FaultKind : u8 {
  state,       ///< reported copy numbers are not those that the stoichiometry gives
  impossible,  ///< a reaction fired whose propensity was 0
  propensity,  ///< a propensity was negative, infinite or not a number, and the trajectory went on
  order,       ///< an event is missing in the log, or time went back
};

struct MartingaleFault {
  FaultKind kind;
  u64 trajectory = 0;
  u64 event = 0;  ///< number of the event that shows it, from 1
  double time = 0;
  ReactionId reaction{};
};

/// Sums over trajectories. Added in the order of ids they have equal bits on any number of threads.
struct MartingaleSums {
  std::vector<u64> firings;       ///< by reaction
  std::vector<double> integrals;  ///< by reaction
  u64 trajectories = 0;
  u64 events = 0;
  u64 faults = 0;  ///< trajectories with one; their firings and integrals are left out
  std::optional<MartingaleFault> first_fault;

  MartingaleSums& operator+=(MartingaleSums const& other);
};

/// The laws of an experiment's network as one flat list of steps in double, and which of them each
/// reaction touches. One serves all threads; the experiment must outlive it.
class MartingaleLaws {
 public:
  explicit MartingaleLaws(Experiment const& experiment);

 private:
  friend class MartingaleLog;
  friend class MartingaleCompiler;
  enum class Action : u8;
  /// out = action(a, b, c), all slots; `combinations` and `guard` take c as a number of copies.
  struct Step {
    Action action;
    u32 out, a, b, c;
  };
  struct Change {
    u32 species;
    i64 count;
  };

  static void run(Step const& step, double* slots);

  Experiment const& experiment_;
  std::vector<double> slots_;         ///< species, parameters, numbers, results of steps
  std::vector<Step> constant_steps_;  ///< no species in them: run when a segment starts
  std::vector<Step> steps_;
  std::vector<u32> law_slot_;  ///< by reaction
  std::vector<u32> change_begin_;
  std::vector<Change> changes_;
  std::vector<u8> set_by_events_;  ///< by species
  // What is to be done after reaction j; where that is most of all, all.
  std::vector<u8> touches_all_;
  std::vector<u32> step_begin_, touched_steps_;
  std::vector<u32> law_begin_, touched_laws_;
};

/// Follows replayed trajectories, one after the other: begin, the events of the replay, finish.
class MartingaleLog final : public EventLog {
 public:
  /// At most `max_events` events of each trajectory are followed. (A RunPlan with that max_events
  /// also saves the rest of the replay.)
  explicit MartingaleLog(MartingaleLaws const& laws,
                         u64 max_events = std::numeric_limits<u64>::max());

  void begin(u64 trajectory);
  void event(u64 number, double time, ReactionId reaction, std::span<i64 const> counts) override;
  /// Takes what events have set as it is, but for species that none sets.
  void looked_at_events(double time, std::span<i64 const> counts,
                        std::span<double const> parameters) override;
  /// Adds the trajectory to the sums. One whose replay was interrupted is left out by not calling
  /// this: the wall clock is no stopping time.
  void finish(TrajectoryEnd const& end);

  MartingaleSums const& sums() const { return sums_; }

 private:
  struct Law {
    double value = 0;
    double since = 0;  ///< time up to which `integral` goes
    double integral = 0;
    u64 firings = 0;
  };
  static constexpr u32 none = ~u32{0};

  void enter_segment(usize segment);
  /// Whether a time is before the last one, by more than the clock rounds.
  bool is_early(double time) const;
  void take_parameters(std::span<double const> parameters);
  /// Whether the reaction leads from the present state to `counts`.
  bool leads_to(u32 reaction, std::span<i64 const> counts) const;
  void fire(u32 reaction);
  void update(u32 law);
  void settle(double until);
  void report(FaultKind kind, u64 event, double time, u32 reaction);

  MartingaleLaws const& program_;
  u64 max_events_;
  std::vector<double> slots_;
  std::vector<i64> counts_;
  std::vector<double> factors_;  ///< of the trajectory's cell
  std::vector<Law> laws_;
  u64 trajectory_ = 0;
  u64 followed_ = 0;
  double time_ = 0;
  usize segment_ = 0;
  u32 bad_law_ = none;  ///< one whose propensity is not a finite number >= 0
  bool following_ = false;
  bool faulty_ = false;
  MartingaleSums sums_;
};

struct ReactionMartingale {
  std::string id;
  u64 firings = 0;
  double integral = 0;
  double z = 0;        ///< 0 where the integral is 0
  double p_value = 1;  ///< two-sided, of this reaction alone
};

struct MartingaleResult {
  std::vector<ReactionMartingale> reactions;
  ReactionMartingale total;  ///< all reactions together; no id
  u64 trajectories = 0;
  u64 events = 0;
  u64 faults = 0;
  std::optional<MartingaleFault> first_fault;
  /// Family-wise (Bonferroni over the reactions and the total); 0 where there is a fault.
  double p_value = 1;
};

/// An upper bound of the chance of a difference at least as unlikely as this one.
double martingale_p_value(u64 firings, double integral);

MartingaleResult martingale_result(Network const& network, MartingaleSums const& sums);

/// What to tell the user where the family-wise p-value is below `false_alarm_rate`: exit code
/// `verification`.
std::optional<Diagnostic> martingale_finding(MartingaleResult const& result,
                                             double false_alarm_rate);

}  // namespace cristae
