"""Claims: statistics against hand-made courses, verdicts with planted faults, the command line."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest

import cristae
from cristae.claims import Experiment, Settings, _robust, check, read_claims
from cristae.claims._ensemble import Ensembles
from cristae.claims._expression import Array, Mistake, Sides, parse
from cristae.claims._robust import (
    assumed_constants,
    check_robustness,
    code_for_set,
    drawn,
    merged,
    rank_correlation,
    ranks,
    state_at_rest,
)
from cristae.claims._verdict import judge, resampling
from cristae.claims.command import main

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "docs" / "claims" / "verdicts.json"
ROBUST = sorted((ROOT / "docs" / "claims").glob("robustness*.json"))

NETWORK = """[network]
name = "toy"
time_unit = "h"
[run]
t_end = 20
sample_every = 1
[parameters]
make = { value = 20, unit = "count/h", grade = "assumed", source = "a guess" }
lose = { value = 1, unit = "1/h", grade = "assumed", source = "a guess" }
idle = { value = 3, unit = "1", grade = "assumed", source = "a guess", bounds = [1, 12] }
drug = { value = 1, unit = "1", grade = "assumed", source = "experimental input (2: on)" }
[species]
A = 20
B = { initial = 5, unit = "count" }
[reactions]
make = { equation = "0 -> A", rate = "make * drug * hill(B + 1, 2, idle)" }
lose = { equation = "A -> 0", mass_action = "lose" }
[conditions.basal]
label = "rest"
[conditions.on]
label = "drug"
set = { drug = 2 }
[conditions.none]
label = "without A"
initial = { A = 0 }
"""
CLAIM = """
[claims.{id}]
statement = "{id}"
source = "the test"
kind = "direct"
tier = "core"
"""


def direction(id: str, perturbation: str, expected: str, more: str = "") -> str:
    return (
        CLAIM.format(id=id)
        + f'perturbation = {perturbation}\ncontrol = "basal"\nobservable = "A"\n'
        + f'statistic = "end"\nexpected = "{expected}"\n{more}\n'
    )


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A folder of a network and claims about it: two that hold, one that does not."""
    (tmp_path / "network.toml").write_text(NETWORK, encoding="utf-8")
    text = direction("UP", '"on"', "up", "strength = 1.5")
    text += direction("SAME", '{ condition = "basal", set = { drug = 1.001 } }', "unchanged")
    text += direction("WRONG", '"on"', "down")
    (tmp_path / "claims.toml").write_text(text, encoding="utf-8")
    return tmp_path


def sides(
    courses: Mapping[str, Array], control: Optional[Mapping[str, Array]] = None, seed: int = 1
) -> Sides:
    first = next(iter(courses.values()))
    times = np.arange(first.shape[1], dtype=np.float64)
    return Sides(times, courses, control, resampling(len(first), seed))


def value(text: str, **courses: list[list[float]]) -> float:
    arrays = {name: np.array(rows, dtype=np.float64) for name, rows in courses.items()}
    expression = parse(text, list(arrays), [], has_control=False, is_relation=False)
    return float(expression.estimate(sides(arrays))[0])


def test_statistics_are_those_of_the_documentation() -> None:
    a = [[0.0, 4.0, 2.0], [0.0, 2.0, 6.0]]  # mean 0, 3, 4
    assert value("start(a)", a=a) == 0
    assert value("end(a)", a=a) == 4
    assert value("max(a)", a=a) == 4  # of the mean
    assert value("mean_of(max(a))", a=a) == 5  # mean of maxima
    assert value("min(a)", a=a) == 0
    assert value("mean(a)", a=a) == pytest.approx(7 / 3)
    assert value("t50(a)", a=a) == pytest.approx(2 / 3)
    assert value("time_of_max(a)", a=a) == 2
    assert value("peak_over_end(a)", a=a) == 1
    assert value("at(a, 1)", a=a) == 3
    assert value("max_after(a, 1)", a=a) == 4
    assert value("fraction(max(a) > 4)", a=a) == 0.5
    assert value("fraction(max(a) > 3 and end(a) < 3)", a=a) == 0.5
    assert value("sd_of(end(a))", a=a) == 2
    assert value("max(max(a, 3))", a=a) == 4.5
    assert value("2 * end(a) / max(a) - 1", a=a) == 1
    assert math.isnan(value("t50(a)", a=[[3.0, 2.0, 1.0]]))


def test_mistakes_of_expressions_have_their_place() -> None:
    wrong = {
        "end(CHOPP) > 1": ("'CHOPP' is neither an observable nor a species", 4),
        "CHOP > 1": ("'CHOP' stands without a statistic", 0),
        "end(CHOP)": ("a comparison is needed", 0),
        "end(CHOP) > control(end(CHOP))": ("there is no control", 12),
        "end(max(CHOP)) > 1": ("'max(CHOP)' is a statistic in a course", 4),
        "end(CHOP) > 1 or end(CHOP) < 0": ("'or' stands in a relation", 0),
        "at(CHOP, 2.5) > 1": ("2.5 is no sample time", 9),
        "end(CHOP).real > 1": ("'end(CHOP).real' cannot stand here", 0),
        "__import__('os') > 1": ("'__import__' is no function", 0),
        "end(CHOP >": ("'end(CHOP >' cannot be read", 0),
    }
    for text, (problem, column) in wrong.items():
        with pytest.raises(Mistake) as raised:
            parse(text, ["CHOP"], [0, 1, 2, 3], has_control=False, is_relation=True)
        assert (raised.value.problem, raised.value.column) == (problem, column), text


def test_every_error_of_a_file_has_its_line(toy: Path) -> None:
    (toy / "claims.toml").write_text(
        direction("X", '"onn"', "upp").replace("kind", "knd")
        + direction("Y", "{ set = { druk = 2 } }", "up")
        + direction("Z", '"on"', "up").replace('"A"', '"AA"'),
        encoding="utf-8",
    )
    with pytest.raises(cristae.NetworkError) as raised:
        read_claims(str(toy / "claims.toml"))
    text = str(raised.value).replace(str(toy) + "/", "")
    assert text.splitlines() == [
        "claims.toml:2:1: error: claim 'X' has no 'kind'.",
        "claims.toml:5:7: error: unknown key 'knd'. Did you mean 'kind'?",
        "claims.toml:7:16: error: 'onn' is no condition of 'toy'. Did you mean 'on'?",
        "claims.toml:19:16: error: 'druk' in 'perturbation' is not in the network. "
        "Did you mean 'drug'?",
        "claims.toml:33:14: error: 'AA' is neither an observable nor a species. Did you mean 'A'?",
    ]


def test_claims_hold_and_fail_as_planted(toy: Path) -> None:
    claims = read_claims(str(toy / "claims.toml"))
    verdicts, made = check(claims, Settings(threads=1), trajectories=40, limit=320)
    assert {one.claim.id: one.verdict for one in verdicts} == {
        "UP": "holds",
        "SAME": "holds",
        "WRONG": "fails",
    }
    up = verdicts[0]
    assert up.ratio is not None and up.ratio.low < 2 < up.ratio.high
    assert len(made.made) == 3  # 'basal' is simulated once for all claims


def test_an_extended_ensemble_is_that_of_one_run(toy: Path) -> None:
    claims = read_claims(str(toy / "claims.toml"))
    ensembles = [Ensembles(claims.network, Settings(threads=1)) for _ in range(2)]
    experiment = Experiment("on", (("lose", 2.0),), (("A", 3),))
    for one in ensembles:
        one.need(experiment, ["A", "B"])
    ensembles[0].get(experiment, 7)
    extended, at_once = (one.get(experiment, 20).courses for one in ensembles)
    assert extended["A"].shape == (20, 21) and np.array_equal(extended["A"], at_once["A"])
    assert set(extended["A"][:, 0]) == {3}


def test_an_experiment_keeps_what_its_condition_says(toy: Path) -> None:
    claims = read_claims(str(toy / "claims.toml"))
    ensembles = Ensembles(claims.network, Settings(threads=1))
    only_initial, both = Experiment("none"), Experiment("none", (), (("B", 9),))
    for one in (only_initial, both):
        ensembles.need(one, ["A", "B"])
    assert set(ensembles.get(both, 4).courses["A"][:, 0]) == {0}
    assert set(ensembles.get(both, 4).courses["B"][:, 0]) == {9}
    assert set(ensembles.get(only_initial, 4).courses["B"][:, 0]) == {5}


@pytest.mark.parametrize(("shift", "wanted"), [(0.0, 0.025), (0.5, 0.975)])
def test_intervals_err_as_rarely_as_they_say(toy: Path, shift: float, wanted: float) -> None:
    """The share of 'holds' of a claim that is just not true is the error rate of one side.

    600 repeats; 50 pairs of which the interval is 95 %. A bound of 5 standard errors of the share:
    false alarms below 1e-6. Resampling of 50 pairs undercovers: the rate is up to 0.035.
    With a true difference of half a standard deviation, the power must be there.
    """
    claims = read_claims(str(toy / "claims.toml"))
    claim = claims.claims[0]  # A > 1.5 control(A)
    random = np.random.default_rng(11)
    repeats, holds = 600, 0
    for repeat in range(repeats):
        shared = random.normal(20, 2, (50, 1))
        mine = 1.5 * shared + random.normal(0, 1, (50, 1)) + shift
        other = shared + random.normal(0, 0.5, (50, 1))
        verdict = judge(claim, sides({"A": mine}, {"A": other}, repeat), 0.05)
        holds += verdict.verdict == "holds"
    if shift == 0:
        assert holds / repeats < 0.035 + 5 * math.sqrt(0.035 * 0.965 / repeats)
        assert holds > 0
    else:
        assert holds / repeats > 0.5


def test_pairs_count_as_pairs() -> None:
    """Common random numbers: shared noise cancels in the interval."""
    random = np.random.default_rng(3)
    shared = random.normal(100, 20, (50, 1))
    relation = parse("end(A) > control(end(A))", ["A"], [], has_control=True, is_relation=True)
    widths = []
    for order in (np.arange(50), random.permutation(50)):
        found = relation.compare(sides({"A": shared + 1}, {"A": shared[order]}))[0]
        widths.append(float(np.ptp(found.left - found.right)))
    assert widths[0] < 1e-9 < 1 < widths[1]


def test_what_was_not_seen_may_still_happen() -> None:
    """0 of 20 does not prove that a fraction is below 0.05; 0 of 400 does."""
    relation = parse("end(A) < 0.05", ["A"], [], has_control=False, is_relation=True)
    for trajectories, expected in ((20, False), (400, True)):
        found = relation.compare(sides({"A": np.zeros((trajectories, 2))}))[0]
        assert (np.quantile(found.left[1:], 0.975) < 0.05) == expected
    # Nor are 24 of 24 above 0.95: weights of 1/24 do not sum to 1 exactly.
    relation = parse("end(A) > 0.95", ["A"], [], has_control=False, is_relation=True)
    found = relation.compare(sides({"A": np.ones((24, 2))}))[0]
    assert np.quantile(found.left[1:], 0.025) < 0.95


def test_the_command_ends_with_7_where_a_claim_fails(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--file", str(toy / "claims.toml"), "--threads", "1", "--trajectories", "40"]
    assert main([*options, "--json", "all.json"]) == 7
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("fails      toy       WRONG") and shown[-1].startswith("3 claims: 1")
    assert main([*options, "--only", "UP,SAME"]) == 0
    assert main([*options, "--only", "UPP"]) == 2
    assert main(["no_such_network"]) == 2
    assert main(["birth_death"]) == 2  # has no claims
    assert main(["--file", "absent.toml"]) == 5
    assert main([*options, "--trajectories", "0"]) == 2
    content = json.loads(Path("all.json").read_text(encoding="utf-8"))
    assert content["counts"] == {"holds": 2, "fails": 1, "undecided": 0}
    assert {one["experiment"] for one in content["ensembles"]} == {
        "on",
        "basal",
        "basal, drug=1.001",
    }
    capsys.readouterr()
    assert main(["--from", "all.json", "--markdown", "-"]) == 7
    assert "| WRONG | WRONG | `on` / `basal` | end of `A` down | x " in capsys.readouterr().out


def test_the_same_seed_gives_the_same_verdicts(toy: Path) -> None:
    options = ["--file", str(toy / "claims.toml"), "--trajectories", "20", "--quiet"]
    for name, threads in (("one.json", "1"), ("two.json", "2")):
        main([*options, "--threads", threads, "--json", name])
    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()


def test_bundled_claims_are_read_and_all_have_a_committed_verdict() -> None:
    found = []
    for network in cristae.networks():
        path = Path(network.path).with_name("claims.toml")
        if path.exists():
            found += [(network.name, claim) for claim in read_claims(str(path)).claims]
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))["claims"]
    assert sorted((name, claim.id) for name, claim in found) == sorted(
        (one["network"], one["id"]) for one in committed
    )
    ids = {claim.id for _, claim in found}
    assert len(ids) == len(found) >= 136
    assert all(claim.source for _, claim in found)


def test_short_form_agrees_with_the_committed_verdicts(tmp_path: Path) -> None:
    """Two networks with few trajectories: nothing that held fails now, and the other way round.

    `cristae claims all` is the long form. 20 trajectories at an error rate of 0.05 for each claim;
    with these seeds it passes, and a change of a network that turns a claim round does not.
    """
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    verdicts = {one["id"]: one["verdict"] for one in committed["claims"]}
    turned = {("holds", "fails"), ("fails", "holds")}
    for network in ("mitophagy", "isr"):
        main([network, "--trajectories", "20", "--limit", "40", "--quiet", "--json", "now.json"])
        now = json.loads(Path("now.json").read_text(encoding="utf-8"))["claims"]
        assert now
        for one in now:
            assert (verdicts[one["id"]], one["verdict"]) not in turned, one
        held = [one for one in committed["claims"] if one["network"] == network]
        held = [one for one in held if one["verdict"] == "holds"]
        assert sum(one["verdict"] == "holds" for one in now) >= 0.6 * len(held)


def test_a_network_without_its_mechanism_fails_the_claim() -> None:
    """The twin of the above: GADD34 without effect on translation loses the published sign."""
    text = cristae.load("isr").to_toml()
    broken = text.replace('rate = "k_bim * TC * (', 'rate = "k_bim * (')
    assert broken != text
    Path("network.toml").write_text(broken, encoding="utf-8")
    source = Path(next(one.path for one in cristae.networks() if one.name == "isr"))
    claims = source.with_name("claims.toml").read_text(encoding="utf-8")
    Path("claims.toml").write_text(claims, encoding="utf-8")
    arguments = ["--file", "claims.toml", "--only", "I22", "--quiet", "--json", "broken.json"]
    main([*arguments, "--trajectories", "64", "--limit", "64"])
    (verdict,) = json.loads(Path("broken.json").read_text(encoding="utf-8"))["claims"]
    assert verdict["verdict"] != "holds"


def test_robustness_varies_constants_and_not_inputs(toy: Path) -> None:
    network = read_claims(str(toy / "claims.toml")).network
    constants = {one.id: one for one in assumed_constants(network)}
    assert set(constants) == {"make", "lose", "idle"}
    assert (constants["idle"].low, constants["idle"].high) == (1, 9)
    draws = [drawn(list(constants.values()), 1, number) for number in range(300)]
    for name, low, high in (("make", 20 / 3, 60), ("lose", 1 / 3, 3), ("idle", 1, 9)):
        values = np.array([draw[name] for draw in draws])
        assert low <= values.min() < low * 1.2 and high / 1.2 < values.max() <= high
    assert all(draw["idle"] == int(draw["idle"]) for draw in draws)
    # Log-uniform: the median is the nominal value; 5 standard errors of a median of 300.
    logs = np.log([draw["make"] / 20 for draw in draws])
    assert abs(np.median(logs)) < 5 * math.log(3) / math.sqrt(300)
    assert draws[7] == drawn(list(constants.values()), 1, 7)
    isr = {one.id for one in assumed_constants(cristae.load("isr"))}
    assert "K_I" in isr and not {"er_stress", "f_perk", "isrib", "d_4"} & isr


def test_a_set_starts_where_it_rests(toy: Path) -> None:
    claims = read_claims(str(toy / "claims.toml"))
    values = {"make": 2000.0, "lose": 1.0, "idle": 12.0}
    state, events = state_at_rest(claims, Settings(threads=1), values)
    assert events > 0
    assert state["B"] == 5 and abs(state["A"] - 2000) < 6 * math.sqrt(2000)


def test_a_set_is_compiled_where_its_events_pay_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRISTAE_CXX", sys.executable)  # something that is there
    assert code_for_set(1e7, 30) == "auto" and code_for_set(1e9, 30) == "generated"
    assert code_for_set(2e8, 30) == "generated" and code_for_set(2e8, 200) == "auto"
    monkeypatch.setenv("CRISTAE_CXX", "/none")
    assert code_for_set(1e9, 30) == "auto"


def test_robustness_finds_the_constant_that_decides(toy: Path) -> None:
    """A fails to rise by 1 where it is made too slowly, and nothing else decides it."""
    relation = 'expected = "end(A) > 1 + control(end(A))"\ncontrol = "basal"\nperturbation = "on"\n'
    (toy / "claims.toml").write_text(CLAIM.format(id="R") + relation, encoding="utf-8")
    claims = read_claims(str(toy / "claims.toml"))
    (record,) = check_robustness(claims, Settings(threads=1), range(30), 64)
    assert record["sets"] == 30 and record["kept"] >= 25
    deciding = {one["constant"]: one["correlation"] for one in record["decided_by"]}
    assert set(deciding) == {"make", "lose"}
    assert deciding["make"] > 0.4 and deciding["lose"] < -0.4


def test_ranges_of_sets_are_put_together(tmp_path: Path) -> None:
    text = CLAIM.format(id="R") + 'perturbation = { set = { d = 1 } }\nexpected = "end(M) > 9"\n'
    (tmp_path / "claims.toml").write_text('network = "telegraph"\nt_end = 8\n' + text, "utf-8")

    def robust(name: str, first: int, sets: int) -> Any:
        sets_of = ["--first-set", str(first), "--robust", str(sets), "--trajectories", "16"]
        file = str(tmp_path / name)
        options = [*sets_of, "--seed", "3", "--json", file, "--quiet"]
        assert main(["--file", str(tmp_path / "claims.toml"), *options]) == 0
        return json.loads(Path(file).read_text(encoding="utf-8"))

    whole, some, rest = robust("whole", 2, 12), robust("some", 2, 5), robust("rest", 7, 7)
    assert whole["claims"][0]["decided_by"]
    assert merged([rest, some])["claims"] == whole["claims"]
    with pytest.raises(cristae.UsageError, match="belong together in claim R of 'telegraph'"):
        merged([some, whole])


def test_of_verdicts_in_several_files_the_last_one_counts(toy: Path, tmp_path: Path) -> None:
    def judged(name: str, *options: str) -> Any:
        file = str(tmp_path / name)
        claims = ["--file", str(toy / "claims.toml"), "--trajectories", "20"]
        main([*claims, "--json", file, "--quiet", *options])
        return json.loads(Path(file).read_text(encoding="utf-8"))

    whole = judged("whole")
    ids = [claim["id"] for claim in whole["claims"]]
    again = judged("again", "--only", ids[0], "--seed", "5")
    both = tmp_path / "both"
    files = [str(tmp_path / name) for name in ("whole", "again")]
    main(["--from", *files, "--json", str(both)])
    content = json.loads(both.read_text(encoding="utf-8"))
    assert [claim["id"] for claim in content["claims"]] == ids
    assert content["claims"][0] == again["claims"][0] != whole["claims"][0]
    assert content["claims"][1:] == whole["claims"][1:]
    assert sum(content["counts"].values()) == len(ids)
    of_rest = {claim[side] for claim in whole["claims"][1:] for side in ("perturbation", "control")}
    expected = [each for each in whole["ensembles"] if each["experiment"] in of_rest]
    assert content["ensembles"] == expected + again["ensembles"]


def test_what_is_done_of_many_sets_is_not_lost(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_set = _robust._one_set

    def interrupted(task: Any) -> Any:
        if task.number == 3:
            raise KeyboardInterrupt
        return one_set(task)

    monkeypatch.setattr(_robust, "_one_set", interrupted)
    file = toy / "robust.json"
    arguments = ["--robust", "5", "--trajectories", "8", "--json", str(file), "--quiet"]
    assert main(["--file", str(toy / "claims.toml"), *arguments]) == 130
    records = json.loads(file.read_text(encoding="utf-8"))["claims"]
    assert [one["sets"] for one in records] == [3, 3, 3]


def test_rank_correlations() -> None:
    one = np.array([3.0, 1.0, 2.0, 2.0])
    assert list(ranks(one)) == [3, 0, 1.5, 1.5]
    assert rank_correlation(one, np.exp(one)) == pytest.approx(1)
    assert rank_correlation(one, -one) == pytest.approx(-1)
    assert rank_correlation(one, np.ones(4)) == 0


def test_tables_of_the_documentation_are_those_of_the_committed_verdicts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["--from", str(COMMITTED), "--robust-from", *map(str, ROBUST), "--markdown", "-"]
    main(given)
    summary, *tables = capsys.readouterr().out.strip().split("\n\n### ")
    assert summary in (ROOT / "docs" / "biology.md").read_text(encoding="utf-8")
    for table in tables:
        network = table.partition(":")[0]
        page = ROOT / "networks" / network / "README.md"
        assert f"### {table}" in page.read_text(encoding="utf-8"), network
        main([network, *given])
        assert capsys.readouterr().out.strip() == f"### {table}"
    assert main(["vilar", *given]) == 2
