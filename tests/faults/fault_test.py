# tests/faults/fault_test.py - runs that are killed, starved and damaged, and gone on with: the same bits.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE.

CRISTAE_FAULT_KILLS (20 where it is not set): how often a run is killed at a random moment. Ends with a
figure: faults tried, those after which the result was that of an uninterrupted run or was refused with
its reason, and bytes of results lost.
"""
import fcntl
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["CRISTAE_SOURCE"], "tests", "cli"))
from cli_test import (  # noqa: E402
    PROGRAM, CliTest, default_signals, environment, wait_until_it_handles_signals)

RUN = ["vilar", "--t-end", "200", "--trajectories", "800", "--seed", "11", "--raw", "--first-passage",
       "R > 1500", "--correlation", "A,R:A", "--covariance", "--threads", "2"]
OFTEN = ["--checkpoint-every", "0.05"]
PARTS = ("statistics", "histograms", "covariance", "features", "end-states", "raw")
KILLS = int(os.environ.get("CRISTAE_FAULT_KILLS", "20"))
tally = {"tried": 0, "survived": 0, "bytes lost": 0}


class FaultTest(CliTest):
    whole = None  # what an uninterrupted run gives

    def setUp(self):
        super().setUp()
        tally["tried"] += 1

    def survived(self, more=1):
        tally["survived"] += more

    def start(self, *arguments, before=default_signals):
        return subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, cwd=self.folder, env=environment(), preexec_fn=before)

    def start_run(self, name="x.h5", run=RUN, **more):
        return self.start("run", *run, "--output", name, "--quiet", *OFTEN, **more)

    def killed(self, name="x.h5", checkpoints=2, run=RUN, rows=False):
        """A run that was killed after so many checkpoints, with rows in shards. Their numbers, newest last."""
        for _ in range(5):  # on a busy machine this process may not be woken before the run is over
            if found := self.killed_in_time(name, checkpoints, run, rows):
                return found
        self.fail("over before it could be killed")

    def killed_in_time(self, name, checkpoints, run, rows):
        process = self.start_run(name, run)
        least = None if rows else checkpoints
        for _ in range(3000):
            found = self.checkpoints(name)
            if least is None and any(file.endswith(".shard") for file in self.parts(name)):
                least = max(found, default=0) + 2  # the next but one lists it
            if least is not None and len(found) >= min(checkpoints, 2) and max(found) >= least:
                break
            if process.poll() is not None:
                out, err = process.communicate()
                self.assertEqual(process.returncode, 0, (out, err))
                os.remove(self.path(name))
                return []
            time.sleep(0.005)
        process.kill()
        process.communicate()
        return self.checkpoints(name)

    def parts(self, name="x.h5"):
        folder = self.path(name + ".parts")
        return os.listdir(folder) if os.path.isdir(folder) else []

    def checkpoints(self, name="x.h5"):
        found = [re.fullmatch(r"(\d+)\.checkpoint", file) for file in self.parts(name)]
        return sorted(int(match[1]) for match in found if match)

    def in_parts(self, *names):
        return os.path.join(self.folder, "x.h5.parts", *names)

    def resume(self, *options, name="x.h5", code=0):
        done = self.cristae("resume", name, *options)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def contents(self, name):
        found = {}
        for part in PARTS:
            done = self.cristae("export", name, "--what", part)
            self.assertEqual(done.returncode, 0, done.stderr)
            found[part] = done.stdout
        return found

    def same_contents(self, name):
        """The result is, number by number, that of a run that nobody interrupted."""
        if FaultTest.whole is None:
            done = self.cristae("run", *RUN, "--output", "whole.h5", "--json", "-", "--quiet")
            self.assertEqual(done.returncode, 0, done.stderr)
            FaultTest.whole = (self.contents("whole.h5"), json.loads(done.stdout))
        for part, text in self.contents(name).items():
            self.assertTrue(text == FaultTest.whole[0][part], f"{part} differ")

    def is_whole(self, name="x.h5"):
        """As same_contents(), and nothing is left over."""
        self.same_contents(name)
        self.assertFalse(os.path.exists(self.path(name + ".parts")))

    def fails(self, code, pattern, *arguments):
        done = self.cristae(*arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, pattern)


class Killed(FaultTest):
    def test_at_random_moments_and_gone_on_with(self):
        tally["tried"] -= 1
        for seed in range(KILLS):
            with self.subTest(seed=seed):
                tally["tried"] += 1
                self.at_random(random.Random(seed))
                self.survived()

    def at_random(self, draw):
        shutil.rmtree(self.path("x.h5.parts"), ignore_errors=True)
        if os.path.exists(self.path("x.h5")):
            os.remove(self.path("x.h5"))
        process = self.start_run()
        went_on = False
        for _ in range(100):
            time.sleep(draw.uniform(0.05, 2))
            is_over = process.poll() is not None
            process.kill()
            err = process.communicate()[1]
            if is_over:
                self.assertEqual(process.returncode, 0, err)
                break
            if os.path.exists(self.path("x.h5")):  # killed between its last two steps
                self.same_contents("x.h5")
                if self.checkpoints():
                    self.resume("--overwrite")
                else:
                    shutil.rmtree(self.in_parts(), ignore_errors=True)
                break
            if self.checkpoints():
                went_on = True
                machine = draw.choice([[], ["--threads", "1"], ["--code", "table"],
                                       ["--engine", "cpu", "--threads", "3"]])
                process = self.start("resume", "x.h5", "--quiet", *OFTEN, *machine)
            else:
                self.fails(5, r"there is no checkpoint in 'x\.h5\.parts'", "resume", "x.h5")
                process = self.start_run(run=RUN + ["--overwrite"])
        else:
            self.fail("it never ended")
        self.is_whole()
        return went_on

    def test_after_a_shard_was_written_and_before_the_checkpoint(self):
        self.killed(rows=True)
        # As if more had been written since.
        numbers = [int(name.split(".")[0]) for name in os.listdir(self.in_parts())
                   if name.endswith(".shard")]
        shutil.copy(self.in_parts(f"{numbers[0]}.shard"), self.in_parts(f"{max(numbers) + 1}.shard"))
        with open(self.in_parts(".cristae-1-1.tmp"), "wb") as file:
            file.write(b"half a checkpoint")
        self.resume()
        self.is_whole()
        self.survived()

    def test_while_the_result_is_written(self):
        self.killed_while_it_writes("x.h5", *OFTEN)
        self.assertFalse(os.path.exists(self.path("x.h5")))
        if self.checkpoints():
            self.resume()
        else:
            self.cristae("run", *RUN, "--output", "x.h5", "--overwrite")
        self.is_whole()
        self.survived()


    def temporary(self):
        return {name for name in os.listdir(self.folder) if name.startswith(".cristae-")}

    def killed_while_it_writes(self, name, *often):
        """The temporary file that is left."""
        before = self.temporary()
        for _ in range(200):  # on a busy machine this process may often be woken too late
            process = self.start("run", *RUN, "--output", name, "--quiet", "--overwrite", *often)
            while process.poll() is None and self.temporary() <= before:
                pass
            process.kill()
            process.communicate()
            if self.temporary() > before:
                return (self.temporary() - before).pop()
            shutil.rmtree(self.path(name + ".parts"), ignore_errors=True)
            os.remove(self.path(name))  # it had its name before the kill
        self.fail("it could not be caught")

    def test_so_that_the_next_writer_of_the_file_removes_what_it_left(self):
        never = ["--checkpoint-every", "0"]
        left, of_another = (self.killed_while_it_writes(name, *never) for name in ("x.h5", "y.h5"))
        # Of one that lives, which holds a lock.
        living = left.replace(".tmp", "0.tmp")
        with open(self.path(living), "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            done = self.cristae("run", *RUN, "--output", "x.h5", "--overwrite", "--quiet")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.temporary(), {of_another, living})
        self.is_whole()
        self.survived()


class Interrupted(FaultTest):
    def interrupted(self, number, code):
        process = self.start_run()
        while not self.checkpoints():
            time.sleep(0.02)
        process.send_signal(number)
        err = process.communicate(timeout=30)[1]
        self.assertEqual(process.returncode, code, err)
        self.assertRegex(err, r"cristae resume x\.h5 goes on")
        # What is there so far is a result by itself.
        if os.path.exists(self.path("x.h5")):
            self.assertEqual(self.cristae("export", "x.h5").returncode, 0)
        self.resume("--threads", "1")
        self.is_whole()
        self.survived()

    def test_by_ctrl_c(self):
        self.interrupted(signal.SIGINT, 130)

    def test_by_the_end_of_its_time(self):
        self.interrupted(signal.SIGTERM, 143)

    def test_twice_in_a_row(self):
        process = self.start_run()
        while not self.checkpoints():
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertIn(process.returncode, (130, -signal.SIGINT))
        self.resume()
        self.is_whole()
        self.survived()

    def test_again_and_again(self):
        self.killed()
        for _ in range(3):
            process = self.start("resume", "x.h5", "--quiet", *OFTEN)
            wait_until_it_handles_signals(process)
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
            if process.returncode == 0:
                break
            self.assertEqual(process.returncode, 143)
        else:
            self.resume()
        self.is_whole()
        self.survived()

    def test_without_checkpoints_nothing_is_left(self):
        process = self.start("run", *RUN, "--output", "x.h5", "--checkpoint-every", "0")
        wait_until_it_handles_signals(process)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=30)[1]
        self.assertEqual(process.returncode, 130, err)
        self.assertNotIn("resume", err)
        self.assertFalse(os.path.exists(self.path("x.h5.parts")))
        self.survived()


class Damaged(FaultTest):
    def test_the_newest_checkpoint_so_that_the_one_before_serves(self):
        numbers = self.killed(checkpoints=3)
        self.assertEqual(len(numbers), 2)
        path = self.in_parts(f"{numbers[-1]}.checkpoint")
        for damage in ("truncated", "flipped"):
            with self.subTest(damage):
                with open(path, "r+b") as file:
                    if damage == "truncated":
                        file.truncate(os.path.getsize(path) // 2)
                    else:
                        file.seek(5000)
                        byte = file.read(1)[0]
                        file.seek(5000)
                        file.write(bytes([byte ^ 4]))
        done = self.resume()
        self.assertRegex(done.stderr, rf"warning: '.*{numbers[-1]}\.checkpoint' cannot be used \(its "
                                      r"bytes are not what a run writes\)\. The one before it is used\.")
        self.is_whole()
        self.survived()

    def test_every_checkpoint(self):
        for number in self.killed():
            with open(self.in_parts(f"{number}.checkpoint"), "wb") as file:
                file.write(b"no checkpoint")
        self.fails(5, r"error: there is no checkpoint in 'x\.h5\.parts' \('x\.h5\.parts/\d+\.checkpoint' "
                      r"cannot be used: its bytes are not what a run writes\)\. Run again with --overwrite\.",
                   "resume", "x.h5")
        self.assertFalse(os.path.exists(self.path("x.h5")))
        self.survived()

    def test_one_that_a_newer_version_wrote(self):
        for number in self.killed():
            with open(self.in_parts(f"{number}.checkpoint"), "r+b") as file:
                file.seek(len(b"cristae checkpoint\n"))
                file.write((99).to_bytes(4, "little"))
        self.fails(5, r"cannot be used: it has format 99, this version knows 2\)", "resume", "x.h5")
        self.assertTrue(self.checkpoints())
        self.survived()

    def test_a_shard(self):
        self.killed(rows=True)
        shard = sorted(name for name in os.listdir(self.in_parts()) if name.endswith(".shard"))[0]
        with open(self.in_parts(shard), "r+b") as file:
            file.seek(1000)
            byte = file.read(1)[0]
            file.seek(1000)
            file.write(bytes([byte ^ 16]))
        self.fails(5, r"'x\.h5\.parts/\d+\.shard' is damaged \(trajectories \d+ to \d+ do not have the "
                      r"checksum they were written with\)", "resume", "x.h5", "--quiet")
        self.assertFalse(os.path.exists(self.path("x.h5")))
        self.assertTrue(self.checkpoints())
        self.survived()

    def test_a_shard_that_is_gone(self):
        self.killed(rows=True)
        for name in os.listdir(self.in_parts()):
            if name.endswith(".shard"):
                os.remove(self.in_parts(name))
        self.fails(5, r"'x\.h5\.parts/\d+\.shard' cannot be read", "resume", "x.h5", "--quiet")
        self.assertFalse(os.path.exists(self.path("x.h5")))
        self.survived()

    def test_the_parts_of_another_run(self):
        self.killed(rows=True)
        other = list(RUN)
        other[other.index("--seed") + 1] = "12"
        self.killed("y.h5", run=other, rows=True)
        for number in self.checkpoints("y.h5"):
            shutil.copy(self.path(f"y.h5.parts/{number}.checkpoint"),
                        self.in_parts(f"{number + 1000}.checkpoint"))
        done = self.cristae("resume", "x.h5", "--quiet", "--json", "-")
        # Its own shards do not have the checksums that the other run's checkpoint knows.
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertRegex(done.stderr, "is damaged")
        self.assertFalse(os.path.exists(self.path("x.h5")))
        self.survived()


class Shared(FaultTest):
    def test_a_run_that_is_still_going_on_is_left_alone(self):
        process = self.start_run()
        while not self.checkpoints():
            time.sleep(0.02)
        for command in (["resume", "x.h5"], ["run", *RUN, "--output", "x.h5", "--overwrite"]):
            self.fails(5, rf"'x\.h5\.parts' is in use \(process {process.pid} on .+ writes the same "
                          r"result\)\. Wait for it, or give another name\.", *command)
        err = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 0, err)
        self.is_whole()
        self.survived()

    def test_what_was_killed_is_not_overwritten_without_a_word(self):
        self.killed()
        self.fails(5, r"'x\.h5\.parts' exists \(a run that was interrupted left it, or one is still under "
                      r"way\)\. Use cristae resume to go on with that run, --overwrite to remove what it "
                      r"left, or give another name\.", "run", *RUN, "--output", "x.h5")
        self.resume()
        self.is_whole()
        self.survived()


class Starved(FaultTest):
    def tmpfs(self, size):
        folder = self.path("small")
        os.makedirs(folder, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "cristae-fault", folder],
                              capture_output=True, text=True)
        if done.returncode != 0:
            tally["tried"] -= 1
            self.skipTest(f"no tmpfs can be mounted here: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", folder])
        return folder

    def test_of_disk_at_several_bytes(self):
        folder = self.tmpfs("1m")
        result = os.path.join("small", "x.h5")
        tally["tried"] -= 1
        for size in ("200k", "2m", "6m", "9m", "14m", "20m"):
            with self.subTest(size=size):
                tally["tried"] += 1
                subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)
                done = self.cristae("run", *RUN, "--output", result, "--quiet", *OFTEN)
                if done.returncode != 0:
                    self.assertEqual(done.returncode, 5, done.stderr)
                    self.assertRegex(done.stderr, "No space left on device")
                    self.assertFalse(os.path.exists(self.path(result)))
                    subprocess.run(["mount", "-o", "remount,size=200m", folder], check=True)
                    if self.checkpoints(result):
                        self.resume("--quiet", name=result)
                    else:
                        self.cristae("run", *RUN, "--output", result, "--quiet", "--overwrite")
                self.is_whole(result)
                self.survived()
                os.remove(self.path(result))

    def test_of_bytes_of_a_file(self):
        tally["tried"] -= 1
        for limit in (10_000, 100_000, 1_000_000, 3_000_000):
            with self.subTest(limit=limit):
                tally["tried"] += 1

                def before(limit=limit):
                    default_signals()
                    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

                process = self.start_run(before=before)
                err = process.communicate(timeout=60)[1]
                if process.returncode != 0:  # each of its files may be small enough
                    self.assertEqual(process.returncode, 5, err)
                    self.assertRegex(err, "File too large")
                    self.assertFalse(os.path.exists(self.path("x.h5")))
                    if self.checkpoints():
                        self.resume("--quiet")
                    else:
                        self.cristae("run", *RUN, "--output", "x.h5", "--quiet", "--overwrite")
                self.is_whole()
                self.survived()
                os.remove(self.path("x.h5"))

    def test_of_memory(self):
        tally["tried"] -= 1
        for limit in range(40, 400, 45):  # MB of address space
            with self.subTest(limit=limit):
                tally["tried"] += 1

                def before(limit=limit):
                    default_signals()
                    resource.setrlimit(resource.RLIMIT_AS, (limit << 20, limit << 20))

                process = self.start_run(before=before)
                err = process.communicate(timeout=120)[1]
                self.assertIn(process.returncode, (0, 1, 2, 5, 127), err)
                if process.returncode == 0:
                    self.is_whole()
                    os.remove(self.path("x.h5"))
                else:
                    self.assertNotEqual(err, "")
                    self.assertFalse(os.path.exists(self.path("x.h5")))
                    shutil.rmtree(self.path("x.h5.parts"), ignore_errors=True)
                self.survived()

    def test_of_memory_where_the_result_is_written(self):
        """Address space that ends in HDF5, which would crash or exit, or shortly before."""
        run = ["telegraph", "--t-end", "50", "--samples", "200", "--trajectories", "300", "--threads", "1",
               "--covariance", "--code", "table", "--overwrite"]

        def ends(kibibytes):
            def before():
                default_signals()
                resource.setrlimit(resource.RLIMIT_AS, (kibibytes << 10, kibibytes << 10))

            process = self.start_run("m.h5", run, before=before)
            err = process.communicate(timeout=60)[1]
            self.assertIn(process.returncode, (0, 1, 5, 127), (kibibytes, err))
            self.assertTrue(process.returncode == 0 or err, kibibytes)
            shutil.rmtree(self.path("m.h5.parts"), ignore_errors=True)
            return process.returncode

        least, most = 20 << 10, 1 << 20
        while most - least > 512:
            middle = (least + most) // 2
            least, most = (least, middle) if ends(middle) == 0 else (middle, most)
        for below in range(0, 12 << 10, 256):
            ends(most - below)
        self.assertEqual(self.cristae("export", "m.h5").returncode, 0)
        self.survived()

    def test_of_memory_when_it_goes_on(self):
        self.killed()

        def little():
            default_signals()
            resource.setrlimit(resource.RLIMIT_AS, (100 << 20, 100 << 20))

        process = self.start("resume", "x.h5", "--quiet", before=little)
        err = process.communicate(timeout=60)[1]
        # How far it comes, and whether it writes checkpoints meanwhile, is for the machine to say.
        self.assertIn(process.returncode, (1, 2, 5, 127), err)
        self.assertNotEqual(err, "")
        self.assertTrue(self.checkpoints())
        self.resume()
        self.is_whole()
        self.survived()

    def test_of_its_folder(self):
        process = self.start_run()
        while not self.checkpoints():
            time.sleep(0.02)
        shutil.rmtree(self.path("x.h5.parts"))
        err = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 5, err)
        self.assertRegex(err, r"there is no folder 'x\.h5\.parts'")
        self.assertFalse(os.path.exists(self.path("x.h5")))
        self.survived()


class GoesOn(FaultTest):
    """Whatever a run can ask for."""

    def same(self, *arguments):
        run = [*arguments, "--seed", "4"]
        self.killed(run=run)
        self.resume()
        whole = self.cristae("run", *run, "--output", "whole.h5", "--quiet")
        self.assertEqual(whole.returncode, 0, whole.stderr)
        for part in ("statistics", "histograms", "features", "end-states"):
            one, two = (self.cristae("export", name, "--what", part) for name in ("x.h5", "whole.h5"))
            self.assertEqual((one.returncode, one.stdout == two.stdout), (0, True), part)
        self.survived()

    def test_with_cells_that_differ(self):
        self.same("isr", "--vary", "all", "--replicates", "5", "--t-end", "200", "--condition", "mito",
                  "--trajectories", "4000")

    def test_with_sisters(self):
        self.same("vilar", "--sisters", "4", "--fork-at", "50", "--t-end", "100", "--trajectories", "4000")

    def test_with_a_condition_to_stop(self):
        self.same("vilar", "--stop-when", "R > 1900", "--t-end", "400", "--trajectories", "3000",
                  "--burn-in", "20")

    def test_until_a_precision(self):
        self.same("vilar", "--until", "se(mean(R[end])) < 1 %", "--t-end", "100")

    def test_with_one_long_trajectory(self):
        self.same("vilar", "--t-end", "20000", "--samples", "100", "--trajectories", "1")

    def test_from_the_states_of_another_result(self):
        done = self.cristae("run", "vilar", "--t-end", "20", "--trajectories", "50", "--output", "start.h5",
                            "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.same("vilar", "--start-from", "start.h5", "--t-end", "150", "--trajectories", "2500")

    def test_but_not_from_states_that_were_replaced(self):
        for seed in ("1", "2"):
            self.cristae("run", "vilar", "--t-end", "20", "--trajectories", "50", "--output",
                         f"start{seed}.h5", "--quiet", "--seed", seed)
        self.killed(run=["vilar", "--start-from", "start1.h5", "--t-end", "150", "--trajectories", "2500",
                         "--seed", "4"])
        os.replace(self.path("start2.h5"), self.path("start1.h5"))
        self.fails(5, r"'x\.h5' cannot be gone on with \(the states that it starts from are others by now\)\. "
                      r"Put the result that it started from back\.", "resume", "x.h5")
        self.survived()

    def test_but_not_with_other_random_numbers(self):
        self.killed()
        self.fails(2, r"'x\.h5' cannot go on with the engine 'reference' \(it began with 'auto', and reference "
                      r"has other random numbers\)\. Leave --engine out\.", "resume", "x.h5", "--engine",
                   "reference")
        self.resume()
        self.is_whole()
        self.survived()

    def test_in_a_folder_of_an_odd_name(self):
        os.makedirs(self.path("größe und 'mehr'"))
        name = "größe und 'mehr'/x y.h5"
        self.killed(name)
        done = self.cristae("resume", name, "--quiet", LC_ALL="de_DE.UTF-8")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.is_whole(name)
        self.survived()

    def test_not_where_nothing_was_interrupted(self):
        self.fails(5, r"error: there is no checkpoint in 'none\.h5\.parts' \(there is no such folder: nothing "
                      r"was interrupted\)\. Give the name of an interrupted result\.", "resume", "none.h5")
        self.survived()


def tearDownModule():
    print(f"\nfaults tried: {tally['tried']}, survived: {tally['survived']}, bytes of results lost: "
          f"{tally['bytes lost']}", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
