"""Exact stochastic simulation of biochemical reaction networks, as reproducible ensembles.

>>> import cristae
>>> result = cristae.run("telegraph", trajectories=200)
>>> float(result.species_mean.sel(species="M").isel(time=-1).round(1))
8.4

`run` simulates an ensemble, `load` and `build` make networks, `open` opens result files,
`replay` and `trajectories` look at single trajectories, `pick` finds those that did something,
`resume`, `extend` and `merge` go on with runs, give results more, and put parts together,
`inspect` says how a network was read, `networks` and `devices` list what there is.
"""

from __future__ import annotations

from . import _native
from ._continue import extend, merge, resume
from ._dataset import open
from ._errors import (
    CristaeWarning,
    DeviceError,
    Error,
    FileError,
    Finding,
    InternalError,
    NetworkError,
    NumericalError,
    UsageError,
    VerificationError,
)
from ._network import (
    BundledNetwork,
    Condition,
    Device,
    Event,
    Network,
    Observable,
    Parameter,
    Reaction,
    Rule,
    Species,
    build,
    devices,
    load,
    networks,
)
from ._replay import pick, replay, trajectories
from ._run import inspect, interrupted, run
from ._sweep import sweep

__version__: str = _native.version

__all__ = [
    "BundledNetwork",
    "Condition",
    "CristaeWarning",
    "Device",
    "DeviceError",
    "Error",
    "Event",
    "FileError",
    "Finding",
    "InternalError",
    "Network",
    "NetworkError",
    "NumericalError",
    "Observable",
    "Parameter",
    "Reaction",
    "Rule",
    "Species",
    "UsageError",
    "VerificationError",
    "build",
    "devices",
    "extend",
    "inspect",
    "interrupted",
    "load",
    "merge",
    "networks",
    "open",
    "pick",
    "replay",
    "resume",
    "run",
    "sweep",
    "trajectories",
]
