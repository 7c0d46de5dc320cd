"""Does a training that is killed end with the bits of one that was left alone, and what does storing cost?

    python benchmarks/resume.py [--trainings N] [--quick]

LeNet on two of scikit-learn's digits with augmentation, dropout, mixup and averaged weights, by the command line. One training is left alone;
N others are each killed (kill -9) once, at a random moment between their first state and their end, and gone on with by
`vitreous train --resume`. Target: every ending has the same model.onnx, byte for byte. The trainings are as long as it takes for a first
state, which comes after five seconds, and some seconds more. Then storing as a share of the time, by a clock around it: at most 2 %.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from math import ceil
from pathlib import Path

from harness import VITREOUS, Claim, begin, environment, parser, run_well, skip

OPTIONS = ["--net", "lenet", "--batch", "32", "--augment", "crop=2", "--dropout", "0.2", "--mixup", "0.2", "--average", "0.98", "--threads", "1"]
SECONDS = 8.0  # of learning, by the pace of a short training
PACE_EPOCHS = 10
STORING_SECONDS = 30.0


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--trainings", type=int, default=20)
    arguments = options.parse_args()
    try:
        import torch
    except ImportError:
        skip("torch is not installed")
    benchmark = begin("resume", arguments)
    trainings = 2 if arguments.quick else arguments.trainings
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        env = environment(work / "cache") | {"OMP_NUM_THREADS": "1"}
        run_well([*VITREOUS, "sample", "digits", "all"], env, work)
        for digit in ("3", "8"):
            shutil.copytree(work / "all" / digit, work / "digits" / digit)
        train = [*VITREOUS, "train", "digits", *OPTIONS, "--patience", "100000", "--epochs"]
        run_well([*train, str(PACE_EPOCHS), "--name", "pace"], env, work)
        epochs = ceil(PACE_EPOCHS * SECONDS / history(work / "runs" / "pace-1")[-1]["seconds"])
        run_well([*train, str(epochs)], env, work)
        alone = work / "runs" / "digits-1"
        expected, seconds = (alone / "model.onnx").read_bytes(), history(alone)[-1]["seconds"]
        moments, behind, same, number = random.Random(0), [], 0, 1
        while len(behind) < trainings:
            number += 1
            run = work / "runs" / f"digits-{number}"
            if not killed([*train, str(epochs)], env, work, run, moments.random(), epochs):
                continue  # it had come to its end before
            if json.loads((run / "run.json").read_bytes())["status"] == "finished":
                continue  # killed behind its last write
            behind.append(json.loads((run / "state" / "training.json").read_bytes())["position"]["step"])
            run_well([*VITREOUS, "train", "--resume", str(run)], env, work)
            same += (run / "model.onnx").read_bytes() == expected
            print(f"{len(behind)} of {trainings}: gone on with behind step {behind[-1]:,}; {same} the same", flush=True)
    share = storing()
    benchmark.measured = {
        "killed": len(behind),
        "epochs": epochs,
        "seconds_alone": round(seconds, 1),
        "gone_on_behind_step": behind,
        "torch": torch.__version__,
    }
    benchmark.claim(Claim("endings that are bit-identical", same, f"of {len(behind)} trainings, each killed once", "at least", len(behind)))
    benchmark.claim(Claim("storing", round(100 * share, 2), "% of the time", "at most", 2.0))
    benchmark.write()


def killed(command: list[str], env: dict[str, str], work: Path, run: Path, share: float, epochs: int) -> bool:
    """Begin a training, wait for the first state of its `run`, kill it when that `share` of the epochs left is over, wherever it is in the next
    one; false where it had come to its end before."""
    process = subprocess.Popen(command, cwd=work, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal, last = run / "journal.jsonl", None
    while process.poll() is None:
        if (run / "state" / "training.json").exists() and journal.exists():
            over = journal.read_bytes().count(b"\n")
            last = over + share * (epochs - over) if last is None else last
            if over >= last:
                process.kill()
        time.sleep(0.01)
    return process.wait() != 0


def history(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "history.jsonl").read_bytes().splitlines()]


def storing() -> float:
    """The share of the time that a clock gives to storing a state of LeNet, written as runs are, while steps are made in between."""
    import numpy as np
    import torch

    from vitreous.fit.pictures import Pictures
    from vitreous.runs.writing import create
    from vitreous.training.bench import bench
    from vitreous.training.keeping import Clock
    from vitreous.training.loop import train
    from vitreous.training.pictures import Batches, standard_of
    from vitreous.training.position import Position
    from vitreous.training.recipe import Recipe
    from vitreous.training.state import to_files

    recipe = Recipe(
        "lenet", 1, 28, 10, 0, epochs=10_000, batch=32, rate=1e-3, optimizer="adamw", momentum=None, decay=0.0, schedule="constant",
        loss="cross-entropy", smoothing=0.0, class_weights="none", mixup=0.0, dropout=None, augment="none", clip=None, average=0.0, patience=10_000,
        device="cpu", threads=1,
    )  # fmt: skip
    values = np.random.default_rng(0).integers(0, 256, (640, 28, 28, 1), np.uint8)
    pictures, target = Pictures(values, np.arange(640)), np.arange(640) % 10
    standard = standard_of(pictures, 1)
    batches = [Batches(pictures[part], target[part], standard, torch.device("cpu"), False) for part in (slice(0, 512), slice(512, None))]
    made, position, clock = bench(recipe, *batches), Position(), Clock()
    with tempfile.TemporaryDirectory() as folder, create(Path(folder), "x", {}) as writer:

        def pause() -> bool:
            if clock.due():
                files = to_files(made, position)
                clock.save(lambda: writer.write_state({"model.onnx": bytes(250_000)} | files, {}))
            return time.monotonic() - clock.begun > STORING_SECONDS

        train(made, position, [""] * 640, pause, lambda: None)
    return clock.share


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
