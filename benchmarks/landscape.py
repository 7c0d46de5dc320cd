"""The loss of LeNet around its weights at 51 × 51 points, beside the plain loop over points in torch, on the same pictures.

LeNet learns scikit-learn's digits (8 epochs, seed 0); the plane is random and filter-normalized, the sample 512 of its training pictures. Three
sides, by turns, each on all cores:

    plain     set the weights, run the network over the sample in batches of 256, mean of the loss: at every point
    points    the same work rewritten (vitreous.inside.landscape.compiling and .rows): at every point
    smooth    what a landscape does: the network at Chebyshev points, polynomials between, checked at points that were drawn

Of the plain loop every `--every`-th row is timed, and its time multiplied, since a row costs what the others cost. The largest difference is over the
points of these rows. Then a whole landscape from the run's folder: decoding, a second sample, all.

    python benchmarks/landscape.py [--every N]
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import harness
import numpy as np
from harness import Claim, median

POINTS, PICTURES, BATCH, EPOCHS = 51, 512, 256, 8
MOST_SECONDS, LEAST_FASTER, MOST_DIFFERENCE = 60.0, 5.0, 1e-5


def main() -> None:
    options = harness.parser(__doc__, repeats=3)
    options.add_argument("--every", type=int, default=5, help="rows of the plain loop that are timed (%(default)s)")
    arguments = options.parse_args()
    try:
        import torch  # noqa: F401
    except ImportError:
        harness.skip('torch is not there: pip install "vitreous[train]"')
    points, pictures = (POINTS, PICTURES) if not arguments.quick else (31, 128)
    if arguments.quick:
        arguments.repeats = 2
    benchmark = harness.begin("landscape", arguments)
    with tempfile.TemporaryDirectory() as folder:
        run = trained(Path(folder))
        case = Case(run, points, pictures)
        rows = list(range(0, points, arguments.every))
        found = harness.alternate(
            arguments.repeats,
            {"plain": lambda: timed(lambda: case.plain(rows)), "points": lambda: timed(case.points), "smooth": lambda: timed(case.smooth)},
        )
        seconds = {name: [round(each[0], 3) for each in measured] for name, measured in found.items()}
        seconds["plain"] = [round(each * points / len(rows), 3) for each in seconds["plain"]]
        differences = {name: float(np.abs(found[name][0][1][rows] - found["plain"][0][1]).max()) for name in ("points", "smooth")}
        begun = time.perf_counter()
        landscape = run.landscape(points=points, pictures=pictures)
        whole = time.perf_counter() - begun
    faster = {name: [round(a / b, 2) for a, b in zip(seconds["plain"], seconds[name], strict=True)] for name in ("points", "smooth")}
    benchmark.measured |= {"points": points, "pictures": pictures, "seconds": seconds, "differences": differences, "said": landscape.lines()}
    size = f"{points} × {points} points on {pictures} pictures"
    benchmark.claim(Claim(f"landscape of LeNet, {size}", median(seconds["smooth"]), "s", "at most", MOST_SECONDS, seconds["smooth"]))
    benchmark.claim(Claim("the same from the run's folder, with a second sample", round(whole, 2), "s", "at most", MOST_SECONDS))
    benchmark.claim(Claim("beside the plain loop", median(faster["smooth"]), "× faster", "at least", LEAST_FASTER, faster["smooth"]))
    every = Claim(
        "with the network at every point, beside the plain loop", median(faster["points"]), "× faster", "at least", LEAST_FASTER, faster["points"]
    )
    benchmark.claim(every)
    worst = max(differences.values())
    benchmark.claim(Claim("largest difference of a mean loss to the plain loop", worst, "", "at most", MOST_DIFFERENCE))
    benchmark.write()


def timed(work: Any) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


def trained(folder: Path) -> Any:
    import vitreous as vt
    from vitreous.core.reporter import Quiet
    from vitreous.data.samples import write_sample

    write_sample("digits", folder / "digits")
    return vt.train(folder / "digits", net="lenet", trainer="torch", epochs=EPOCHS, runs=str(folder / "runs"), reporter=Quiet())


class Case:
    """One run, one plane, one sample, for all sides."""

    def __init__(self, run: Any, points: int, pictures: int) -> None:
        from safetensors.torch import load_file

        from vitreous.core.reporter import Quiet
        from vitreous.infer.machine import this_machine
        from vitreous.inside.landscape.learned import learned
        from vitreous.inside.landscape.plane import random_plane
        from vitreous.inside.landscape.program import program_of, run_fixed
        from vitreous.inside.landscape.sample import sample_of
        from vitreous.inside.landscape.surface import Work
        from vitreous.nets import build

        found = learned(run._run, run.network)
        program = program_of(found.walk, found.weights, "the run")
        sample = sample_of(run._run, run.network, pictures, 0)
        self.X, self.target = run_fixed(program, found.walk.constants | {"image": sample.pictures}), sample.target
        self.plane, self.names = random_plane(program.weights), found.stored
        self.axis = np.linspace(-1, 1, points)
        self.work, self.quiet = Work(program, self.plane, this_machine().cores, False), Quiet()
        self.net = build("lenet", len(run.labels), 1, run.network.view.size).eval()
        self.net.load_state_dict(load_file(run.folder / "weights.safetensors"))

    def plain(self, rows: list[int]) -> Any:
        """As anyone would write it."""
        import torch
        from torch.nn.functional import cross_entropy

        torch.set_num_threads(self.work.cores)
        x, y = torch.from_numpy(self.X), torch.from_numpy(self.target)
        parameters = dict(self.net.named_parameters())
        centre, first, second = (
            {self.names[name]: torch.tensor(W) for name, W in part.items()} for part in (self.plane.centre, self.plane.first, self.plane.second)
        )
        loss = np.zeros((len(rows), len(self.axis)))
        with torch.inference_mode():
            for row, beta in enumerate(self.axis[rows]):
                for column, alpha in enumerate(self.axis):
                    for name, parameter in parameters.items():
                        parameter.copy_(centre[name] + alpha * first[name] + beta * second[name])
                    sums = [cross_entropy(self.net(a), b, reduction="sum").item() for a, b in zip(x.split(BATCH), y.split(BATCH), strict=True)]
                    loss[row, column] = sum(sums) / len(x)
        return loss

    def points(self) -> Any:
        return self.work.mean(self.axis, self.axis, self.X, self.target)

    def smooth(self) -> Any:
        return self.work.surface(self.axis, self.axis, self.X, self.target, self.quiet)[0]


if __name__ == "__main__":
    main()
