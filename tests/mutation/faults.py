"""The faults that tests/mutation/run.py plants, and the tests that must see each of them.

Every test here knows the answer from outside of the code with the fault: a closed form, the master
equation, double precision and the C library, the written contract followed by another simulator, an
exact property (stoichiometry, order). Golden hashes see any change and are not listed. The size of a
statistical test comes from its power: it sees 1 % in a rate constant with a chance of 99 %. The
martingales watch a reaction that fires a million times.
"""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Test:
    program: str
    pattern: str

    def __str__(self):
        return f"{self.program} {self.pattern}"


@dataclass(frozen=True)
class Fault:
    name: str
    patches: list  # of (path, old text, new text); the old text must stand there exactly once
    tests: list
    short: bool = False


def statistical(name, engine="cpu"):
    return Test("statistical_test", f"*Engines.{name}/{engine}")


def conformance(name):
    return Test("conformance_test", name)


def core(name):
    return Test("core_test", name)


def stats(name):
    return Test("stats_test", name)


CONTRACT_BLOCK = conformance("Contract.OfTheBlockIsTheWrittenOne")
CONTRACT_ONE_LANE = conformance("Contract.OfTheOneLaneFormIsTheWrittenOne")
# birth_death and vilar
MARTINGALE_OF_DEATH = Test("statistical_test", "Networks/Martingale.*/11")
MARTINGALE_OF_VILAR = Test("statistical_test", "Networks/Martingale.*/15")
CONTRACT_GENERATED = conformance("Contract.OfGeneratedCodeIsTheWrittenOne")
LAWS = conformance("Laws.AreThoseOfTheirTreesAtEveryStateOfABoxAndAtTies")
STOICHIOMETRY = conformance("*Stoichiometry.AndCountedFiringsExplainEverySample/dimerisation:"
                            "*Stoichiometry.AndCountedFiringsExplainEverySample/?")

def event(name, form="*"):
    return Test("engine_test", f"Forms/Events.{name}/{form}")


TWINS = Test("statistical_test", "Twins.OfALinearGeneHaveItsIntrinsicAndExtrinsicNoise")
TWIN = "host/model/twin.cpp"
# What is right comes from the replay of the trajectory that goes on, by its syntax tree in double.
STOP_EVENT = conformance("Networks/Stop.IsTheEventAfterWhichTheConditionFirstHolds/*")
# Of one network: each is compiled for every instruction set, and again where a fault is planted.
STOP_BITS = conformance("Networks/Stop.HasTheSameBitsForEveryInstructionSetCodeAndSize/0")

EVENTS = "host/core/events.hpp"
WAITING_EVENTS = "host/engine/waiting_events.cpp"
TABLES = "host/engine/tables.cpp"
STATE_CONDITION = "host/model/state_condition.cpp"
LAW_GRAPH = "host/model/law_graph.cpp"
REFERENCE = "host/cpu/reference_engine.cpp"
TRAJECTORY = "host/core/trajectory.hpp"
CPU_ENGINE = "host/cpu/cpu_engine.cpp"
CELLS = "host/engine/cells.cpp"
BLOCK = "host/core/block.hpp"
ONE_LANE = "host/core/one_lane.hpp"
CHOOSE = "host/core/choose.hpp"
CLOCK = "host/core/clock.hpp"
PHILOX = "host/core/philox.hpp"
TABLE_LAWS = "host/core/table_laws.hpp"
SOURCE = "host/codegen/network_source.cpp"
MOMENTS = "host/stats/moments.cpp"
HISTOGRAM = "host/stats/histogram.cpp"
ENSEMBLE = "host/stats/ensemble.cpp"

FAULTS = [
    # ---- laws ----
    Fault("rate constants 1 % too large",
          [(TABLES, "rounded[c] = float(exact[c]);", "rounded[c] = float(exact[c] * 1.01);")],
          [statistical("PureDeathIsBinomial"), MARTINGALE_OF_DEATH, CONTRACT_BLOCK, LAWS], short=True),
    Fault("reference: rate constants 1 % too large",
          [(REFERENCE, "double a = constant;", "double a = 1.01 * constant;")],
          [statistical("PureDeathIsBinomial", "reference")]),
    Fault("pairs counted as P P",
          [(LAW_GRAPH, "u32 const factor = i == 0 ? x : add_node",
            "u32 const factor = i >= 0 ? x : add_node")],
          [statistical("DimerisationReachesItsExactStationaryLaw"), LAWS], short=True),
    Fault("reference: pairs counted as P P",
          [(REFERENCE, "a *= (x[u32(reactant.species)] - double(i)) / double(i + 1);",
            "a *= x[u32(reactant.species)] / double(i + 1);")],
          [statistical("DimerisationReachesItsExactStationaryLaw", "reference")]),
    Fault("> read as >=",
          [(LAW_GRAPH, "case NodeKind::greater: return binary(NodeKind::less, LawOp::less,",
            "case NodeKind::greater: return binary(NodeKind::less_equal, LawOp::less_equal,")],
          [LAWS]),
    Fault("< computed as <=",
          [("host/core/program.hpp", "CRISTAE_EACH(CRISTAE_TRUTH(L::lt(CRISTAE_A, CRISTAE_B)));",
            "CRISTAE_EACH(CRISTAE_TRUTH(L::le(CRISTAE_A, CRISTAE_B)));")],
          [LAWS]),
    Fault("total in file order, not by the tree",
          [(TABLE_LAWS, "    bool first = true;\n",
            "    for (int i = 0; i < K; ++i) total[i] = L::load(b.propensities + i * w);\n"
            "    for (u32 j = 1; j < reactions; ++j)\n"
            "      for (int i = 0; i < K; ++i)\n"
            "        total[i] = L::add(total[i], L::load(b.propensities + u64(j) * b.stride + i * w));\n"
            "    if (reactions > 0) return;\n"
            "    bool first = true;\n")],
          [conformance("Total.IsTheSumByTheTreeOfNeighboursInFileOrder"),
           conformance("*Bits.AreEqualAtAwkwardSizesAndSplits/2")]),
    Fault("stale laws in the one-lane form: a species forgotten",
          [(TABLES, "for (u32 c = t_.change_begin_[reaction]; c < t_.change_begin_[reaction + 1]; ++c) {\n"
            "      Readers const& more",
            "for (u32 c = t_.change_begin_[reaction] + 1; c < t_.change_begin_[reaction + 1]; ++c) {\n"
            "      Readers const& more")],
          [CONTRACT_ONE_LANE, MARTINGALE_OF_VILAR, Test("engine_test", "Dependencies.ListAllThatAnEventChanges*"),
           conformance("*Bits.AreEqualAtAwkwardSizesAndSplits/2")],
          short=True),
    Fault("stale laws in the block form: one step in eight",
          [(TABLE_LAWS, "        run_ops<L, K>(program.ops",
            "        if ((b.draw_low[0] & 7u) != 0) run_ops<L, K>(program.ops")],
          [CONTRACT_BLOCK]),

    # ---- generated code ----
    Fault("generated code: two propensities swapped",
          [(SOURCE, '      line("    a[{}] = {};", j, value_of(p_.terms[j]));\n    }\n'
            '    out_ += "  }\\n";\n  }\n\n  /// Copy numbers',
            '      line("    a[{}] = {};", j ^ 1u, value_of(p_.terms[j]));\n    }\n'
            '    out_ += "  }\\n";\n  }\n\n  /// Copy numbers')],
          [CONTRACT_GENERATED]),
    Fault("generated code: total in file order",
          [(SOURCE, 'line("    return {};", sum_of(1));',
            'std::string sum = "a[0]";\n'
            '    for (u32 j = 1; j < p_.reactions; ++j) sum = fmt::format("L::add({}, a[{}])", sum, j);\n'
            '    line("    return {};", sum);')],
          [conformance("Compiled.EveryOperationHasTheHashOfTheTables")]),

    # ---- choice ----
    Fault("choice 2 % towards the first reactions, filter",
          [(CHOOSE, "L::mul(L::to_float(high_word), L::splat(0x1p-32f))",
            "L::mul(L::to_float(high_word), L::splat(0.98f * 0x1p-32f))")],
          [statistical("ImmigrationDeathIsABinomialPlusAPoisson"), CONTRACT_BLOCK], short=True),
    Fault("choice 2 % towards the first reactions, definition",
          [(CHOOSE, "double const threshold = u * total;", "double const threshold = 0.98 * u * total;")],
          [core("Choose.IntervalsHaveTheWidthOfTheirShareOfTheTotal"),
           conformance("Networks/Selection.*/0")]),
    Fault("reference: choice 2 % towards the first reactions",
          [(REFERENCE, "double target = uniform() * total;", "double target = 0.98 * uniform() * total;")],
          [statistical("ImmigrationDeathIsABinomialPlusAPoisson", "reference")]),
    Fault("choice from 24 bits",
          [(CHOOSE, "double(high_word) * 0x1p-32 + double(low_word & 0xfffff800u) * 0x1p-64",
            "double(high_word & 0xffffff00u) * 0x1p-32 + 0.0 * double(low_word)")],
          [core("Choose.IntervalsHaveTheWidthOfTheirShareOfTheTotal"),
           conformance("Networks/Selection.*/6")]),
    Fault("descent decides whatever is near",
          [("host/core/generated_laws.hpp", "open[i] = L::le(nearest, t[i].bound);",
            "open[i] = L::lt(nearest, L::splat(0.0f));")],
          [core("Choose.AtBoundariesAllFormsOfPortableLanesLeaveTheChoiceToTheDefinitionOrAgreeWithIt")]),
    Fault("descent keeps the sums of the other half",
          [(SOURCE, "line(\"    typename L::f32 const c{} = L::select(right{}, {}, {});\", variables, bit,",
            "std::swap(sums[half + i], sums[i]);\n"
            "          line(\"    typename L::f32 const c{} = L::select(right{}, {}, {});\", variables, bit,")],
          [CONTRACT_GENERATED]),
    Fault("choice from 24 bits, filter",
          [(CHOOSE, "L::to_float(high_word)",
            "L::to_float(L::and_bits(high_word, L::splat_bits(0xffffff00u)))")],
          [core("Choose.TheFilterNeverDecidesAgainstTheDefinition")]),

    # ---- time ----
    Fault("waiting times from 24 bits",
          [("host/core/math.hpp", "typename L::u32 const complement = L::xor_bits(word,",
            "word = L::and_bits(word, L::splat_bits(0xffffff00u));\n"
            "  typename L::u32 const complement = L::xor_bits(word,")],
          [core("Math.UnitExponentialKeepsItsRelativeErrorAtTheShortestWaitingTimes")]),
    Fault("float32 clock",
          [(CLOCK, "return {high, L::sub(low, L::sub(high, difference))};",
            "return {high, L::splat(0.0f)};")],
          [core("Clock.KeepsTheMeanWaitingTimeOver1e8EventsWithinOneInterval"),
           Test("statistical_test", "Clock.MillionsOfEventsBetweenTwoSamplesAreAPoissonNumber")]),
    Fault("float32 clock at stops",
          [(CLOCK, "return {high, low - (high - sum)};", "return {high, 0.0f};")],
          [core("Clock.ExtensionKeepsWhatWasLeft")]),
    Fault("an event at a sample time comes before the sample",
          [(TRAJECTORY, "    if (waiting < t.left.high) {", "    if (waiting <= t.left.high) {")],
          [core("Trajectory.AnEventExactlyAtASampleTimeComesAfterTheSample")]),
    Fault("state recorded after the jump, block",
          [(BLOCK, "    while (slow_word != 0) {", "    u64 late_word = 0;\n    while (slow_word != 0) {"),
           (BLOCK, "      if (settle_lane(lane)) fires_word |= u64(1) << lane;",
            "      if (settle_lane(lane)) {\n"
            "        fires_word |= u64(1) << lane;\n"
            "        late_word |= u64(1) << lane;\n"
            "      }"),
           (BLOCK, "    laws.fire();\n",
            "    laws.fire();\n"
            "    for (u32 lane = 0; lane < lanes; ++lane)\n"
            "      if ((late_word >> lane & 1u) != 0 && b.sample[lane] > 0)\n"
            "        host.sample(lane, b.sample[lane] - 1, counts(lane));\n")],
          [statistical("ImmigrationDeathIsABinomialPlusAPoisson"), CONTRACT_BLOCK], short=True),
    Fault("state recorded after the jump, one lane",
          [(ONE_LANE, "      u64 const draw = t.draw;\n",
            "      u64 const draw = t.draw;\n      u32 const sampled = t.sample;\n"),
           (ONE_LANE, "      if constexpr (Host::sees_events) host.event(t, j, counts);\n",
            "      if constexpr (Host::sees_events) host.event(t, j, counts);\n"
            "      if (t.sample > sampled) host.sample(t.sample - 1, counts);\n")],
          [CONTRACT_ONE_LANE]),
    Fault("reference: state recorded after the jump",
          [(REFERENCE, "next_sample() < until && next_sample() < due",
            "next_sample() < time && next_sample() < due")],
          [statistical("ImmigrationDeathIsABinomialPlusAPoisson", "reference")]),
    Fault("schedule applied after the sample",
          [(TRAJECTORY, "    if (actions & stop_samples) {\n", "    if (false) {\n"),
           (TRAJECTORY, "    if (changes) {\n      Settled const applied",
            "    if (actions & stop_samples) {\n"
            "      fold_sample(program, t, counts);\n"
            "      recorder.sample(t, counts);\n"
            "      ++t.sample;\n"
            "    }\n"
            "    if (changes) {\n      Settled const applied")],
          [core("Trajectory.ScheduledChangesApplyBeforeTheSampleOfTheSameTimeAndRedraw"),
           CONTRACT_BLOCK, CONTRACT_ONE_LANE]),
    Fault("the pending event survives a scheduled change",
          [(TRAJECTORY, "      t.left = next;\n      if (actions & stop_parts)",
            "      if (actions & stop_parts)"),
           (TRAJECTORY, "      return redrawn(t, Settled::redraws);\n    }\n    t.left = extend",
            "    }\n    t.left = extend")],
          [CONTRACT_BLOCK, CONTRACT_ONE_LANE]),
    Fault("burn-in a tenth too short",
          [(TABLES, "t_.stop_times_.push_back(-e.burn_in);",
            "t_.stop_times_.push_back(-0.9 * e.burn_in);")],
          [statistical("BurnInStartsFromTheLawThatItLeadsTo"), CONTRACT_BLOCK]),
    Fault("starts from the next row",
          [(CPU_ENGINE, "rows_ ? row : place.id % narrow_.initial_rows",
            "rows_ ? row : (place.id + 1) % narrow_.initial_rows")],
          [conformance("StartStates.AreTakenByTheTrajectoryNumberModuloTheirNumber"), CONTRACT_BLOCK]),

    # ---- cells ----
    Fault("lanes share a row of values",
          [(CPU_ENGINE, "begin = begin_of(place, rows_ ? lane : 0);",
            "begin = begin_of(place, 0);")],
          [conformance("Networks/CellBits.AreThoseOfTheNetworkWithTheCellsValues/*")]),
    Fault("a cell is its trajectory, whatever the replicates",
          [("host/engine/cells.hpp", "return id / experiment_.cells.replicates;", "return id;")],
          [conformance("Networks/CellBits.OfReplicatesShareTheCell/*")]),
    Fault("initial counts of cells are rounded down",
          [(CELLS, "std::floor(exact + uniform(seed_, cell_of(id), name, 1))", "std::floor(exact)")],
          [Test("engine_test", "Cells.ScaleCountsTogetherAndRoundWithoutBias")]),

    # ---- random words ----
    Fault("trajectory i reads the words of i + 1",
          [(PHILOX, "counter.word[2] = id_low;",
            "counter.word[2] = L::add_bits(id_low, L::splat_bits(1u));")],
          [CONTRACT_BLOCK, CONTRACT_ONE_LANE]),
    Fault("trajectories share one stream, a block apart",
          [(PHILOX, "L::or_bits(L::template shift_right<1>(draw_low), L::template shift_left<31>(draw_high));",
            "L::add_bits(id_low, L::or_bits(L::template shift_right<1>(draw_low),\n"
            "                                L::template shift_left<31>(draw_high)));"),
           (PHILOX, "counter.word[2] = id_low;", "counter.word[2] = L::splat_bits(0u);")],
          [statistical("NoTwoTrajectoriesAreEqualAndNeighboursAreUncorrelated"), CONTRACT_BLOCK]),
    Fault("seeds differ in their upper half only",
          [(PHILOX, "low[round] = u32(key) + round * 0x9E3779B9u;",
            "low[round] = round * 0x9E3779B9u;")],
          [Test("statistical_test", "Trajectories.OfOneNumberAreUnrelatedBetweenSeeds"),
           CONTRACT_BLOCK]),
    Fault("waiting time and choice share a word, block",
          [(BLOCK, "b.words + (2 * half + 1) * lanes", "b.words + (2 * half) * lanes")],
          [CONTRACT_BLOCK]),
    Fault("waiting time and choice share a word, one lane",
          [(ONE_LANE, "L::store_bits(choices[half], block.word[2 * half + 1]);",
            "L::store_bits(choices[half], block.word[2 * half]);")],
          [Test("statistical_test", "Traps.WaitingTimeAndChoiceComeFromDifferentRandomNumbers"),
           CONTRACT_ONE_LANE]),

    # ---- stopping ----
    Fault("stop: > is >=",
          [(STATE_CONDITION, "case NodeKind::greater: return at_least(parts, std::floor(bound) + 1, 1);",
            "case NodeKind::greater: return at_least(parts, std::floor(bound), 1);")],
          [Test("model_test", "StateCondition.MeansWhatItsTreeMeans*"), STOP_EVENT]),
    Fault("stop: lanes need one more than the least",
          [(TABLES, "guards{{results.back(), 0}};", "guards{{results.back(), 1}};")],
          [STOP_EVENT, STOP_BITS, statistical("APureDeathStopsHalfwayAtASumOfExponentialTimes")],
          short=True),
    Fault("stop: one event late in single trajectories",
          [(ONE_LANE, "      if (is_over(program, t, counts)) return",
            "      bool const was_over = over;\n      over = is_over(program, t, counts);\n"
            "      if (was_over) return"),
           (ONE_LANE, "    Ahead ahead;\n", "    Ahead ahead;\n    bool over = false;\n")],
          [STOP_BITS]),
    Fault("stop: 'and' is 'or' where it is decided",
          [(TRAJECTORY, "result = step.join == ConditionJoin::all ? both == 3u : both != 0;",
            "result = step.join == ConditionJoin::any ? both == 3u : both != 0;")],
          [STOP_BITS]),
    Fault("stop: looked for during the burn-in",
          [(TRAJECTORY, "t.stop > program.condition.from &&", "t.stop > 0 &&")],
          [conformance("StopDuringABurnIn.IsNotLookedFor")]),
    Fault("stop: never looked for after the burn-in",
          [(TRAJECTORY, "counts.set_constant(condition.watched, 1.0f);", "(void)counts;")],
          [conformance("StopDuringABurnIn.IsNotLookedFor")]),
    Fault("stop: sums of lanes beyond 2^24",
          [(TABLES, "t_.program_.widen_above -= reserve - reserve_;", "(void)reserve;")],
          [conformance("StopWithLargeCounts.IsDecidedInWholeNumbers")]),
    Fault("stop: not at a change at the end",
          [(TRAJECTORY, "      if (is_over_at_stop(program, t, counts)) return Settled::stopped;\n"
            "    if (last)", "      if (false) return Settled::stopped;\n    if (last)")],
          [conformance("StopAtAStop.IsAtTheTimeOfTheChangeAndBehindItsSample")]),
    Fault("reference: looks for the end after every second event only",
          [(REFERENCE, "      if (is_over(time)) {", "      if (end.events % 2 == 1 && is_over(time)) {")],
          [statistical("AnUnlimitedProductReachesItsThresholdAfterAnErlangTime", "reference")]),

    # ---- triggered events ----
    Fault("events: a time is reached one number late",
          [(EVENTS, "if (time > now && (is_equality || ends == (b < 0))) return time;",
            "if (time > now && is_equality) return time;")],
          [event("HappenAtTheirTimeAndBeforeItsSample", "block"),
           statistical("ImmigrationAndDeathStartAnewWhereAnEventResetsThem")]),
    Fault("events: delays are left out",
          [(EVENTS, "due = snapped(now + delay);", "due = now;")],
          [event("ThatAreDelayedHappenLater", "block"),
           statistical("AnEventWithADelayComesThatMuchLater")]),
    Fault("events: none is withdrawn",
          [(EVENTS, "} else if ((e.event[i].flags & event_is_persistent) == 0) {", "} else if (false) {")],
          [event("ThatDoNotPersistAreWithdrawnWithTheirTrigger", "one_lane")]),
    Fault("events: the lowest priority first",
          [(EVENTS, "priority > highest ||", "priority < highest ||")],
          [event("AtOneTimeHappenByPriorityAndElseInTheOrderOfTheFile", "block")]),
    Fault("events: values of the execution throughout",
          [(EVENTS, "if ((triggered.flags & event_keeps_values) == 0) find_values(entry);",
            "find_values(entry);")],
          [event("SetTheValuesOfTheirTriggerOrOfTheirExecution", "block")]),
    Fault("events: a trigger that was false is not noticed",
          [(EVENTS, "words.set_latch(i, holds);", "if (holds) words.set_latch(i, holds);")],
          [event("OfTheStateHappenAtTheReactionThatTriggersThem", "block"),
           event("TriggerAgainOnceTheirTriggerWasFalse", "one_lane")]),
    Fault("events: laws keep their constants",
          [(EVENTS, "    remember_constants();\n", "")],
          [event("ChangeTheRatesOfTheirTrajectory", "block"),
           statistical("AParameterThatAnEventSetsHoldsFromItsTimeOn")]),
    Fault("events: lanes see a threshold one copy late",
          [(EVENTS, "high = in_float(least);", "high = in_float(least + 1);")],
          [event("OfTheStateHappenAtTheReactionThatTriggersThem", "block"),
           conformance("Networks/TriggeredEvents.HaveTheSameBits*/thresholds")], short=True),
    Fault("events: reactions do not touch triggers without thresholds",
          [(TABLES, "t_.event_.touching[change.first];", "change.second == 0;")],
          [event("OfTheStateHappenAtTheReactionThatTriggersThem", "block")]),
    Fault("reference: events keep the order of the file whatever their priority",
          [(WAITING_EVENTS, "(value < highest || (value", "(true || (value")],
          [event("AtOneTimeHappenByPriorityAndElseInTheOrderOfTheFile", "reference")]),

    # ---- state changes and counters ----
    Fault("products counted once each",
          [(TABLES, "for (auto const& p : reaction.products) net[u32(p.species)] += p.count;",
            "for (auto const& p : reaction.products) net[u32(p.species)] += 1;")],
          [STOICHIOMETRY, statistical("DimerisationReachesItsExactStationaryLaw")]),
    Fault("a firing counter counts the next reaction",
          [(TABLES, "if (u32(plan_.counted_reactions[i]) == j)",
            "if (u32(plan_.counted_reactions[i]) == j + 1)")],
          [STOICHIOMETRY]),
    Fault("reference: a firing counter counts the next reaction",
          [(REFERENCE, "if (usize(plan_.counted_reactions[c]) == chosen) ++fired[c];",
            "if (usize(plan_.counted_reactions[c]) == chosen + 1) ++fired[c];")],
          [STOICHIOMETRY]),

    # ---- twins ----
    Fault("the copy of a reaction makes the original",
          [(TWIN, "      copy_side(reaction.products);\n", "")], [TWINS]),
    Fault("the copy of a reaction uses up the original",
          [(TWIN, "      copy_side(reaction.reactants);\n", "")], [TWINS]),

    # ---- statistics ----
    Fault("variance over n",
          [(MOMENTS, "to_double(difference) / (n * (n - 1)) *", "to_double(difference) / (n * n) *")],
          [stats("PointStatistics.AreThoseOfTheTextbook"),
           stats("EnsembleRecorder.AgreesWithPlainSumsOverItsBlocks")]),
    Fault("histogram off by one bin",
          [(ENSEMBLE, "{static_cast<double>(histogram->first()) * width,",
            "{static_cast<double>(histogram->first() + 1) * width,")],
          [stats("EnsembleRecorder.AgreesWithPlainSumsOverItsBlocks")]),
    Fault("order statistics off by one bin",
          [(HISTOGRAM, "found[i] = static_cast<double>(histogram.first() + static_cast<i64>(b)) * width;",
            "found[i] = static_cast<double>(histogram.first() + 1 + static_cast<i64>(b)) * width;")],
          [stats("OrderStatistics.AreExactInUnitBinsAndWithinABinElsewhere")]),
    Fault("quantile rank off by one",
          [(MOMENTS, "ranks[2 * i] = whole + rest / 20;",
            "ranks[2 * i] = std::min(whole + rest / 20 + 1, last);")],
          [stats("PointStatistics.QuantilesAreTypeSevenForEveryNumberOfValues")]),
    Fault("prefix with gaps",
          [(ENSEMBLE, "rows = rows_from(*open->second, next % block_size_, static_cast<usize>(rows_in(index)));",
            "rows = {next % block_size_, next % block_size_ + open->second->done};")],
          [stats("EnsembleRecorder.ReportsAContiguousPrefixOnly"),
           stats("EnsembleRecorder.DropsWhatLiesBehindAGapButNothingBeforeIt")], short=True),
    Fault("covariance over n",
          [(MOMENTS, "/ (n * (n - 1)) * resolution_x", "/ (n * n) * resolution_x")],
          [stats("Covariance.IsExactWithAnySigns")]),
    Fault("a number of a trajectory forgets the times before those at hand",
          [("host/core/reduction.hpp", "|| sample == 0 ||", "|| time == 0 ||")],
          [stats("SampleReduction.KeepsTheNumbersOfSingleTrajectoriesAtAnySplit")]),
]
