"""Networks: loaded, refused with their places, built and printed."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

import cristae

WRONG = """[network]
name = "wrong"
time_unit = "h"
[species]
A = 100
[reactions]
decay = { equation = "A -> 0", mass_action = "k3" }
grow = { equation = "0 -> B", mass_action = "1" }
"""


def test_bundled_networks_are_listed_with_their_size() -> None:
    found = {network.name: network for network in cristae.networks()}
    assert {"isr", "coupled", "telegraph", "mitophagy"} <= set(found)
    assert (found["isr"].species, found["isr"].reactions) == (38, 61)
    assert Path(found["isr"].path).read_text(encoding="utf-8") == cristae.load("isr").to_toml()


def test_a_network_shows_what_was_read() -> None:
    isr = cristae.load("isr")
    assert isr.time_unit == "min" and isr.t_end == 1440 and isr.sample_every == 5
    assert "mito" in isr.conditions
    assert isr.species["CHOP"].initial == 183
    phosphorylation = isr.reactions["eif2_phosphorylation"]
    assert phosphorylation.kind == "rate" and "eIF2" in phosphorylation.law
    assert all(parameter.grade for parameter in isr.parameters.values())
    telegraph = cristae.load("telegraph")
    assert telegraph.parameters["off"].bounds == (-np.inf, np.inf)


def test_every_error_of_a_text_has_its_place() -> None:
    with pytest.raises(cristae.NetworkError) as raised:
        cristae.load(WRONG)
    first, second = raised.value.findings
    assert (first.file, first.line, first.column) == ("<text>", 7, 47)
    assert first.problem == "rate constant 'k3' is not defined"
    assert (second.line, second.severity) == (8, "error")
    assert str(raised.value).splitlines()[0] == (
        "<text>:7:47: error: rate constant 'k3' is not defined (used by reaction 'decay'). "
        "Define it under [parameters]."
    )
    assert isinstance(raised.value, ValueError)


def test_every_error_of_a_file_has_the_file() -> None:
    Path("wrong.toml").write_text(WRONG, encoding="utf-8")
    for name in ("wrong.toml", Path("wrong.toml"), "./wrong.toml"):
        with pytest.raises(cristae.NetworkError, match=r"wrong\.toml:7:47: error: "):
            cristae.load(name)


def test_a_file_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(OSError, match="absent.toml: error: the file cannot be opened") as raised:
        cristae.load("absent.toml")
    assert isinstance(raised.value, cristae.FileError)


def test_a_wrong_name_is_told_the_nearest() -> None:
    with pytest.raises(cristae.NetworkError, match="Did you mean 'telegraph'?"):
        cristae.load("telegraf")


def test_an_error_keeps_its_findings_through_pickle() -> None:
    with pytest.raises(cristae.NetworkError) as raised:
        cristae.load(WRONG)
    again = pickle.loads(pickle.dumps(raised.value))
    assert type(again) is cristae.NetworkError and again.findings == raised.value.findings


def test_what_a_reader_should_know_is_a_warning() -> None:
    text = WRONG.replace('"k3"', '"1"').replace('"0 -> B"', '"A -> A"')
    with pytest.warns(cristae.CristaeWarning, match=r"<text>:8:\d+: warning: ") as caught:
        cristae.load(text)
    assert caught[0].filename == __file__


def test_networks_are_values() -> None:
    network = cristae.load("telegraph")
    for other in (pickle.loads(pickle.dumps(network)), copy.deepcopy(network)):
        assert other == network and hash(other) == hash(network)
        assert cristae.run(other, trajectories=5).attrs["events"] > 0
    assert network != cristae.load("isr")


def built() -> cristae.Network:
    return cristae.build(
        "burst",
        title='A gene that bursts, "loudly"',
        time_unit="h",
        parameters={
            "k_on": {"value": 0.5, "unit": "1/h", "grade": "assumed", "bounds": [0, np.inf]},
            "k_m": np.float64(100),
            "n": 2,
        },
        species={"off": 1, "on": 0, "M": {"initial": 0, "unit": "mRNA", "label": "messenger"}},
        rules={"activity": "on / (1 + M / 1000)"},
        reactions={
            "start": ("off -> on", "k_on"),
            "stop": ("on -> off", 5),
            "transcribe": {"equation": "on -> on + M", "rate": "k_m * activity"},
            "decay of M": ("M -> 0", 1),
        },
        observables={"bursts": "count(start)"},
        events={
            "burst of two": {
                "trigger": "M > 40",
                "delay": 0.25,
                "persistent": False,
                "set": {"M": "floor(M / 2)", "n": "n + 1"},
            }
        },
        conditions={"shut off": {"at": [{"time": 2, "set": {"k_m": 0.0}, "add": {"M": 5}}]}},
        t_end=4,
        sample_every=0.5,
    )


def test_a_network_that_was_built_is_the_network_of_its_text() -> None:
    network = built()
    assert cristae.load(network.to_toml()) == network
    assert network.title == 'A gene that bursts, "loudly"'
    assert network.parameters["k_on"].bounds == (0, np.inf)
    assert list(network.reactions) == ["start", "stop", "transcribe", "decay of M"]
    assert network.reactions["stop"].law == "5"
    assert network.events["burst of two"].set == {"M": "floor(M / 2)", "n": "n + 1"}
    assert network.events["burst of two"].delay == "0.25"
    assert not network.events["burst of two"].persistent
    result = cristae.run(network, condition="shut off", trajectories=100)
    assert result.change.values.tolist() == [2.0]
    Path("burst.toml").write_text(network.to_toml(), encoding="utf-8")
    again = cristae.run("burst.toml", condition="shut off", trajectories=100)
    assert again.attrs["contract_hash"] == result.attrs["contract_hash"]


def test_what_is_wrong_with_a_built_network_has_a_place_in_its_text() -> None:
    with pytest.raises(cristae.NetworkError) as raised:
        cristae.build("x", species={"A": 1}, reactions={"r": ("A -> B", "k")})
    text: str = raised.value.toml  # type: ignore[attr-defined]
    for finding in raised.value.findings:
        assert finding.file == "<text>"
        assert "A -> B" in text.splitlines()[finding.line - 1]


def test_what_has_no_form_in_toml_is_refused() -> None:
    with pytest.raises(cristae.UsageError, match="it is a complex"):
        cristae.build("x", species={"A": 1}, reactions={}, parameters={"k": 1j})


def test_inspect_says_how_a_network_was_read() -> None:
    text = cristae.inspect("telegraph", estimate=False)
    assert "transcription: G_on -> G_on + M" in text
    assert repr(text) == str(text).rstrip("\n")
    assert "ns per event" not in text
    assert "Cost of a run: 10 trajectories" in cristae.inspect("telegraph", trajectories=10)
    assert "propensities(" in cristae.inspect("telegraph", code=True)
    with pytest.raises(cristae.UsageError, match="unknown parameter 'offf'"):
        cristae.inspect("telegraph", set={"offf": 1})


def test_devices_say_what_is_usable() -> None:
    devices = {device.engine: device for device in cristae.devices()}
    assert devices["cpu"].usable and "cores" in devices["cpu"].detail
    assert devices["cuda"].usable or devices["cuda"].reason


NET = """begin parameters
    1 k 0.01
end parameters
begin species
    1 A(a) 100
    2 A(a!1).A(a!1) 0
end species
begin reactions
    1 1,1 2 0.5*k #R1
end reactions
"""
SBML = """<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
<model id="decay" substanceUnits="item">
<listOfCompartments><compartment id="c" constant="true"/></listOfCompartments>
<listOfSpecies><species id="A" compartment="c" initialAmount="{amount}"
  hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false"/></listOfSpecies>
</model></sbml>
"""


def test_networks_of_other_tools_are_known_by_content_and_ending(tmp_path: Path) -> None:
    dimer = cristae.load(NET)
    assert [reaction.equation for reaction in dimer.reactions.values()] == ["2 S1 -> S2"]
    (tmp_path / "switch.ant").write_text("A => ; k*A; A = 5; k = 1")
    assert cristae.load(tmp_path / "switch.ant").name == "switch"


def test_sbml_is_read_or_refused_by_line() -> None:
    try:
        network = cristae.load(SBML.format(amount=7))
    except cristae.FileError as error:
        assert "built without libSBML" in str(error)
        pytest.skip("built without libSBML")
    assert (network.name, network.species["A"].initial) == ("decay", 7)
    with pytest.raises(cristae.NetworkError, match="4:.*no whole number of copies"):
        cristae.load(SBML.format(amount=7.5))
