#!/usr/bin/env python3
"""Opens result files in xarray with both of its engines, and runs the code of docs/result_format.md.

    CRISTAE_SOURCE=. CRISTAE_RESULT_SAMPLE=build/tests/result_sample python3 tests/io/xarray_test.py

The files are made by hand (tests/support/results.hpp), and their values are computed again here.
Exit code 77, a skip, without python3-xarray, python3-h5netcdf or python3-netcdf4; under CI a failure.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("CRISTAE_SOURCE", Path(__file__).resolve().parents[2]))
SAMPLE = os.environ.get("CRISTAE_RESULT_SAMPLE")
FIRST = 2**33
TRAJECTORIES = 20

try:
    import h5netcdf  # noqa: F401
    import netCDF4  # noqa: F401
    import numpy as np
    import xarray as xr
    MISSING = ""
except ImportError as error:
    MISSING = str(error)


def value(trajectory, column, time):
    """As tests/support/results.hpp makes them; NaN where the trajectory did not get there."""
    reached = 3 if trajectory % 5 == 4 else 6
    return (trajectory * 7 + column * 3 + time) % 11 / 2 if time < reached else np.nan


class Checks:
    """What holds with every engine."""

    engine = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = Path(cls.folder.name) / "result.h5"
        subprocess.run([SAMPLE, str(cls.path)], check=True, timeout=60)
        cls.data = xr.open_dataset(cls.path, engine=cls.engine)

    @classmethod
    def tearDownClass(cls):
        cls.data.close()
        cls.folder.cleanup()

    def test_the_other_engine_sees_the_same(self):
        for other in {"h5netcdf", "netcdf4"} - {self.engine}:
            with xr.open_dataset(self.path, engine=other) as data:
                xr.testing.assert_identical(data, self.data)
                self.assertEqual(list(data.variables), list(self.data.variables))
                self.assertEqual(list(data.attrs), list(self.data.attrs))

    def test_xarray_finds_an_engine_by_itself(self):
        with xr.open_dataset(self.path) as data:
            self.assertEqual(data.sizes["time"], 6)

    def test_every_dimension_has_its_name_and_labels(self):
        data = self.data
        self.assertEqual(dict(data.sizes), {
            "network_species": 4, "reaction": 2, "set": 2, "start_seed": 2, "change": 1, "time": 6,
            "quantity": 5, "quantity_2": 5, "quantile": 5, "histogram_time": 2, "bin": 12,
            "observable": 2, "species": 3, "feature": 5, "realization": TRAJECTORIES})
        self.assertEqual(set(data.sizes) - set(data.indexes), set())
        self.assertEqual(list(data.observable.values), ["S1", "total 1"])
        long_name = 'S3 "é\' "é\''
        self.assertEqual(list(data.species.values), ["S1", "S2", long_name])
        self.assertEqual(list(data.quantity.values), [
            "species:S1", "observable:S1", "observable:total 1", "species:S2",
            "species:" + long_name])
        self.assertEqual(list(data["quantile"].values), [0.05, 0.25, 0.5, 0.75, 0.95])
        self.assertEqual(data.feature.values[0], "S1[end]")

    def test_labels_and_units_are_coordinates(self):
        data = self.data
        for name in ("species_label", "species_unit", "observable_label", "observable_unit"):
            self.assertIn(name, data.coords)
            self.assertNotIn(name, data.indexes)
        self.assertIn("species_unit", data.species_mean.coords)
        self.assertEqual(data.species_label.values[0], "species α 1")
        self.assertEqual(data.observable_unit.values[0], "nM")

    def test_times_stay_numbers(self):
        data = self.data
        for name in ("time", "histogram_time", "change"):
            self.assertEqual(data[name].dtype, np.float64)
            self.assertEqual(data[name].attrs["units"], "h")
        self.assertEqual(data.attrs["time_unit"], "hours")
        np.testing.assert_array_equal(data.time, [0.1 * k for k in range(6)])

    def test_trajectories_are_numbered_and_selected_by_number(self):
        data = self.data
        self.assertEqual(data.realization.dtype, np.uint64)
        np.testing.assert_array_equal(
            data.realization, np.arange(FIRST, FIRST + TRAJECTORIES, dtype=np.uint64))
        one = data.sel(realization=np.uint64(FIRST + 7))
        self.assertEqual(int(one.events), 107)
        self.assertEqual(int(one.trajectory_hash), 8 * 0x9E3779B97F4A7C15 % 2**64)

    def test_statuses_have_their_meanings(self):
        data = self.data
        meanings = data.status.attrs["flag_meanings"].split()
        self.assertEqual(meanings,
                         ["completed", "absorbed", "budget", "overflow", "bad_propensity",
                          "stopped", "bad_event"])
        np.testing.assert_array_equal(data.status.attrs["flag_values"], range(7))
        counts = np.bincount(data.status, minlength=7)
        for meaning, count in zip(meanings, counts):
            self.assertEqual(data.attrs[f"trajectories_{meaning}"], count)

    def test_raw_values_are_where_they_belong(self):
        columns = {"observable": [1, 2], "species": [0, 3, 4]}
        data = self.data
        for kind, numbers in columns.items():
            raw = data[f"{kind}_raw"].transpose("realization", kind, "time")
            expected = [[[value(i, c, k) for k in range(6)] for c in numbers]
                        for i in range(TRAJECTORIES)]
            np.testing.assert_array_equal(raw, expected)

    def test_moments_are_those_of_the_raw_values(self):
        data = self.data
        for kind in ("observable", "species"):
            raw = data[f"{kind}_raw"]
            np.testing.assert_array_equal(data.n, raw.isel({kind: 0}).count("realization"))
            for name, expected in {
                    "mean": raw.mean("realization"), "var": raw.var("realization", ddof=1),
                    "min": raw.min("realization"), "max": raw.max("realization")}.items():
                np.testing.assert_allclose(data[f"{kind}_{name}"],
                                           expected.transpose("time", kind), rtol=1e-12)
            mean, var = data[f"{kind}_mean"], data[f"{kind}_var"]
            np.testing.assert_allclose(data[f"{kind}_fano"], var / mean)
            np.testing.assert_allclose(data[f"{kind}_cv2"], var / mean**2)
            np.testing.assert_allclose(data[f"{kind}_se"], np.sqrt(var / data.n))
            quantiles = raw.quantile(data["quantile"].values, "realization", skipna=True)
            np.testing.assert_allclose(
                data[f"{kind}_quantile"].transpose("quantile", "time", kind),
                quantiles.transpose("quantile", "time", kind))
            self.assertEqual(data[f"{kind}_undefined"].dims, ("time", kind))

    def test_histograms_count_every_trajectory(self):
        data = self.data
        for kind in ("observable", "species"):
            counts = data[f"{kind}_histogram"]
            self.assertEqual(counts.dims, ("histogram_time", kind, "bin"))
            self.assertEqual(counts.dtype, np.uint64)
            n = data.n.sel(time=data.histogram_time)
            self.assertTrue((counts.sum("bin") == n).all())
            low = data[f"{kind}_bin_start"]
            middles = low + (data.bin + 0.0) * data[f"{kind}_bin_width"]
            mean = (counts * middles).sum("bin") / counts.sum("bin")
            np.testing.assert_allclose(
                mean, data[f"{kind}_mean"].sel(time=data.histogram_time), rtol=1e-12)
            self.assertTrue((data.bin < data[f"{kind}_bin_count"]).where(counts > 0, True).all())

    def test_covariances_are_selected_by_label(self):
        data = self.data
        one = data.covariance.sel(quantity="species:S2", quantity_2="observable:S1")
        np.testing.assert_allclose(one, [(3 * 5 + 1) / 3, (25 + 3 * 5 + 1) / 3])

    def test_end_states_and_features_are_selected_by_name(self):
        data = self.data
        self.assertEqual(data.end_state.dtype, np.int64)
        self.assertEqual(list(data.end_state.sel(network_species="S2").values[:5]),
                         [2**53 - 2 - i for i in range(4)] + [-1])
        ends = data.feature_value.sel(feature="total 1[end]")
        np.testing.assert_array_equal(ends, [value(i, 2, 5) for i in range(TRAJECTORIES)])

    def test_attributes_tell_the_run(self):
        data = self.data
        self.assertEqual(data.attrs["format"], "cristae-result")
        self.assertEqual(data.attrs["status"], "complete")
        self.assertEqual(data.attrs["seed"], 2**64 - 1)
        self.assertEqual(data.attrs["network"], 'made "by hand"')
        self.assertEqual(data.attrs["title"], 'Größe, "quoted", 線粒体')
        self.assertEqual(data.attrs["contract_hash"], "0123456789abcdef")
        self.assertTrue(data.network_text.item().startswith("# eIF2α\n[network]\n"))
        self.assertEqual(float(data.set_value.sel(set="k_1")), 0.1)

    def test_the_certificate_is_by_reaction(self):
        data = self.data
        self.assertEqual(data.attrs["certificate"], "failed")
        self.assertEqual(data.attrs["certificate_p"], 2.0**-30)
        self.assertEqual(data.attrs["certificate_trajectories"], 3)
        self.assertEqual(data.attrs["certificate_whole"], 2)
        self.assertEqual(data.attrs["certificate_events"], 12345)
        one = data.sel(reaction="birth α")
        self.assertEqual(int(one.certificate_firings), 110)
        self.assertEqual(float(one.certificate_integral), 100)
        self.assertEqual(float(one.certificate_z), 1)

    def test_a_result_can_be_saved_again(self):
        data = self.data
        copy = Path(self.folder.name) / "copy.nc"
        data.load().to_netcdf(copy, engine="netcdf4")
        with xr.open_dataset(copy, engine="netcdf4") as again:
            xr.testing.assert_equal(again, data)

    def test_the_code_of_the_document_runs(self):
        text = (SOURCE / "docs" / "result_format.md").read_text(encoding="utf-8")
        blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        self.assertGreaterEqual(len(blocks), 1)
        for block in blocks:
            with contextlib.chdir(self.folder.name), contextlib.redirect_stdout(io.StringIO()):
                exec(compile(block, "docs/result_format.md", "exec"), {})

    def test_every_variable_is_in_the_document(self):
        text = (SOURCE / "docs" / "result_format.md").read_text(encoding="utf-8")
        data = self.data
        for name in [*data.variables, *data.attrs]:
            name = re.sub(r"^(observable|species)_", "K_", name)
            name = re.sub(r"^trajectories_(?!requested)\w+$", "trajectories_STATUS", name)
            self.assertIn(f"`{name}`", text)


class WithH5netcdf(Checks, unittest.TestCase):
    engine = "h5netcdf"


class WithNetcdf4(Checks, unittest.TestCase):
    engine = "netcdf4"


if __name__ == "__main__":
    if MISSING:
        print(f"{'failed' if os.environ.get('CI') else 'skipped'}: {MISSING}")
        sys.exit(1 if os.environ.get("CI") else 77)
    unittest.main(verbosity=1)
