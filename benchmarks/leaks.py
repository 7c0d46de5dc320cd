"""Are test pictures found that are in the training part too? The clothing photos, with a tenth of the test part planted into training.

    python benchmarks/leaks.py

Each planted picture is re-encoded as a JPEG of quality 50 to 90, every third one also at half its size, so that no two files are alike. Those
that repeat in the data by themselves are known from a look at the untouched folder. Targets: every planted one is named by `look`; a
training says how many there are, and its accuracy without them.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from harness import VITREOUS, Claim, begin, environment, parser, require, run, run_well
from PIL import Image

SHARE = 0.1
WITHOUT = re.compile(r"(\d+) test pictures also in training or validation.* without them accuracy (\d\.\d+) \[(\d\.\d+), (\d\.\d+)\]")


def main() -> None:
    arguments = parser(__doc__, repeats=1).parse_args()
    clothing = arguments.data / "clothing"
    require(clothing)
    benchmark = begin("leaks", arguments)
    with tempfile.TemporaryDirectory() as made:
        data, env = Path(made) / "data", environment(Path(made) / "cache")
        shutil.copytree(clothing, data, copy_function=lambda source, target: Path(target).symlink_to(Path(source).resolve()))
        before = leaks(data, env)
        planted = plant(data, SHARE)
        found = leaks(data, env) - before
        trained = run([*VITREOUS, "train", data, "--tune", "none", "--runs", Path(made) / "runs"], env)
    said = WITHOUT.search(trained.output + trained.errors)
    if trained.code != 0:
        sys.exit(trained.errors[-3000:])
    benchmark.measured = {
        "planted": len(planted),
        "found": len(found & planted),
        "found_besides": sorted(found - planted),
        "in_the_data_themselves": sorted(before),
        "said_in_training": said[0] if said else "",
    }
    note = f"{len(found & planted)} of {len(planted)}; besides {len(found - planted)}; in the data themselves {len(before)}"
    benchmark.claim(Claim("planted leaks that look finds", len(found & planted) / len(planted), "of all", "at least", 1.0, note=note))
    count = int(said[1]) if said else 0
    figures = f"accuracy {said[2]} [{said[3]}, {said[4]}] without them" if said else "nothing was said"
    benchmark.claim(Claim("leaks that a training counts", count, "pictures", "at least", len(planted | before), note=figures))
    benchmark.write()


def leaks(data: Path, env: dict[str, str]) -> set[str]:
    """The test pictures that `look` calls leaks."""
    facts: dict[str, Any] = run_well([*VITREOUS, "look", data, "--json"], env).json()
    return {each["image"] for each in facts["leaks"] if each["split"] == "test"}


def plant(data: Path, share: float) -> set[str]:
    """Write a tenth of the test pictures, re-encoded, into the training part; their paths below `data`."""
    rng = np.random.default_rng(0)
    test = sorted((data / "test").rglob("*.jpg"))
    chosen = [test[i] for i in sorted(rng.choice(len(test), round(share * len(test)), replace=False))]
    for number, path in enumerate(chosen):
        with Image.open(path) as image:
            smaller = image.reduce(2) if number % 3 == 0 else image.copy()
        smaller.convert("RGB").save(data / "train" / path.parent.name / f"planted-{number}.jpg", quality=int(rng.integers(50, 91)))
    return {path.relative_to(data).as_posix() for path in chosen}


if __name__ == "__main__":
    main()
