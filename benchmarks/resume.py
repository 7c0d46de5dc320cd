"""Does a training that is killed again and again end with the bits of one that was left alone, and what does storing cost?

    python benchmarks/resume.py [--kills N] [--quick]

LeNet on scikit-learn's digits with augmentation, dropout, mixup and averaged weights, by the command line. One training is left alone;
another is begun, and killed (kill -9) at a random moment after its first state or after it goes on, N times, each time gone on with by
`vitreous train --resume`; whenever one gets to its end, the next training begins. Target: every ending has the same model.onnx, byte for
byte. Then storing as a share of the time, by a clock around it: at most 2 %.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import VITREOUS, Claim, begin, environment, parser, run_well, skip

OPTIONS = ["--net", "lenet", "--batch", "32", "--augment", "crop=2", "--dropout", "0.2", "--mixup", "0.2", "--average", "0.98", "--threads", "1"]
LONGEST = 4.0  # seconds of work between two kills, at most


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--epochs", type=int, default=20)
    arguments = options.parse_args()
    try:
        import torch
    except ImportError:
        skip("torch is not installed")
    benchmark = begin("resume", arguments)
    kills, epochs = (2, 15) if arguments.quick else (arguments.kills, arguments.epochs)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        env = environment(work / "cache") | {"OMP_NUM_THREADS": "1"}
        run_well([*VITREOUS, "sample", "digits", "digits"], env, work)
        train = [*VITREOUS, "train", "digits", *OPTIONS, "--epochs", str(epochs)]
        begun = time.perf_counter()
        run_well(train, env, work)
        alone = time.perf_counter() - begun
        expected = (work / "runs" / "digits-1" / "model.onnx").read_bytes()
        moments, same, endings, done, number = random.Random(0), 0, 0, 0, 2
        started = killed(train, env, work, "Epoch 1", moments, number)
        while done < kills or not started:
            run = work / "runs" / f"digits-{number}"
            if done >= kills or killed([*VITREOUS, "train", "--resume", str(run)], env, work, "Going on", moments):
                if done >= kills:
                    run_well([*VITREOUS, "train", "--resume", str(run)], env, work)
                endings, same = endings + 1, same + ((run / "model.onnx").read_bytes() == expected)
                if done >= kills:
                    break
                number += 1
                killed(train, env, work, "Epoch 1", moments, number)
            done += 1
    share = storing(epochs)
    benchmark.measured = {"kills": done, "endings": endings, "seconds_alone": round(alone, 1), "torch": torch.__version__}
    benchmark.claim(Claim("endings that are bit-identical", same, f"of {endings}, after {done} kills", "at least", endings))
    benchmark.claim(Claim("storing", round(100 * share, 2), "% of the time", "at most", 2.0))
    benchmark.write()


def killed(command: list[str], env: dict[str, str], work: Path, begins: str, moments: random.Random, number: int = 0) -> bool:
    """Begin, wait for a line that begins so (and for the first state of run `number`), kill at a random moment after it; whether it had come to
    its end before."""
    process = subprocess.Popen(command, cwd=work, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(begins):
            break
    while number and process.poll() is None and not (work / "runs" / f"digits-{number}" / "state" / "training.json").exists():
        time.sleep(0.01)
    time.sleep(moments.random() * LONGEST)
    ended = process.poll() == 0
    process.kill()
    process.communicate()
    return ended


def storing(seconds: int) -> float:
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
            return time.monotonic() - clock.begun > max(30, seconds)

        train(made, position, [""] * 640, pause, lambda: None)
    return clock.share


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
