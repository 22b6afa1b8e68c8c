"""Networks as SBML, read by libSBML's own Python package where that is installed."""

from __future__ import annotations

import warnings

import pytest

import cristae

libsbml = pytest.importorskip("libsbml", reason="python-libsbml is not installed")


@pytest.mark.parametrize("name", sorted(network.name for network in cristae.networks()))
def test_bundled_networks_are_valid_sbml(name: str) -> None:
    network = cristae.load(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cristae.CristaeWarning)
        text = network.to_sbml()
    document = libsbml.readSBMLFromString(text)
    for category in (
        libsbml.LIBSBML_CAT_UNITS_CONSISTENCY,
        libsbml.LIBSBML_CAT_MODELING_PRACTICE,
    ):
        document.setConsistencyChecks(category, False)
    document.checkConsistency()
    findings = [document.getError(i).getMessage() for i in range(document.getNumErrors())]
    assert findings == []
    model = document.getModel()
    assert model.getNumReactions() == len(network.reactions)
    assert [species.getId() for species in model.getListOfSpecies()] == list(network.species)


def test_what_sbml_has_no_place_for_is_said() -> None:
    with pytest.warns(cristae.CristaeWarning, match="observable 'births' is left out"):
        cristae.load("birth_death").to_sbml()
    with pytest.raises(cristae.UsageError, match="there is no condition 'stres'"):
        cristae.load("birth_death").to_sbml("stres")
