"""How long does a stress test take, what does it find, and are slices named rightly?

    python benchmarks/stress.py [--repeats N] [--run RUN] [--quick]

*Stress*: the clothing test photos under 11 corruptions at 5 strengths, from process start, beside what this machine could do at best in the
same round: the forward passes and the making of the corrupted pictures, each measured alone at full load, one after the other. Target:
1.3 × that + 5 s. The accuracies are stored as they are; nothing is chosen by them. *Slices*: on made-up answers of 1,000 pictures with five
features (93 slices or so), how often a slice is named where none is worse (target: at most 5 %, and two standard errors of the draws), and
how often a slice of 15 % of the pictures with 20 points less accuracy is found (target: at least 90 %).
"""

import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from first_model import some_of
from harness import VITREOUS, Benchmark, Claim, alternate, begin, environment, median, parser, require, run_well

from vitreous.core.view import View
from vitreous.data.decode import Policy
from vitreous.fit.stress import VERSIONS, _versions
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.engine import run_batch, start_engine
from vitreous.infer.machine import this_machine
from vitreous.infer.network import load_network
from vitreous.metrics.slices import worse_slices

FACTOR, EXTRA_SECONDS = 1.3, 5
FALSE_ALARMS, FOUND = 0.05, 0.9
PICTURES, PLANTED, WORSE_BY = 1000, 0.15, 0.2
_TESTED = """
import json, sys
from vitreous import api
print(json.dumps(api.load(sys.argv[1]).stress().to_json()))
"""


def main() -> None:
    options = parser(__doc__, repeats=3)
    options.add_argument("--run", type=Path, help="a finished run on the clothing photos, instead of training one")
    arguments = options.parse_args()
    photos = arguments.data / "clothing"
    require(photos)
    benchmark = begin("stress", arguments)
    with tempfile.TemporaryDirectory() as work:
        if arguments.quick:
            arguments.repeats, photos = 1, some_of(photos, Path(work), 6)
        run = arguments.run
        if run is None:
            trained = run_well(
                [*VITREOUS, "train", photos, "--tune", "none", "--json", "--runs", Path(work) / "runs"], environment(Path(work) / "cache")
            )
            run = Path(trained.json()["run"])
        seconds(benchmark, photos, run, Path(work) / "cache")
    judgements(benchmark, 20 if arguments.quick else 400)
    benchmark.write()


def seconds(benchmark: Benchmark, photos: Path, run: Path, cache: Path) -> None:
    """The stress test beside its limit, by turns."""
    network = load_network(run / "model.onnx")
    files = sorted(str(file) for file in (photos / "test").glob("*/*"))

    def tested() -> dict[str, Any]:
        ran = run_well([sys.executable, "-c", _TESTED, run], environment(cache))
        return {"seconds": round(ran.seconds, 2), "cpu_seconds": round(ran.cpu_seconds, 2), "found": ran.json()}

    def limit() -> dict[str, Any]:
        forward, making = forward_rate(network), making_rate(network.view, files[:48])
        count = len(files) * (1 + len(VERSIONS))
        return {"forward_per_s": round(forward, 1), "made_per_s": round(making, 1), "limit_s": round(count / forward + count / making, 2)}

    found = alternate(benchmark.arguments.repeats, {"limit": limit, "stress": tested})
    result = found["stress"][-1].pop("found")
    for each in found["stress"][:-1]:
        del each["found"]
    benchmark.measured |= found | {"accuracies": {key: result[key] for key in ("what", "accuracy", "mean_corruption_accuracy", "findings")}}
    benchmark.measured["accuracies"] |= {
        each["name"]: {f"{cell['strength']:g}": round(cell["accuracy"], 4) for cell in each["strengths"]} for each in result["corruptions"]
    }
    took, allowed = ([each[key] for each in found[side]] for side, key in (("stress", "seconds"), ("limit", "limit_s")))
    note = f"{result['what']}, {len(VERSIONS)} corruptions; the machine's limit is {median(allowed):.1f} s"
    benchmark.claim(Claim("stress test of clothing", median(took), "s", "at most", round(FACTOR * median(allowed) + EXTRA_SECONDS, 1), took, note))
    print(json.dumps(benchmark.measured["accuracies"], indent=1), file=sys.stderr)


def forward_rate(network: Any) -> float:
    """Pictures a second through the engine, at full load."""
    engine = start_engine(network, setting_for_answers(network, 10_000, "auto"))
    side = network.view.size
    pictures = np.random.default_rng(0).integers(0, 256, (512, side, side, 3), np.uint8)
    run_batch(engine, pictures[:64])
    start = time.perf_counter()
    run_batch(engine, pictures)
    return len(pictures) / (time.perf_counter() - start)


def making_rate(view: View, files: list[str]) -> float:
    """Corrupted pictures a second on all cores, from the files on."""
    with ThreadPoolExecutor(this_machine().cores) as pool:
        start = time.perf_counter()
        count = sum(pool.map(lambda file: len(_versions(file, view, Policy(), None)), files))
        return count / (time.perf_counter() - start)


def judgements(benchmark: Benchmark, draws: int) -> None:
    rng = np.random.default_rng(0)
    named = sum(bool(drawn(rng, 0.0)) for _ in range(draws)) / draws
    found = sum("site north" in drawn(rng, WORSE_BY) for _ in range(draws)) / draws
    benchmark.measured["slices"] = {"draws": draws, "false_alarms": named, "found": found}
    noise = round(2 * (FALSE_ALARMS * (1 - FALSE_ALARMS) / draws) ** 0.5, 4)
    benchmark.claim(Claim("a slice is named where none is worse", named, f"of {draws} draws", "at most", FALSE_ALARMS + noise))
    what = f"a slice of {PLANTED:.0%} of {PICTURES:,} pictures, {100 * WORSE_BY:.0f} points worse, is found"
    benchmark.claim(Claim(what, found, f"of {draws} draws", "at least", FOUND))


def drawn(rng: np.random.Generator, worse_by: float) -> list[str]:
    """The names of the slices found in made-up answers; the pictures of the site "north" are answered worse."""
    target = rng.integers(0, 10, PICTURES)
    light = rng.normal(size=PICTURES)
    north = rng.random(PICTURES) < PLANTED
    features: dict[str, Any] = {
        "site": np.where(north, "north", "south").tolist(),
        "brightness": light,
        "contrast": light + rng.normal(size=PICTURES),
        "camera": rng.choice(["a", "b", "c"], PICTURES).tolist(),
        "width": rng.choice([400.0, 640.0, 800.0], PICTURES),
    }
    right = rng.random(PICTURES) < np.linspace(0.95, 0.7, 10)[target] - worse_by * north
    labels = [f"class {k}" for k in range(10)]
    return [each.name for each in worse_slices(right, target, labels, np.arange(PICTURES), features).worse]


if __name__ == "__main__":
    main()
