#!/usr/bin/env python3
# tests/faults/soak.py - random runs, interrupted, killed, resumed, sharded, shared and extended, for as long as told.
"""
    python3 tests/faults/soak.py [SECONDS] [SEED]    (default: 1800 seconds, seed 1)

Takes the program from CRISTAE_BIN (default: build/cristae). Every run draws a network, a length, a
number of trajectories and what is kept; it is run whole, and once more in pieces by a random way. All
statistics and features of both must agree, and nothing else may be left in the folder. Prints a line
per run, and at the end how many there were and the most memory that a process took; exit code 1 where
one disagrees.
"""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(os.environ.get("CRISTAE_BIN", "build/cristae"))
NETWORKS = {  # name and a span in its own time unit
    "birth_death": 200, "vilar": 60, "schloegl": 5, "telegraph": 400, "chain": 4, "isr": 30,
    "mitophagy": 30, "dimerisation": 30,
}


def cristae(folder, *arguments, kill_after=None, how=signal.SIGKILL):
    """Exit code and standard error."""
    process = subprocess.Popen([PROGRAM, *arguments], cwd=folder, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    if kill_after is not None:
        try:
            process.wait(kill_after)
        except subprocess.TimeoutExpired:
            process.send_signal(how)
    err = process.communicate(timeout=600)[1]
    return process.returncode, err


def hashes(folder, name):
    done = subprocess.run([PROGRAM, "export", name], cwd=folder, capture_output=True, check=True)
    features = subprocess.run([PROGRAM, "export", name, "--what", "features"], cwd=folder,
                              capture_output=True, check=True)
    return done.stdout, features.stdout


def in_pieces(draw, folder, run, trajectories):
    """Makes x.h5 by a random way, which it returns as text."""
    way = draw.choice(["killed", "killed", "interrupted", "sharded", "shared", "extended"])
    if way == "sharded":
        parts = min(draw.randint(2, 5), trajectories)
        names = [f"{i}.h5" for i in range(1, parts + 1)]
        for i in draw.sample(range(1, parts + 1), parts):
            code, err = cristae(folder, *run, "--shard", f"{i}/{parts}", "--output", f"{i}.h5", "--quiet")
            assert code == 0, err
        draw.shuffle(names)
        code, err = cristae(folder, "merge", *names, "-o", "x.h5", "--quiet")
        assert code == 0, err
        for name in names:
            os.remove(os.path.join(folder, name))
        return f"{parts} shards"
    if way == "shared":
        return shared(draw, folder, run, trajectories)
    if way == "extended":
        less = draw.randint(1, trajectories)
        shorter = [*run]
        shorter[shorter.index("--trajectories") + 1] = str(less)
        code, err = cristae(folder, *shorter, "--output", "x.h5", "--quiet")
        assert code == 0, err
        if less < trajectories:
            code, err = cristae(folder, "extend", "x.h5", "--trajectories", str(trajectories), "--quiet")
            assert code == 0, err
        return f"extended from {less}"
    how = signal.SIGKILL if way == "killed" else draw.choice([signal.SIGINT, signal.SIGTERM])
    often = ["--checkpoint-every", str(draw.choice([0.02, 0.05, 0.2]))]
    code, err = cristae(folder, *run, "--output", "x.h5", "--quiet", *often,
                        kill_after=draw.uniform(0.05, 1.5), how=how)
    times = 0
    while code != 0:
        times += 1
        assert code in (-how, 128 + how), (code, err)
        assert times < 200, "it never ends"
        machine = draw.choice([[], ["--threads", "1"], ["--code", "table"], ["--isa", "avx2"]])
        code, err = cristae(folder, "resume", "x.h5", "--quiet", *often, *machine,
                            kill_after=None if times > 20 else draw.uniform(0.2, 2), how=how)
        if code == 5 and "there is no checkpoint" in err or code == 2 and "instruction set" in err:
            code, err = cristae(folder, *run, "--output", "x.h5", "--quiet", "--overwrite", *often)
    return f"{way} {times} times"


def shared(draw, folder, run, trajectories):
    """By processes that take the shards of one run, some of which are killed."""
    shards = min(draw.randint(1, 12), trajectories)
    command = [PROGRAM, *run, "--shard", f"any/{shards}", "--output", "x.h5", "--quiet", "--checkpoint-every", "0.05"]
    killed = started = 0
    while not os.path.exists(os.path.join(folder, "x.h5")) or os.path.exists(os.path.join(folder, "x.h5.shared")):
        assert started < 300, "it never ends"
        processes = [subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
                     for _ in range(draw.randint(1, 3))]
        started += len(processes)
        for process in processes:
            if started < 100 and draw.random() < 0.5:
                time.sleep(draw.uniform(0.02, 1))
                process.kill()
        for process in processes:
            err = process.communicate(timeout=600)[1]
            killed += process.returncode == -signal.SIGKILL
            assert process.returncode in (0, 4, -signal.SIGKILL), err
    return f"{shards} shared, {killed} killed"


def one(draw, folder):
    network = draw.choice(list(NETWORKS))
    trajectories = draw.choice([1, 7, 64, 300, 1000, 3000])
    t_end = NETWORKS[network] * draw.uniform(0.5, 2) * max(1, 1000 // trajectories)
    run = ["run", network, "--trajectories", str(trajectories), "--t-end", f"{t_end:.6g}", "--samples",
           str(draw.choice([5, 50, 300])), "--seed", str(draw.randrange(1 << 60)), "--threads", "2"]
    if draw.random() < 0.3:
        run += ["--raw"]
    if draw.random() < 0.3:
        run += ["--covariance"]
    began = time.monotonic()
    code, err = cristae(folder, *run, "--output", "whole.h5", "--quiet")
    assert code in (0, 4), err
    way = in_pieces(draw, folder, run, trajectories)
    same = hashes(folder, "whole.h5") == hashes(folder, "x.h5")
    # A process that is killed while it writes a result leaves a file with this name beside it.
    left = sorted(name for name in os.listdir(folder) if not name.startswith(".cristae-"))
    print(f"{network:<13} {trajectories:>5} trajectories  {way:<22} {time.monotonic() - began:6.1f} s  "
          f"{'same' if same else 'DIFFERENT: ' + ' '.join(run)}"
          f"{'' if left == ['whole.h5', 'x.h5'] else '  left: ' + ' '.join(left)}", flush=True)
    return same and left == ["whole.h5", "x.h5"]


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1800
    draw = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    end = time.monotonic() + seconds
    runs = wrong = 0
    while time.monotonic() < end:
        folder = tempfile.mkdtemp(prefix="cristae-soak-")
        try:
            runs += 1
            wrong += not one(draw, folder)
        finally:
            shutil.rmtree(folder)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps({"runs": runs, "wrong": wrong, "most_memory_mb": round(memory)}))
    return 1 if wrong or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
