// host/ode/cvode.cpp - segment by segment, sample by sample, by CVODE.
#include <cvode/cvode.h>
#include <fmt/format.h>
#include <nvector/nvector_serial.h>
#include <sundials/sundials_config.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunlinsol/sunlinsol_spgmr.h>
#include <sunmatrix/sunmatrix_dense.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "host/base/error.hpp"
#include "host/engine/event_program.hpp"
#include "host/ode/mean_field.hpp"
#include "host/ode/ode_events.hpp"
#include "host/ode/rate_equations.hpp"

namespace cristae {
namespace {

static_assert(std::is_same_v<sunrealtype, double>);

/// Beyond so many equations their matrix is larger than what it saves.
constexpr usize most_dense = 1000;
constexpr long most_steps = 10'000'000;  ///< from one sample or change to the next
/// Bounds of laws that are met within `shortest` of the run and the time: they are met without end.
constexpr u32 most_at_once = 10'000;
constexpr double shortest = 1e-3;

template <auto destroy>
struct Destroy {
  template <class T>
  void operator()(T* thing) const {
    destroy(thing);
  }
};

// The library's handles are pointers to structs that it names itself.
template <class Handle, auto destroy>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Destroy<destroy>>;

void free_context(SUNContext context) { SUNContext_Free(&context); }
void free_memory(void* memory) { CVodeFree(&memory); }
struct FreeMemory {
  void operator()(void* memory) const { free_memory(memory); }
};

SUNContext new_context() {
  SUNContext context = nullptr;
#if SUNDIALS_VERSION_MAJOR >= 7
  SUNContext_Create(SUN_COMM_NULL, &context);
  if (context != nullptr) SUNContext_ClearErrHandlers(context);
#else
  SUNContext_Create(nullptr, &context);
#endif
  return context;
}

class Integration {
 public:
  Integration(Experiment const& experiment, std::vector<ReactionId> const& counted,
              RunControl& control, OdeTolerances const& tolerances)
      : experiment_(experiment), network_(*experiment.network), control_(control),
        equations_(experiment, counted), events_(experiment), tolerances_(tolerances),
        set_by_events_(parameters_of_events(network_)),
        parameters_(experiment.segments.front().parameters),
        context_(require(new_context(), "a context")),
        y_(require(N_VNew_Serial(static_cast<sunindextype>(equations_.size()), context_.get()),
                   "a vector")),
        memory_(require(CVodeCreate(CV_BDF, context_.get()), "a solver")) {
    made_.samples.resize(equations_.size() * experiment.sample_times.size());
    time_ = experiment.segments.front().start;
    for (usize i = 0; i < equations_.size(); ++i)
      state()[i] = i < equations_.species() ? static_cast<double>(experiment.initial[i]) : 0.0;
    set_up();
  }

  MeanField run() {
    auto const& segments = experiment_.segments;
    for (usize segment = 0; segment < segments.size() && !made_.was_stopped; ++segment) {
      bool const is_last = segment + 1 == segments.size();
      begin(segment);
      double const end = is_last ? experiment_.t_end : segments[segment + 1].start;
      watch();
      check(CVodeReInit(memory_.get(), time_, y_.get()));
      while (sample_ < times().size() &&
             (is_last ? times()[sample_] <= end : times()[sample_] < end)) {
        if (!go_to(times()[sample_], end)) break;
        bool const is_first = sample_ == 0;
        record();
        if (is_first) begin_anew();  // what was counted in a burn-in is gone
      }
      if (!made_.was_stopped && time_ < end) go_to(end, end);
      count_steps();
    }
    return std::move(made_);
  }

 private:
  struct Negative {
    usize reaction;
    double rate;
  };

  Experiment const& experiment_;
  Network const& network_;
  RunControl& control_;
  RateEquations equations_;
  OdeEvents events_;
  OdeTolerances tolerances_;
  std::vector<bool> set_by_events_;
  std::vector<double> parameters_;  ///< in force
  MeanField made_;
  Owned<SUNContext, free_context> context_;
  Owned<N_Vector, N_VDestroy> y_;
  std::unique_ptr<void, FreeMemory> memory_;
  Owned<SUNMatrix, SUNMatDestroy> matrix_;
  Owned<SUNLinearSolver, SUNLinSolFree> solver_;
  double time_ = 0;
  usize sample_ = 0;
  bool has_advanced_ = false;  ///< since steps were counted
  bool was_at_root_ = false;   ///< where it last stopped
  usize watched_ = 0;          ///< bounds
  u32 met_ = 0;                ///< bounds of laws, at once
  double met_at_ = 0;
  std::optional<Negative> negative_;

  template <class T>
  static T* require(T* made, char const* what) {
    if (made == nullptr)
      throw Error(ExitCode::internal, fmt::format("CVODE did not make {}", what));
    return made;
  }

  std::vector<double> const& times() const { return experiment_.sample_times; }
  double* state() { return N_VGetArrayPointer(y_.get()); }
  std::span<double> all() { return {state(), equations_.size()}; }

  static int derivative(sunrealtype, N_Vector y, N_Vector change, void* user) {
    auto& self = *static_cast<Integration*>(user);
    ++self.made_.evaluations;
    if (self.control_.stop) return -1;
    usize const size = self.equations_.size();
    bool const is_good = self.equations_.derivative({N_VGetArrayPointer(y), size},
                                                    {N_VGetArrayPointer(change), size});
    return is_good ? 0 : 1;  // 1: with a smaller step it may be
  }

  /// Bounds of laws, and behind them those of triggers, once events have begun.
  static int differences(sunrealtype time, N_Vector y, sunrealtype* out, void* user) {
    auto& self = *static_cast<Integration*>(user);
    double const* const state = N_VGetArrayPointer(y);
    usize const bounds = self.equations_.bounds();
    if (bounds > 0) self.equations_.distances({state, self.equations_.size()}, {out, bounds});
    if (self.watched_ > bounds)
      self.events_.differences(time, {state, self.equations_.species()}, self.parameters_,
                               {out + bounds, self.events_.roots()});
    return 0;
  }

  /// As tolerances would give them; called with each state that is reached, which no other call is.
  static int weights(N_Vector y, N_Vector out, void* user) {
    auto& self = *static_cast<Integration*>(user);
    double const* const state = N_VGetArrayPointer(y);
    double* const weight = N_VGetArrayPointer(out);
    for (usize i = 0; i < self.equations_.size(); ++i)
      weight[i] = 1 / (self.tolerances_.relative * std::fabs(state[i]) + self.tolerances_.absolute);
    self.negative_ = self.negative_rate({state, self.equations_.size()});
    return self.negative_ ? -1 : 0;
  }

  void set_up() {
    void* const memory = memory_.get();
#if SUNDIALS_VERSION_MAJOR < 7
    check(CVodeSetErrHandlerFn(
        memory, [](int, char const*, char const*, char*, void*) {}, nullptr));
#endif
    check(CVodeInit(memory, &Integration::derivative, time_, y_.get()));
    check(CVodeWFtolerances(memory, &Integration::weights));
    check(CVodeSetUserData(memory, this));
    check(CVodeSetMaxNumSteps(memory, most_steps));
    auto const size = static_cast<sunindextype>(equations_.size());
    bool const is_dense = equations_.size() <= most_dense;
    if (is_dense) {
      matrix_.reset(require(SUNDenseMatrix(size, size, context_.get()), "a matrix"));
      solver_.reset(require(SUNLinSol_Dense(y_.get(), matrix_.get(), context_.get()), "a solver"));
    } else {
      solver_.reset(
          require(SUNLinSol_SPGMR(y_.get(), SUN_PREC_NONE, 30, context_.get()), "a solver"));
    }
    check(CVodeSetLinearSolver(memory, solver_.get(), matrix_.get()));
    made_.solver = fmt::format("{}, BDF with {}, tolerances {:g} and {:g} copies",
                               ode_solver_text(), is_dense ? "a dense matrix" : "GMRES",
                               tolerances_.relative, tolerances_.absolute);
  }

  /// Of calls that cannot fail but by a slip here.
  static void check(int flag) {
    if (flag < 0) throw Error(ExitCode::internal, fmt::format("CVODE returned {}", flag));
  }

  std::string time_text(double time) const {
    return fmt::format("t = {:.6g}{}{}", time, network_.time_unit.empty() ? "" : " ",
                       network_.time_unit);
  }

  void begin(usize segment) {
    auto const& entered = experiment_.segments[segment];
    time_ = entered.start;
    for (auto const& [species, count] : entered.add) {
      double& x = state()[static_cast<u32>(species)];
      x += static_cast<double>(count);
      if (x < 0 && x >= most_off * static_cast<double>(count)) x = 0;
      if (x < 0)
        throw Error(ExitCode::numerical,
                    fmt::format("a change takes {} copies of '{}' at {}", -count,
                                network_.species[static_cast<u32>(species)].id, time_text(time_)),
                    fmt::format("there are {:.6g}", x - static_cast<double>(count)),
                    "Correct the schedule");
    }
    load_parameters(segment);
    equations_.enter(parameters_);
    equations_.settle(all(), RateEquations::Since::change);
    events_.forget_sides();
    if (events_.any() && time_ >= 0) happen({});
    // A sample at the time of a change shows the state after it.
    while (sample_ < times().size() && times()[sample_] <= time_) record();
  }

  /// What events set keeps its value but where the schedule sets it, too.
  void load_parameters(usize segment) {
    auto const& entered = experiment_.segments[segment];
    for (u32 p = 0; p < parameters_.size(); ++p) {
      bool const is_set =
          std::find(entered.set.begin(), entered.set.end(), ParameterId{p}) != entered.set.end();
      if (!set_by_events_[p] || is_set) parameters_[p] = entered.parameters[p];
    }
  }

  /// All bounds there are to meet.
  void watch() {
    usize const bounds = equations_.bounds() + (events_.have_begun() ? events_.roots() : 0);
    if (bounds == watched_) return;
    watched_ = bounds;
    check(CVodeRootInit(memory_.get(), static_cast<int>(bounds), &Integration::differences));
  }

  void begin_anew() {
    count_steps();
    check(CVodeReInit(memory_.get(), time_, y_.get()));
  }

  /// Events at the present time; the integration begins anew where they change anything.
  void happen(std::span<int const> crossed) {
    bool const has_begun = events_.have_begun();
    bool const has_changed =
        events_.happen(time_, {state(), equations_.species()}, parameters_, crossed,
                       [this](std::span<double const> x, std::span<double> change) {
                         std::vector<double> all(equations_.size()), all_change(equations_.size());
                         std::copy(x.begin(), x.end(), all.begin());
                         equations_.settle(all, RateEquations::Since::change);
                         equations_.derivative(all, all_change);
                         std::copy_n(all_change.begin(), change.size(), change.begin());
                       });
    watch();
    if (has_changed) equations_.settle(all(), RateEquations::Since::change);
    if (has_changed || !has_begun || equations_.bounds() > 0) begin_anew();
  }

  /// To `time`, by way of the events before it and at it.
  bool go_to(double time, double end) {
    for (;;) {
      bool const is_first = events_.any() && !events_.have_begun();
      double const due = !events_.any() ? HUGE_VAL : is_first ? 0 : events_.next();
      double const until = std::min(time, due);
      if (until > time_ || !events_.any()) {
        bool is_at_root = false;
        if (!advance(until, std::min(due, end), is_at_root)) return false;
        if (is_at_root) {
          std::vector<int> crossed(watched_);
          check(CVodeGetRootInfo(memory_.get(), crossed.data()));
          meet(crossed);
          continue;
        }
      }
      if (due > time_) return true;
      happen({});
    }
  }

  /// Bounds of laws and triggers at the present time.
  void meet(std::span<int const> crossed) {
    auto const of_laws = crossed.first(equations_.bounds());
    auto const of_triggers = crossed.subspan(equations_.bounds());
    auto const is_met = [](int direction) { return direction != 0; };
    bool const is_of_laws = std::any_of(of_laws.begin(), of_laws.end(), is_met);
    if (is_of_laws) {
      double const once = shortest * std::max(std::fabs(time_), experiment_.t_end);
      if (time_ - met_at_ > once) {
        met_at_ = time_;
        met_ = 0;
      }
      if (equations_.any_comparison(of_laws) && ++met_ > most_at_once)
        fail(fmt::format("rates jump without end at {}", time_text(time_)),
             fmt::format("a bound was met {} times within {:g} of the run", met_, shortest));
    }
    if (is_of_laws) equations_.settle(all(), RateEquations::Since::crossing);
    if (std::any_of(of_triggers.begin(), of_triggers.end(), is_met)) happen(of_triggers);
    if (is_of_laws) begin_anew();
  }

  /// To `time`, without a step beyond `end`, or to a crossing before it. False where it was stopped.
  bool advance(double time, double end, bool& is_at_root) {
    double const least =
        1e-14 * std::max({std::fabs(time_), std::fabs(time), 0.01 * experiment_.t_end});
    if (time - time_ <= least) {  // CVODE needs room for a step
      time_ = time;
      return true;
    }
    // A crossing may have given an event a time that its last step went beyond.
    if (has_advanced_ && end < current_time()) begin_anew();
    check(CVodeSetStopTime(memory_.get(), end));
    has_advanced_ = true;
    double reached = time_;
    int flag = CVode(memory_.get(), time, y_.get(), &reached, CV_NORMAL);
    // It does not go on from a crossing at which the state stays: an event that ends in equilibrium.
    if (flag == CV_ILL_INPUT && was_at_root_) {
      begin_anew();
      has_advanced_ = true;
      flag = CVode(memory_.get(), time, y_.get(), &reached, CV_NORMAL);
    }
    if (negative_) fail(*negative_, current_time());
    if (flag < 0) fail(flag, reached);
    was_at_root_ = is_at_root = flag == CV_ROOT_RETURN;
    if (!made_.was_stopped) time_ = is_at_root ? reached : time;
    return !made_.was_stopped;
  }

  void fail(int flag, double reached) {
    if (control_.stop) {
      made_.was_stopped = true;
      return;
    }
    bool const is_rate = flag == CV_RHSFUNC_FAIL || flag == CV_FIRST_RHSFUNC_ERR ||
                         flag == CV_REPTD_RHSFUNC_ERR || flag == CV_UNREC_RHSFUNC_ERR;
    if (is_rate && equations_.bad_reaction() >= 0)
      throw Error(ExitCode::numerical,
                  fmt::format("the rate of '{}' is not a number soon after {}",
                              network_.reactions[static_cast<usize>(equations_.bad_reaction())].id,
                              time_text(reached)),
                  "the rate equations have no solution beyond it", "Check its law there");
    std::unique_ptr<char, decltype(&std::free)> const name(CVodeGetReturnFlagName(flag),
                                                           &std::free);
    fail(fmt::format("the rate equations cannot be integrated beyond {}", time_text(reached)),
         fmt::format("CVODE: {}", name.get()));
  }

  [[noreturn]] static void fail(std::string what, std::string why) {
    throw Error(ExitCode::numerical, std::move(what), std::move(why),
                "A rate that jumps back and forth, or a copy number without bound, does that: look "
                "at the laws there");
  }

  void record() {
    usize const samples = times().size();
    if (sample_ == 0) std::fill(state() + equations_.species(), state() + equations_.size(), 0.0);
    for (usize i = 0; i < equations_.size(); ++i) made_.samples[i * samples + sample_] = state()[i];
    if (auto const negative = negative_rate(all())) fail(*negative, times()[sample_]);
    ++sample_;
  }

  /// A trajectory would end where a propensity is negative; what rounding leaves is none, nor what makes
  /// less than a thousandth of an event of the run.
  std::optional<Negative> negative_rate(std::span<double const> state) {
    auto const& rates = equations_.rates(state);
    double all = 0;
    for (double const rate : rates) all += std::fabs(rate);
    for (usize j = 0; j < rates.size(); ++j)
      if (rates[j] < -1e-6 * all && rates[j] * experiment_.t_end < -1e-3 &&
          (equations_.bounds() == 0 || equations_.law_as_written(static_cast<u32>(j)) < 0))
        return Negative{j, rates[j]};
    return {};
  }

  [[noreturn]] void fail(Negative const& one, double time) const {
    throw Error(ExitCode::numerical,
                fmt::format("the rate of '{}' is {:.6g} at {}", network_.reactions[one.reaction].id,
                            one.rate, time_text(time)),
                "a propensity is not negative", "Check its law there");
  }

  double current_time() {
    double time = 0;
    check(CVodeGetCurrentTime(memory_.get(), &time));
    return time;
  }

  void count_steps() {
    if (!std::exchange(has_advanced_, false)) return;
    long steps = 0;
    check(CVodeGetNumSteps(memory_.get(), &steps));  // since it began anew
    made_.steps += static_cast<u64>(steps);
  }
};

}  // namespace

bool has_ode_solver() { return true; }
std::string ode_solver_text() { return fmt::format("CVODE {}", SUNDIALS_VERSION); }

MeanField solve_rate_equations(Experiment const& experiment, std::vector<ReactionId> const& counted,
                               RunControl& control, OdeTolerances const& tolerances) {
  return Integration(experiment, counted, control, tolerances).run();
}

}  // namespace cristae
