// tests/stats/reduction_test.cpp - the passes of a reduction on slabs made by hand, and a recorder that takes sums.
#include "host/engine/reduction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "host/stats/column_program.hpp"
#include "host/stats/ensemble.hpp"
#include "host/stats/feature.hpp"
#include "host/stats/moments.hpp"
#include "tests/support/runs.hpp"

namespace cristae {
namespace {

using core::ColumnSums;
using core::ProductSums;

/// Two species as they are, what else can be: halves, ratios, large products.
struct Columns {
  static void store(float const* x, float const* x_0, double const* k, double const* p, u32 samples,
                    core::ColumnStore const& out) {
    out.count(0, x[0]);
    out.count(1, x[1]);
    out.whole(2, double(x[1]) - double(x_0[1]) - double(x[0]));
    out.real(3, double(x[0]) / double(x[1]), k[0]);
    out.whole(4, double(x[0]) * double(x[0]) * p[0]);
    out.real(5, double(x[0]) * k[1], 0x1p40);
    static_cast<void>(samples);
  }
};
constexpr u32 columns = 6;

struct Slab {
  u32 samples, species = 2, slots;
  std::vector<core::End> ends;
  std::vector<float> counts;
  std::vector<double> constants{4, 0x1p20}, parameters;

  Slab(u32 samples_, u32 slots_)
      : samples(samples_), slots(slots_), ends(slots_), counts(usize{slots_} * samples_ * 2),
        parameters(samples_, 1.0) {
    for (auto& end : ends) end.samples = samples;
  }
  float& at(u32 slot, u32 sample, u32 s) {
    return counts[(usize{slot} * samples + sample) * species + s];
  }
};

struct Sums {
  std::vector<ColumnSums> sums;  ///< [sample][column]
  std::vector<u32> counts;
  std::vector<ProductSums> products;
};

/// As a device does it: `times` at once, by a grid of `threads` for each row.
Sums reduce(Slab const& slab, u32 times, u32 threads) {
  Sums result;
  result.sums.assign(usize{slab.samples} * columns, core::no_sums());
  std::vector<i64> values(usize{times} * columns * slab.slots);
  for (u32 first = 0; first < slab.samples; first += times) {
    core::Reduction r{};
    r.samples = slab.samples;
    r.species = slab.species;
    r.columns = columns;
    r.slots = slab.slots;
    r.first = first;
    r.times = std::min(times, slab.samples - first);
    r.ends = slab.ends.data();
    r.counts = slab.counts.data();
    r.constants = slab.constants.data();
    r.parameters = slab.parameters.data();
    r.values = values.data();
    r.sums = result.sums.data() + usize{first} * columns;
    for (u32 k = 0; k < r.times; ++k)
      for (u32 slot = 0; slot < (slab.slots + 127) / 128 * 128; ++slot)
        core::reduce_values<Columns>(r, slot, k);
    for (u32 row = 0; row < r.times * columns; ++row)
      for (u32 t = 0; t < threads; ++t) core::reduce_sums(r, row, t, threads);

    std::vector<core::BinRow> bins;
    u64 total = 0;
    for (u32 row = 0; row < r.times * columns; ++row) {
      bins.push_back({core::bins_of(r.sums[row].min, r.sums[row].max), row, total});
      total += bins.back().bins.count;
    }
    std::vector<u32> counts(total);
    r.bins = bins.data();
    r.bin_counts = counts.data();
    for (u32 row = 0; row < bins.size(); ++row)
      for (u32 t = 0; t < threads; ++t) core::reduce_counts(r, row, t, threads);
    result.counts.insert(result.counts.end(), counts.begin(), counts.end());

    std::vector<u32> all(r.times);
    std::iota(all.begin(), all.end(), 0u);
    std::vector<ProductSums> products(usize{r.times} * columns * (columns + 1) / 2);
    r.product_times = all.data();
    r.products = products.data();
    for (u32 i = 0; i < products.size(); ++i)
      for (u32 t = 0; t < threads; ++t) core::reduce_products(r, i, t, threads);
    result.products.insert(result.products.end(), products.begin(), products.end());
  }
  return result;
}

/// The same by definition, one column at one sample.
struct Plain {
  Moments moments;
  Histogram histogram;
};
std::vector<i64> values_of(Slab const& slab, u32 sample, u32 column) {
  std::vector<i64> values;
  for (u32 slot = 0; slot < slab.slots; ++slot) {
    if (sample >= slab.ends[slot].samples) continue;
    auto const at = [&](u32 k, u32 s) {
      return double(slab.counts[(usize{slot} * slab.samples + k) * 2 + s]);
    };
    double const x = at(sample, 0), y = at(sample, 1);
    double const all[] = {x,
                          y,
                          y - at(0, 1) - x,
                          std::nearbyint(x / y * 4),
                          x * x,
                          std::nearbyint(x * 0x1p20 * 0x1p40)};
    double const largest = column == 3 || column == 5 ? 0x1p62 : 0x1p53;
    values.push_back(std::fabs(all[column]) <= largest ? i64(all[column]) : core::undefined_value);
  }
  return values;
}
Plain plain(std::vector<i64> const& values) {
  Plain p;
  for (i64 const x : values) {
    ++p.moments.n;
    if (x == core::undefined_value) {
      ++p.moments.undefined;
      continue;
    }
    p.moments.sum += x;
    auto const m = static_cast<u128>(x < 0 ? -static_cast<i128>(x) : static_cast<i128>(x));
    p.moments.squares += U256(m * m);
    p.moments.min = std::min(p.moments.min, x);
    p.moments.max = std::max(p.moments.max, x);
    p.histogram.cover(x, x);
    p.histogram.add(x);
  }
  return p;
}

void expect_plain(Slab const& slab, Sums const& got) {
  usize next = 0, pair = 0;
  for (u32 sample = 0; sample < slab.samples; ++sample) {
    for (u32 c = 0; c < columns; ++c) {
      SCOPED_TRACE(testing::Message() << "sample " << sample << " column " << c);
      auto const expected = plain(values_of(slab, sample, c));
      Moments m;
      auto const& sums = got.sums[usize{sample} * columns + c];
      m.merge(sums);
      EXPECT_EQ(m.n, expected.moments.n);
      EXPECT_EQ(m.undefined, expected.moments.undefined);
      EXPECT_TRUE(m.sum == expected.moments.sum);
      EXPECT_EQ(m.squares, expected.moments.squares);
      EXPECT_EQ(m.min, expected.moments.min);
      EXPECT_EQ(m.max, expected.moments.max);
      usize const bins = core::bins_of(sums.min, sums.max).count;
      Histogram histogram;
      if (bins > 0) histogram.merge(sums.min, sums.max, {got.counts.data() + next, bins});
      next += bins;
      EXPECT_EQ(histogram.counts(), expected.histogram.counts());
      EXPECT_EQ(histogram.shift(), expected.histogram.shift());
      EXPECT_EQ(histogram.first(), expected.histogram.first());
    }
    for (u32 i = 0; i < columns; ++i)
      for (u32 j = 0; j <= i; ++j) {
        auto const x = values_of(slab, sample, i), y = values_of(slab, sample, j);
        ProductSum expected, products;
        for (usize n = 0; n < x.size(); ++n)
          if (x[n] != core::undefined_value && y[n] != core::undefined_value)
            expected.add(static_cast<i128>(x[n]) * y[n]);
        products.add(got.products[pair++]);
        EXPECT_EQ(products.value, expected.value) << i << " " << j;
      }
  }
  EXPECT_EQ(next, got.counts.size());
}

Slab random_slab(u32 samples, u32 slots, float largest, u64 seed) {
  std::mt19937_64 draw(seed);
  Slab slab(samples, slots);
  for (auto& x : slab.counts) x = std::floor(largest * float(draw() % 4096) / 4095);
  return slab;
}

TEST(SampleReduction, HasTheSumsOfTheDefinitionAtAnySplit) {
  auto slab = random_slab(3, 131, 0x1p24f, 1);
  slab.ends[0].samples = 0;
  slab.ends[130].samples = 2;
  for (u32 const times : {1u, 2u, 3u, 8u})
    for (u32 const threads : {1u, 7u, 128u, 256u}) expect_plain(slab, reduce(slab, times, threads));
}

/// As a device does it, `times` at once.
std::vector<double> keep(Slab const& slab, std::vector<core::KeptNumber> const& kept, u32 times,
                         std::vector<float>& last) {
  std::vector<double> numbers(kept.size() * slab.slots);
  std::vector<i64> values(usize{times} * columns * slab.slots);
  std::vector<ColumnSums> sums(usize{times} * columns, core::no_sums());
  last.resize(usize{slab.slots} * slab.species);
  core::Reduction r{};
  r.samples = slab.samples;
  r.species = slab.species;
  r.columns = columns;
  r.slots = slab.slots;
  r.ends = slab.ends.data();
  r.counts = slab.counts.data();
  r.constants = slab.constants.data();
  r.parameters = slab.parameters.data();
  r.values = values.data();
  r.sums = sums.data();
  r.kept = kept.data();
  r.kept_count = static_cast<u32>(kept.size());
  r.kept_values = numbers.data();
  r.last_counts = last.data();
  u32 const threads = (slab.slots + 127) / 128 * 128;
  for (; r.first < slab.samples; r.first += r.times) {
    r.times = std::min(times, slab.samples - r.first);
    for (u32 slot = 0; slot < threads; ++slot) {
      for (u32 k = 0; k < r.times; ++k) core::reduce_values<Columns>(r, slot, k);
      for (u32 i = 0; i < kept.size(); ++i) core::reduce_kept(r, i, slot);
    }
  }
  for (u32 slot = 0; slot < threads; ++slot)
    for (u32 s = 0; s < slab.species; ++s) core::copy_last_counts(r, slot, s);
  return numbers;
}

TEST(SampleReduction, KeepsTheNumbersOfSingleTrajectoriesAtAnySplit) {
  using core::KeptNumber;
  u32 const samples = 5, slots = 131;
  auto slab = random_slab(samples, slots, 0x1p24f, 2);
  slab.ends[0].samples = 0;
  slab.ends[130].samples = 4;
  slab.at(7, 2, 1) = 0;  // x / 0
  std::vector<KeptNumber> kept;
  for (u32 c = 0; c < columns; ++c) {
    for (auto const kind : {KeptNumber::minimum, KeptNumber::maximum, KeptNumber::sum})
      kept.push_back({kind, c, 0});
    for (u32 k = 0; k < samples; ++k) kept.push_back({KeptNumber::at, c, k});
  }
  std::vector<float> last;
  auto const whole = keep(slab, kept, samples, last);
  usize undefined = 0;
  for (usize i = 0; i < kept.size(); ++i)
    for (u32 slot = 0; slot < slots; ++slot) {
      // Host's features of the values by definition, of a slab of this slot alone.
      Slab one(samples, 1);
      one.ends[0] = slab.ends[slot];
      std::copy_n(slab.counts.begin() + std::ptrdiff_t(slot) * samples * 2, samples * 2,
                  one.counts.begin());
      std::vector<double> row(samples, std::numeric_limits<double>::quiet_NaN());
      for (u32 k = 0; k < one.ends[0].samples; ++k) {
        i64 const x = values_of(one, k, kept[i].column).front();
        if (x != core::undefined_value) row[k] = double(x);
      }
      Feature feature;
      feature.kind = kept[i].kind == KeptNumber::at        ? FeatureKind::at
                     : kept[i].kind == KeptNumber::minimum ? FeatureKind::minimum
                     : kept[i].kind == KeptNumber::maximum ? FeatureKind::maximum
                                                           : FeatureKind::mean;
      feature.time = kept[i].sample;
      double const expected = evaluate(feature, row, samples);
      double const scale = kept[i].kind == KeptNumber::sum ? samples : 1;
      double const got = whole[i * slots + slot] / scale;
      EXPECT_TRUE(got == expected || (std::isnan(got) && std::isnan(expected)))
          << i << " of slot " << slot << ": " << got << ", not " << expected;
      undefined += std::isnan(expected);
    }
  EXPECT_GT(undefined, kept.size());
  EXPECT_LT(undefined, kept.size() * slots / 2);
  for (u32 slot = 1; slot < slots; ++slot)
    for (u32 s = 0; s < 2; ++s) EXPECT_EQ(last[slot * 2 + s], slab.at(slot, samples - 1, s));
  for (u32 const times : {1u, 2u, 4u}) {
    auto const split = keep(slab, kept, times, last);
    EXPECT_TRUE(std::equal(whole.begin(), whole.end(), split.begin(), [](double a, double b) {
      return std::bit_cast<u64>(a) == std::bit_cast<u64>(b);
    })) << times;
  }
}

TEST(SampleReduction, HoldsTheLargestCountsOfAll) {
  Slab slab(1, 300);
  std::fill(slab.counts.begin(), slab.counts.end(), 0x1p24f);
  auto const got = reduce(slab, 1, 64);
  expect_plain(slab, got);
  Moments m;
  m.merge(got.sums[0]);
  EXPECT_EQ(m.squares, U256(u128{300} << 48));
  EXPECT_EQ(got.counts[0], 300u);
}

TEST(SampleReduction, HasNothingWhereNobodyGot) {
  Slab slab(2, 5);
  for (auto& end : slab.ends) end.samples = 1;
  auto const got = reduce(slab, 2, 3);
  expect_plain(slab, got);
  EXPECT_EQ(got.sums[columns].n, 0u);
  EXPECT_EQ(core::bins_of(got.sums[columns].min, got.sums[columns].max).count, 0u);
}

TEST(SampleReduction, CountsWhatHasNoValueButSumsItNowhere) {
  Slab slab(1, 3);
  slab.at(0, 0, 0) = 6;  // 6 / 0
  slab.at(1, 0, 1) = 5;  // 0 / 5; 0 / 0 in the third
  auto const got = reduce(slab, 1, 1);
  expect_plain(slab, got);
  EXPECT_EQ(got.sums[3].n, 3u);
  EXPECT_EQ(got.sums[3].undefined, 2u);
  EXPECT_EQ(got.sums[3].max, 0);
}

TEST(SampleReduction, MarksValuesThatTheirResolutionIsTooCoarseFor) {
  Slab slab(1, 2);
  slab.at(0, 0, 1) = slab.at(1, 0, 1) = 1;
  slab.at(0, 0, 0) = 256;                               // 1024 quarters
  EXPECT_EQ(reduce(slab, 1, 1).sums[3].has_small, 0u);  // and 0 loses nothing
  slab.at(1, 0, 0) = 255;
  EXPECT_EQ(reduce(slab, 1, 1).sums[3].has_small, 1u);
  EXPECT_EQ(reduce(slab, 1, 1).sums[0].has_small, 0u);
}

TEST(SampleReduction, PutsValuesIntoBinsByTheirRange) {
  auto const same = [](i64 low, i64 high) {
    Histogram h;
    h.cover(low, high);
    auto const bins = core::bins_of(low, high);
    EXPECT_EQ(bins.first, h.first());
    EXPECT_EQ(bins.shift, h.shift());
    EXPECT_EQ(bins.count, h.counts().size());
  };
  for (i64 const low : {i64{-1} << 62, i64{-4097}, i64{-1}, i64{0}, i64{3}, i64{1023}})
    for (i64 const range : {0, 1, 1022, 1023, 1024, 1025, 2047, 2048, 1 << 24})
      same(low, low + range);
  same(-(i64{1} << 62), i64{1} << 62);
}

/// A run of birth_death on the CPU: every trajectory, to be handed to recorders in many ways.
struct Recorded {
  Network network = test::bundled("birth_death");
  Experiment experiment;
  test::Kept kept;

  Recorded() {
    test::RunOptions options;
    options.trajectories = 1100;
    options.first = 7;
    options.t_end = 4;
    options.sample_every = 1;
    options.max_events = 90;
    kept = test::run(network, options);
    ExperimentRequest request;
    request.t_end = 4;
    request.sample_every = 1;
    experiment = resolve(network, request);
  }

  std::unique_ptr<EnsembleRecorder> recorder(u64 trajectories = 1100) const {
    RecorderOptions options;
    options.covariance = true;
    options.histogram_times = 3;
    return std::make_unique<EnsembleRecorder>(experiment, choose_columns(network, {"X"}), 7,
                                              trajectories, u64{1} << 40, options);
  }
  void singly(EnsembleRecorder& to, u64 first, u64 count) const {
    for (u64 id = first; id < first + count; ++id)
      to.finished(kept.by_id.at(id).end, kept.by_id.at(id).samples);
  }
  /// What an engine would compute: by the definition.
  void summed(EnsembleRecorder& to, u64 first, u64 count) const {
    std::vector<TrajectoryEnd> ends;
    std::vector<ColumnSums> sums;
    std::vector<u32> counts;
    std::vector<ProductSums> products;
    for (u64 id = first; id < first + count; ++id) ends.push_back(kept.by_id.at(id).end);
    for (u32 k = 0; k < 5; ++k) {
      ColumnSums s = core::no_sums();
      std::vector<i64> values;
      for (auto const& end : ends)
        if (k < end.samples) values.push_back(i64(kept.by_id.at(end.id).samples[k]));
      for (i64 const x : values) {
        ++s.n;
        s.sum[0] += u64(x);
        s.squares[0] += u64(x * x);
        s.min = std::min(s.min, x);
        s.max = std::max(s.max, x);
      }
      sums.push_back(s);
      if (k % 2 != 0) continue;  // 0, 2, 4 have histograms
      auto const bins = core::bins_of(s.min, s.max);
      usize const at = counts.size();
      counts.resize(at + bins.count);
      for (i64 const x : values) ++counts[at + usize((x >> bins.shift) - bins.first)];
      products.push_back({{s.squares[0], 0, 0, 0}});
    }
    to.reduction()->reduced({first, ends, sums, counts, products, {}, {}, {}});
  }
};

void expect_same(EnsembleSummary const& a, EnsembleSummary const& b) {
  EXPECT_EQ(a.trajectories, b.trajectories);
  EXPECT_EQ(a.statistics_hash, b.statistics_hash);
  EXPECT_EQ(a.contract_hash, b.contract_hash);
  EXPECT_EQ(a.events, b.events);
  EXPECT_EQ(a.statuses, b.statuses);
  EXPECT_EQ(a.covariance, b.covariance);
}

TEST(EnsembleRecorder, TakesSumsAndTrajectoriesInAnyOrder) {
  Recorded const run;
  auto const expected = run.recorder();
  run.singly(*expected, 7, 1100);
  EXPECT_GT(expected->summary().count(TrajectoryStatus::budget), 0u);

  auto const forwards = run.recorder();
  run.summed(*forwards, 7, 512);
  run.singly(*forwards, 519, 300);  // block 2, and some of block 3
  run.singly(*forwards, 819, 212);
  run.summed(*forwards, 1031, 76);  // the last, which is not full
  expect_same(forwards->summary(), expected->summary());

  auto const backwards = run.recorder();
  run.summed(*backwards, 775, 332);
  EXPECT_EQ(backwards->summary().trajectories, 0u);
  run.singly(*backwards, 7, 256);
  EXPECT_EQ(backwards->summary(EnsembleRecorder::LastBlock::kept).trajectories, 256u);
  run.summed(*backwards, 263, 512);
  expect_same(backwards->summary(), expected->summary());
}

TEST(EnsembleRecorder, ReportsThePrefixOfSums) {
  Recorded const run;
  auto const expected = run.recorder(1100);
  run.singly(*expected, 7, 300);
  auto const to = run.recorder(1100);
  run.summed(*to, 7, 256);
  run.singly(*to, 263, 44);
  run.summed(*to, 519, 256);  // behind a gap
  expect_same(to->summary(), expected->summary());
}

TEST(EnsembleRecorder, TakesWholeBlocksOnly) {
  Recorded const run;
  auto const to = run.recorder();
  auto const part = [&](u64 first, u64 count) {
    auto const piece = to->reduction()->reducible({first, count});
    return std::pair(piece.count == 0 ? 0 : piece.first, piece.count);
  };
  using Part = std::pair<u64, u64>;
  EXPECT_EQ(part(7, 1100), Part(7, 1100));
  EXPECT_EQ(part(7, 255), Part(0, 0));
  EXPECT_EQ(part(7, 257), Part(7, 256));
  EXPECT_EQ(part(8, 511), Part(263, 256));
  EXPECT_EQ(part(8, 510), Part(0, 0));
  EXPECT_EQ(part(1000, 107), Part(1031, 76));
  EXPECT_EQ(part(1032, 75), Part(0, 0));
  EXPECT_THROW(run.summed(*to, 8, 256), std::logic_error);
}

TEST(EnsembleRecorder, WantsEveryTrajectoryWhereSomethingIsKeptOfEach) {
  struct None final : BlockSink {
    void block(FinishedBlock const&) override {}
  } none;
  Recorded const run;
  RecorderOptions options;
  EnsembleRecorder without(run.experiment, choose_columns(run.network, {}), 0, 10, u64{1} << 40,
                           options);
  EXPECT_NE(without.reduction(), nullptr);
  options.blocks = &none;
  EnsembleRecorder with(run.experiment, choose_columns(run.network, {}), 0, 10, u64{1} << 40,
                        options);
  EXPECT_EQ(with.reduction(), nullptr);
}

TEST(ColumnProgram, IsWrittenForOtherCompilers) {
  Network const network = read_network_text(R"toml(
[network]
name = "columns"
time_unit = "s"
[parameters]
q = { value = 0.5, unit = "1" }
r = { value = 3, unit = "1" }
[species]
A = { initial = 1 }
B = { initial = 1 }
[reactions]
made = { equation = "0 -> A", mass_action = "1" }
[observables]
total = "A + 2 * B"
ratio = { expression = "q * A / r", resolution = 0.25 }
made = "count(made)"
[conditions.c]
at = [ { time = 1, set = { q = 2 } } ]
[run]
t_end = 2
sample_every = 1
)toml",
                                            "columns.toml");
  ExperimentRequest request;
  request.condition = "c";
  Experiment const experiment = resolve(network, request);
  auto const columns = choose_columns(network, {"total", "ratio", "made", "B"});
  auto const counted = counted_reactions(network, columns);
  ColumnProgram const program(experiment, columns, counted);
  ReductionRequest made;
  program.write(made);
  auto const values = program.values(units_of(experiment, columns));
  EXPECT_EQ(made.column_count, 4u);
  EXPECT_EQ(made.constants, 5u);
  EXPECT_EQ(made.parameters, 1u);
  EXPECT_EQ(made.cell_values, 0u);
  EXPECT_EQ(values.constants, (std::vector<double>{2, 3, 0, 4, 0}));
  EXPECT_EQ(values.parameters, (std::vector<double>{0.5, 2, 2}));
  EXPECT_EQ(made.columns,
            "// Written by Cristae: the columns of a run.\n"
            "struct Columns {\n"
            "  using M = cristae::core::ColumnMath;\n"
            "  static CRISTAE_CORE void store(float const* x, float const* x_0, double const* k,\n"
            "                                 double const* p, cristae::core::u32 samples,\n"
            "                                 cristae::core::ColumnStore const& out) {\n"
            "    double const v0 = double(x[0]);\n"
            "    double const v1 = k[0];\n"
            "    double const v2 = double(x[1]);\n"
            "    double const v3 = v1 * v2;\n"
            "    double const v4 = v0 + v3;\n"
            "    double const v5 = p[cristae::core::u64(0) * samples];\n"
            "    double const v6 = double(x[0]);\n"
            "    double const v7 = v5 * v6;\n"
            "    double const v8 = k[1];\n"
            "    double const v9 = v7 / v8;\n"
            "    double const v10 = double(x[2]) - double(x_0[2]);\n"
            "    double const v11 = double(x[1]);\n"
            "    k[2] > 0 ? out.real(0, v4, k[2]) : out.whole(0, v4);\n"
            "    k[3] > 0 ? out.real(1, v9, k[3]) : out.whole(1, v9);\n"
            "    k[4] > 0 ? out.real(2, v10, k[4]) : out.whole(2, v10);\n"
            "    out.count(3, x[1]);\n"
            "  }\n"
            "};\n");
}

}  // namespace
}  // namespace cristae
