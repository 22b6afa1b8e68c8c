// host/cli/verify_command.cpp - replays first, then every engine against them, then distributions.
#include "host/cli/verify_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "host/backends/backends.hpp"
#include "host/base/bytes_text.hpp"
#include "host/base/error.hpp"
#include "host/cli/compare_forms.hpp"
#include "host/cli/print.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/run_results.hpp"
#include "host/cli/signals.hpp"
#include "host/engine/law_accuracy.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/machine_memory.hpp"
#include "host/io/network_file.hpp"
#include "host/io/network_library.hpp"
#include "host/run/asked.hpp"
#include "host/run/certify.hpp"
#include "host/run/start_states.hpp"
#include "host/text/table.hpp"

namespace cristae {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char const* yes = "yes";

enum class Grouping : u8 {
  together,       ///< one run of all trajectories
  one_at_a_time,  ///< a run of its own for each
};

/// An engine and how it is used.
struct Form {
  std::string engine{};
  std::string isa{};
  Code code = Code::automatic;
  u32 threads = 0;
  Grouping grouping = Grouping::together;
};

/// What the table says about a form.
struct FormReport {
  std::string form{}, laws{};
  u32 threads = 1;
  u64 trajectories = 0, events = 0;
  std::string hash{};
  double seconds = 0;
  std::string verdict{};
};

u32 all_threads() { return std::max(2u, std::thread::hardware_concurrency()); }

/// The instruction sets that the cpu engine takes here.
std::vector<std::string> isas_here(RunPlan plan) {
  std::vector<std::string> here;
  plan.code = Code::table;
  for (char const* const isa : {"avx512", "avx2", "baseline"}) {
    plan.isa = isa;
    try {
      make_engine("cpu", plan);
      here.emplace_back(isa);
    } catch (Error const& error) {
      if (error.code() != ExitCode::usage) throw;
    }
  }
  return here;
}

std::vector<Form> forms_here(RunPlan const& plan) {
  std::vector<Form> forms;
  for (auto const& isa : isas_here(plan))
    for (Code const code : {Code::table, Code::generated}) {
      for (u32 const threads : {1u, all_threads()}) forms.push_back({"cpu", isa, code, threads});
      forms.push_back({"cpu", isa, code, 1, Grouping::one_at_a_time});
    }
  bool has_cuda = false;
  for (auto const& device : list_devices()) has_cuda |= device.engine == "cuda" && device.usable;
  if (has_cuda) forms.push_back({"cuda"});
  return forms;
}

std::string laws_text(Code code) { return code == Code::generated ? "generated code" : "tables"; }

std::string name_of(Form const& form) {
  auto name = fmt::format("{}{}{}", form.engine, form.isa.empty() ? "" : " ", form.isa);
  if (form.engine == "cpu") name += ", " + laws_text(form.code);
  if (form.grouping == Grouping::one_at_a_time) return name + ", one trajectory at a time";
  if (form.threads > 0)
    name += fmt::format(", {} {}", form.threads, form.threads == 1 ? "thread" : "threads");
  return name;
}

RunPlan plan_for(Form const& form, RunPlan plan) {
  plan.isa = form.isa;
  plan.code = form.code;
  plan.threads = form.threads;
  return plan;
}

/// Runs a plan on a form; fills in the report, if there is one.
void run_form(Form const& form, RunPlan const& whole, SampleSink& sink, RunControl& control,
              FormReport* report) {
  bool const single = form.grouping == Grouping::one_at_a_time;
  for (u64 n = 0; n < (single ? whole.trajectories : 1) && !control.stop; ++n) {
    RunPlan plan = plan_for(form, whole);
    if (single) {
      plan.first += n;
      plan.trajectories = 1;
    }
    auto const engine = make_engine(form.engine, plan);
    auto const start = Clock::now();
    engine->run(sink, control);
    if (report == nullptr) continue;
    report->seconds += std::chrono::duration<double>(Clock::now() - start).count();
    report->threads = engine->threads();
    report->form =
        fmt::format("{} {}{}", engine->name(), engine->isa(), single ? ", one at a time" : "");
    report->laws = engine->code();
  }
}

/// The hash of an ensemble: the recorder of runs, without columns, makes it.
std::string ensemble_hash(RunPlan const& plan, KeptTrajectorySet const& kept) {
  RecorderOptions options;
  options.histogram_times = 0;
  EnsembleRecorder recorder(*plan.experiment, {}, plan.first, plan.trajectories,
                            available_memory_bytes(), options);
  for (auto const& one : kept.trajectories())
    if (one) recorder.finished(one->end, one->samples);
  return hash_text(recorder.summary().contract_hash);
}

class Verification {
 public:
  Verification(VerifyOptions const& options, Network const& network, Experiment const& experiment,
               RunPlan const& plan)
      : options_(options), network_(network), experiment_(experiment), plan_(plan),
        signals_(control_), replays_(plan) {}

  int run() {
    replay_all();
    for (auto const& form : forms_here(plan_))
      if (!control_.stop) compare(form);
    if (!control_.stop) compare_with_reference();
    if (control_.stop) {
      remark(options_.talk, "interrupted: nothing is verified");
      return 128 + received_signal();
    }
    if (options_.talk == Talk::normal) print_text(text());
    if (!findings_.empty()) throw Error(ExitCode::verification, std::move(findings_));
    return 0;
  }

 private:
  /// Under a line of progress.
  FormReport run_all(Form const& form, SampleSink& sink) {
    control_.events = 0;
    control_.trajectories = 0;
    std::optional<Progress> progress;
    if (options_.talk == Talk::normal) progress.emplace(control_, plan_.trajectories, Total::exact);
    FormReport report;
    run_form(form, plan_, sink, control_, &report);
    return report;
  }

  /// What all the others must be, watched event by event.
  void replay_all() {
    MartingaleLaws const laws(experiment_);
    std::vector<FollowedTrajectory> all;
    for (u64 i = 0; i < plan_.trajectories; ++i) all.push_back({plan_.first + i, plan_.max_events});
    FormReport report{"replay", "every event followed", all_threads(), plan_.trajectories};
    auto const start = Clock::now();
    auto const sums = follow(plan_, laws, all, replays_, report.threads, control_);
    report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (control_.stop) return;
    martingales_ = martingale_result(network_, sums);
    hash_ = ensemble_hash(plan_, replays_);
    report.events = replays_.events();
    report.hash = hash_;
    reports_.push_back(std::move(report));
    if (auto finding = martingale_finding(martingales_, certificate_false_alarm_rate))
      findings_.push_back(std::move(*finding));
  }

  void compare(Form const& form) {
    FormReport report;
    FormComparison comparison(replays_, experiment_);
    try {
      report = run_all(form, comparison);
    } catch (Error const& error) {
      // The same plan has just run on tables: what is wrong is that there is no generated code.
      if (form.code != Code::generated || error.code() != ExitCode::usage) throw;
      auto const& first = error.diagnostics().front();
      skipped(form, first.reason.empty() ? first.problem : first.reason);
      return;
    }
    if (control_.stop) return;
    report.trajectories = comparison.trajectories();
    report.events = comparison.events();
    auto const difference = comparison.first_difference();
    report.hash = difference ? "" : hash_;
    report.verdict = difference ? fmt::format("NO: {} wrong", comparison.different()) : yes;
    reports_.push_back(std::move(report));
    if (difference) findings_.push_back(finding(form, comparison, *difference));
  }

  void skipped(Form const& form, std::string const& reason) {
    if (form.grouping == Grouping::one_at_a_time || form.threads != 1) return;  // said once
    skipped_ += fmt::format("not compared: {} {}, {} ({})\n", form.engine, form.isa,
                            laws_text(form.code), reason);
  }

  Diagnostic finding(Form const& form, FormComparison const& comparison,
                     FormDifference const& difference) {
    Diagnostic found;
    found.problem = fmt::format("{}: trajectory {} of seed {} differs from its replay: {}",
                                name_of(form), difference.trajectory, plan_.seed, difference.text);
    RunForm const again = [&form](RunPlan const& plan, SampleSink& sink, RunControl& control) {
      run_form(form, plan, sink, control, nullptr);
    };
    auto const event =
        first_differing_event(plan_, again, difference.trajectory, difference.events, control_);
    found.problem += event ? fmt::format("; the first event that differs is number {}, {}",
                                         event->number, event->text)
                           : std::string("; cut short after any event it ends alike");
    found.reason =
        fmt::format("every form must give the same bits, and {} of {} trajectories differ",
                    comparison.different(), plan_.trajectories);
    found.fix = "Report it with the network file and this line";
    return found;
  }

  void compare_with_reference() {
    KeptTrajectorySet kept(plan_);
    FormReport report = run_all({"reference"}, kept);
    if (control_.stop) return;
    report.laws = "textbook, in double";
    report.trajectories = plan_.trajectories;
    report.events = kept.events();
    report.form = "reference";
    report.verdict = "in distribution";
    reports_.push_back(std::move(report));
    auto const means = compare_means(replays_, kept, experiment_);
    double const bound = mean_bound(means.size(), certificate_false_alarm_rate);
    auto const worst = std::max_element(
        means.begin(), means.end(),
        [](auto const& a, auto const& b) { return std::fabs(a.z) < std::fabs(b.z); });
    if (worst == means.end()) return;
    auto const& id = network_.species[worst->species].id;
    reference_ = fmt::format(
        "reference: another generator and another code, compared in distribution only: means of {} "
        "species at the end, worst |z| {:.1f} ('{}'), allowed {:.1f}{}\n",
        means.size(), std::fabs(worst->z), shortened(id), bound,
        bound * bound > double(plan_.trajectories) ? ", which so few trajectories cannot exceed"
                                                   : "");
    if (std::fabs(worst->z) <= bound) return;
    Diagnostic found;
    found.problem = fmt::format(
        "the mean of '{}' at the end differs from the reference engine's "
        "(z = {:.1f})",
        id, worst->z);
    found.reason = fmt::format("the chance of that is below {:.0e} in {} trajectories",
                               certificate_false_alarm_rate, plan_.trajectories);
    found.fix = "Report it with the network file";
    findings_.push_back(std::move(found));
  }

  std::string text() const {
    TextTable table({Align::left, Align::left, Align::right, Align::right, Align::right,
                     Align::left, Align::right, Align::left});
    table.add({"form", "laws", "threads", "trajectories", "events", "contract hash", "ns per event",
               "equal"});
    usize equal = 0;
    for (auto const& r : reports_) {
      double const nanoseconds = 1e9 * r.seconds * r.threads / double(std::max<u64>(r.events, 1));
      table.add({r.form, r.laws, std::to_string(r.threads), std::to_string(r.trajectories),
                 short_count(double(r.events)), r.hash, fmt::format("{:.3g}", nanoseconds),
                 r.verdict});
      equal += r.verdict == yes;
    }
    auto text = title() + table.text(TextTable::Header::yes) + "(ns per event and core)\n" +
                skipped_ + "\n";
    text += fmt::format(
        "bits: {} of {} forms have every sample, waiting time and event of the replay\n", equal,
        reports_.size() - 2);
    Certificate certificate;
    certificate.reactions = martingales_.reactions;
    certificate.p_value = martingales_.p_value;
    return text + reference_ + propensities_text(certificate);
  }

  std::string title() const {
    auto text = network_.name;
    if (!experiment_.condition.empty()) text += ", condition " + experiment_.condition;
    text += fmt::format(", trajectories {} to {} of seed {}", plan_.first,
                        plan_.first + plan_.trajectories - 1, plan_.seed);
    u64 early = 0;
    for (auto const& one : replays_.trajectories()) early += one && is_failure(one->end.status);
    if (early > 0) text += fmt::format(", {} of which end early", early);
    return text + "\n\n";
  }

  VerifyOptions const& options_;
  Network const& network_;
  Experiment const& experiment_;
  RunPlan plan_;
  RunControl control_;
  SignalGuard signals_;
  KeptTrajectorySet replays_;
  MartingaleResult martingales_;
  std::string hash_, skipped_, reference_;
  std::vector<FormReport> reports_;
  std::vector<Diagnostic> findings_;
};

/// All trajectories of two forms are kept.
void check_memory(RunPlan const& plan) {
  u64 const needed = 2 * KeptTrajectorySet::bytes(plan), available = available_memory_bytes();
  if (needed <= available) return;
  throw Error(
      ExitCode::usage,
      fmt::format("{} needed for every sample of {} trajectories, {} available",
                  bytes_text(double(needed)), plan.trajectories, bytes_text(double(available))),
      "they are compared one by one", "Use fewer --trajectories or fewer --samples");
}

}  // namespace

int verify_command(VerifyOptions const& options) {
  AskedExperiment made(read_network_file(NetworkLibrary::standard().find(options.network)),
                       with_cell_seed(options.request, options.seed));
  Network const& network = made.asked.network;
  Experiment& experiment = made.experiment;
  if (!options.start_from.empty()) start_from_result(experiment, options.start_from, options.seed);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.first = options.first;
  plan.trajectories = options.trajectories;
  plan.seed = options.seed;
  plan.max_events = options.max_events.value_or(plan.max_events);
  check_memory(plan);
  for (auto const& warning : law_accuracy_warnings(plan)) remark(options.talk, to_string(warning));
  return Verification(options, network, experiment, plan).run();
}

}  // namespace cristae
