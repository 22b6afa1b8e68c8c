# tests/cli/cache_test.py - what of the cache of compiled networks is run, and what is left alone.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE; needs a C++ compiler."""
import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from cli_test import CliTest

NETWORK = '''
[network]
name = "own"
time_unit = "min"
[species]
A = 0
B = 0
[reactions]
make = { equation = "0 -> A", mass_action = "20" }
turn = { equation = "2 A -> B", mass_action = "0.01" }
decay = { equation = "B -> 0", mass_action = "0.3" }
[run]
t_end = 20
sample_every = 1
'''

# A shared object that shows that it was loaded, and has none of the functions of a network.
PLANTED = '''
#include <cstdio>
__attribute__((constructor)) static void loaded() { if (auto* f = std::fopen("%s", "w")) std::fclose(f); }
'''
COMPILER = next((path for name in ("c++", "g++", "clang++") if (path := shutil.which(name))), None)


@unittest.skipUnless(COMPILER, "no C++ compiler on this machine")
class Cache(CliTest):
    def setUp(self):
        super().setUp()
        self.put("own.toml", NETWORK)
        self.cache = Path(self.folder) / "cache"
        self.ran = Path(self.folder) / "ran"

    def code(self, folder=None):
        """Where the code of a run came from. The first run says what every other must compute."""
        done = self.cristae("run", "own.toml", "--trajectories", "20", "--code", "generated",
                            "--quiet", "--json", "-", CRISTAE_CACHE=str(folder or self.cache))
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.hash = getattr(self, "hash", found["contract_hash"])
        self.assertEqual(found["contract_hash"], self.hash)
        return found["code"]

    def assert_compiled(self, folder=None):
        self.assertRegex(self.code(folder), r"^generated code, compiled in [\d.]+ s$")

    def assert_cached(self):
        self.assertEqual(self.code(), "generated code, cached")

    def assert_left_alone(self, folder, why):
        self.assertRegex(self.code(folder), r"^generated code, compiled in [\d.]+ s, not kept: "
                         + re.escape(f"'{folder}' {why}") + "$")

    def entry(self):
        entries = list(self.cache.iterdir())
        self.assertEqual(len(entries), 1)
        return entries[0]

    def planted(self):
        """The bytes of an object whose loading leaves the file `ran`."""
        self.put("planted.cpp", PLANTED % self.ran)
        source, made = (Path(self.folder) / name for name in ("planted.cpp", "planted.so"))
        subprocess.run([COMPILER, "-shared", "-fPIC", source, "-o", made], check=True)
        subprocess.run(["python3", "-c", f"import ctypes; ctypes.CDLL({str(made)!r})"], check=True)
        self.assertTrue(self.ran.exists())  # else the tests would see nothing
        self.ran.unlink()
        return made.read_bytes()

    def test_what_it_writes_is_for_its_user_alone(self):
        old = os.umask(0)
        try:
            self.assert_compiled()
        finally:
            os.umask(old)
        self.assertEqual(self.cache.stat().st_mode & 0o777, 0o700)
        self.assertEqual(self.entry().stat().st_mode & 0o777, 0o600)
        self.assert_cached()

    def test_a_folder_that_others_may_write_to_is_left_alone(self):
        self.assert_compiled()
        for mode in (0o770, 0o702, 0o1777):
            self.cache.chmod(mode)
            before = self.entry().read_bytes()
            self.assert_left_alone(self.cache, "can be written by other users")
            self.assertEqual(self.entry().read_bytes(), before)
        self.cache.chmod(0o755)
        self.assert_cached()

    def test_a_folder_of_another_user_is_left_alone(self):
        folder = Path("/usr")
        if os.geteuid() == 0:
            self.assert_compiled()
            folder = self.cache
            os.chown(folder, 65534, -1)
        self.assert_left_alone(folder, "belongs to another user")

    def test_a_link_to_a_folder_is_what_it_leads_to(self):
        elsewhere = Path(self.folder) / "elsewhere"
        elsewhere.mkdir(mode=0o700)
        self.cache.symlink_to(elsewhere)
        self.assert_compiled()
        self.assert_cached()
        elsewhere.chmod(0o777)
        self.assert_left_alone(self.cache, "can be written by other users")

    def test_an_entry_that_others_may_write_or_own_is_not_loaded(self):
        self.assert_compiled()
        for mode in (0o620, 0o602):
            self.entry().chmod(mode)
            self.assert_compiled()  # and replaces it
            self.assert_cached()
        if os.geteuid() == 0:
            os.chown(self.entry(), 65534, -1)
            self.assert_compiled()
            self.assert_cached()

    def test_a_link_or_a_pipe_is_not_loaded(self):
        self.assert_compiled()
        entry, moved = self.entry(), Path(self.folder) / "moved"
        entry.rename(moved)
        entry.symlink_to(moved)
        self.assert_compiled()
        entry.unlink()
        os.mkfifo(entry, 0o600)
        self.assert_compiled()
        self.assert_cached()

    def test_damaged_entries_are_not_loaded(self):
        self.assert_compiled()
        whole = self.entry().read_bytes()
        for place in (0, len(whole) // 2, len(whole) - 60, len(whole) - 1):
            changed = bytearray(whole)
            changed[place] ^= 1
            self.entry().write_bytes(changed)
            self.assert_compiled()
            self.assert_cached()
        for text in (b"", whole[:-1], whole[:40], whole + b"\0"):
            self.entry().write_bytes(text)
            self.assert_compiled()

    def test_an_object_without_its_checksum_is_not_loaded(self):
        self.assert_compiled()
        self.entry().write_bytes(self.planted())
        self.assert_compiled()
        self.assertFalse(self.ran.exists())

    def test_an_object_with_the_checksum_of_other_bytes_is_not_loaded(self):
        self.assert_compiled()
        whole = self.entry().read_bytes()
        ending = whole[whole.rindex(b"\ncristae cache "):]
        self.entry().write_bytes(self.planted() + ending)
        self.assert_compiled()
        self.assertFalse(self.ran.exists())

    def test_an_entry_of_another_name_is_not_loaded(self):
        self.assert_compiled()
        entry = self.entry()
        whole = entry.read_bytes()
        self.put("own.toml", NETWORK.replace("2 A", "3 A"))
        del self.hash
        entry.unlink()
        self.assert_compiled()
        self.entry().write_bytes(whole)
        self.assert_compiled()


if __name__ == "__main__":
    unittest.main()
