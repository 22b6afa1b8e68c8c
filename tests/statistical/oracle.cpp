// tests/statistical/oracle.cpp - scores and chi-square, and the trajectories that they need.
#include "tests/statistical/oracle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace cristae::test {

auto const engines = testing::Values("cpu", "reference");
auto const name_of_engine = [](auto const& info) { return std::string(info.param); };
INSTANTIATE_TEST_SUITE_P(All, Engines, engines, name_of_engine);
INSTANTIATE_TEST_SUITE_P(All, Projections, engines, name_of_engine);

void Projections::SetUp() {
  if (!runs_all(GetParam())) GTEST_SKIP() << "takes minutes on this engine: CRISTAE_LONG=1";
}

namespace {

/// Sum of the bounds of both errors: 1e-8 two-sided to be surprised, 1 % to miss the fault.
constexpr double standard_errors_apart = score_bound + 2.33;

double chi_square_bound(double freedom) {
  double low = freedom, high = freedom + 400 + 20 * std::sqrt(freedom);
  for (int i = 0; i < 100; ++i) {
    double const middle = (low + high) / 2;
    (chi_square_survival(middle, freedom) > false_alarm_rate ? low : high) = middle;
  }
  return high;
}

/// Classes that are counted together, each a run of neighbours; the last one also holds what the
/// law leaves out.
struct Pools {
  std::vector<usize> of_class;
  std::vector<double> probability;
};

Pools pooled(std::vector<double> const& probabilities, double n) {
  Pools pools;
  double const least = std::max(10 / n, 0.005);
  double open = 0, total = 0;
  for (double const p : probabilities) total += p;
  double left = total;
  for (double const p : probabilities) {
    pools.of_class.push_back(pools.probability.size());
    open += p;
    left -= p;
    if (open < least || left < least) continue;
    pools.probability.push_back(open);
    open = 0;
  }
  pools.probability.push_back(open + std::max(0.0, 1 - total));
  return pools;
}

double noncentrality(Pools const& pools, std::vector<double> const& other, double n) {
  std::vector<double> p(pools.probability.size(), 0.0);
  for (usize i = 0; i < other.size(); ++i) p[pools.of_class[i]] += other[i];
  double sum = 0;
  for (usize i = 0; i < p.size(); ++i)
    sum += n * (p[i] - pools.probability[i]) * (p[i] - pools.probability[i]) / pools.probability[i];
  return sum;
}

u64 trajectories_for(DistributionCheck const& check) {
  auto const right = check.law(1), wrong = check.law(planted);
  for (double n = 2000; n < double(check.limit); n *= 1.1) {
    Pools const pools = pooled(right, n);
    double const freedom = double(pools.probability.size()) - 1;
    if (freedom < 1) continue;
    double const away = noncentrality(pools, wrong, n);
    if (freedom + away - 2.33 * std::sqrt(2 * (freedom + 2 * away)) > chi_square_bound(freedom))
      return u64(n);
  }
  ADD_FAILURE() << "a fault of 1 % would need more than " << check.limit << " trajectories";
  return 1000;
}

u64 trajectories_for(MomentCheck const& check, std::vector<double> const& times) {
  double least = double(check.limit);
  for (usize k = check.first_sample; k < times.size(); ++k) {
    Moments const right = check.law(times[k], 1), wrong = check.law(times[k], planted);
    double const root =
        standard_errors_apart * std::sqrt(right.variance) / std::fabs(right.mean - wrong.mean);
    least = std::min(least, root * root);
  }
  EXPECT_LT(least, double(check.limit)) << "a fault of 1 % would need more";
  return u64(std::max(least, 1000.0)) + 1;
}

}  // namespace

std::string text(double value) { return fmt::format("{:.17g}", value); }

Network network_of(std::string const& species, std::string const& parameters,
                   std::string const& reactions, double t_end, double sample_every,
                   std::string const& more) {
  return read_network_text(
      fmt::format("[network]\nname = \"oracle\"\ntime_unit = \"s\"\n[species]\n{}\n"
                  "[parameters]\n{}\n[reactions]\n{}\n[run]\nt_end = {:.17g}\n"
                  "sample_every = {:.17g}\n{}",
                  species, parameters, reactions, t_end, sample_every, more),
      "oracle.toml");
}

double worst_score(Kept const& kept, MomentCheck const& check, std::vector<double> const& times) {
  double largest = 0;
  double const n = double(kept.by_id.size());
  Value const value = copies(check.species, times.size());
  for (usize k = check.first_sample; k < times.size(); ++k) {
    double sum = 0, squares = 0;
    for (auto const& [id, t] : kept.by_id) sum += value(t.samples, k);
    double const mean = sum / n;
    for (auto const& [id, t] : kept.by_id) squares += std::pow(value(t.samples, k) - mean, 2);
    Moments const m = check.law(times[k], 1);
    largest = std::max(largest, std::sqrt(n) * std::fabs(mean - m.mean) / std::sqrt(m.variance));
    if (m.kurtosis == 0) continue;
    double const y =
        std::sqrt(n / 2) * (squares / (n - 1) / m.variance - 1) / std::sqrt((m.kurtosis - 1) / 2);
    largest = std::max(largest, std::fabs(y));
  }
  return largest;
}

Moments moments_of(std::vector<double> const& probabilities) {
  double mean = 0, m2 = 0, m4 = 0;
  for (usize i = 0; i < probabilities.size(); ++i) mean += double(i) * probabilities[i];
  for (usize i = 0; i < probabilities.size(); ++i) {
    m2 += std::pow(double(i) - mean, 2) * probabilities[i];
    m4 += std::pow(double(i) - mean, 4) * probabilities[i];
  }
  return {mean, m2, m4 / (m2 * m2)};
}

bool is_long_form() {
  char const* const value = std::getenv("CRISTAE_LONG");
  return value != nullptr && std::string(value) == "1";
}

bool runs_all(std::string const& engine) { return engine != "reference" || is_long_form(); }

RunOptions ensemble(std::string const& engine, u64 trajectories) {
  RunOptions o;
  o.engine = engine;
  o.trajectories = trajectories;
  o.threads = 0;
  o.seed = 4711;
  return o;
}

Value copies(usize species, usize samples) {
  return [=](std::vector<double> const& s, usize k) { return s[species * samples + k]; };
}

void expect_moments(std::string const& engine, MomentCheck const& check) {
  Network const right = check.network(1), wrong = check.network(planted);
  auto const times = resolve(right, {}).sample_times;
  RunOptions o = ensemble(engine, trajectories_for(check, times));
  o.burn_in = check.burn_in;
  testing::Test::RecordProperty("trajectories", std::to_string(o.trajectories));
  SCOPED_TRACE(std::to_string(o.trajectories) + " trajectories");
  EXPECT_LT(worst_score(run(right, o), check, times), score_bound);
  if (!runs_all(engine)) return;
  EXPECT_GT(worst_score(run(wrong, o), check, times), score_bound) << "the planted fault is missed";
}

void expect_distribution(std::string const& engine, DistributionCheck const& check) {
  RunOptions o = ensemble(engine, trajectories_for(check));
  o.condition = check.condition;
  o.stop_when = check.stop_when;
  testing::Test::RecordProperty("trajectories", std::to_string(o.trajectories));
  SCOPED_TRACE(std::to_string(o.trajectories) + " trajectories");
  auto const law = check.law(1);
  auto const p_value = [&](double factor) {
    std::vector<u64> counts(law.size(), 0);
    for (auto const& [id, t] : run(check.network(factor), o).by_id) {
      usize const observed =
          check.classify_end ? check.classify_end(t.end) : check.classify(t.samples);
      ++counts[std::min(observed, counts.size() - 1)];
    }
    return chi_square_p_value(counts, law);
  };
  EXPECT_GT(p_value(1), false_alarm_rate);
  if (!runs_all(engine)) return;
  EXPECT_LT(p_value(planted), false_alarm_rate) << "the planted fault is missed";
}

double chi_square_survival(double x, double freedom) {
  // Q(a, y): by the series of P where y is small, else by Lentz's continued fraction.
  double const a = freedom / 2, y = x / 2;
  if (y <= 0) return 1;
  double const front = std::exp(a * std::log(y) - y - std::lgamma(a));
  if (y < a + 1) {
    double term = 1 / a, sum = term;
    for (double k = 1; k < 10000 && term > sum * 1e-17; ++k) sum += term *= y / (a + k);
    return std::max(0.0, 1 - front * sum);
  }
  double b = y + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (double k = 1; k < 10000; ++k) {
    double const an = -k * (k - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (std::fabs(d * c - 1) < 1e-15) break;
  }
  return front * h;
}

double chi_square_p_value(std::vector<u64> const& counts,
                          std::vector<double> const& probabilities) {
  double n = 0;
  for (u64 const count : counts) n += double(count);
  Pools const pools = pooled(probabilities, n);
  if (pools.probability.size() < 2) return 1;
  std::vector<double> observed(pools.probability.size(), 0.0);
  for (usize i = 0; i < counts.size(); ++i) observed[pools.of_class[i]] += double(counts[i]);
  double sum = 0;
  for (usize i = 0; i < observed.size(); ++i) {
    double const expected = n * pools.probability[i];
    sum += (observed[i] - expected) * (observed[i] - expected) / expected;
  }
  return chi_square_survival(sum, double(observed.size()) - 1);
}

}  // namespace cristae::test
