"""How long does a map of 20,000 pictures take, how true is it, and how smoothly does it move?

    python benchmarks/map.py

Speed: features made like those of a network (20,000 × 1,280; 60 kinds, 40 common directions, and noise), small pictures and thumbnails made too: from
the features to the page in at most 60 s, at most 60 MB. Chromium (by Playwright, without a graphics card) opens it in at most 5 s and pans it at 30
frames a second or more: the whole map, one in which small pictures are shown, and one on a phone's window. Truth: trustworthiness by 15 neighbours,
and how many pictures have the label of most of their ten neighbours on the map, on real features of clothing and of 3,000 pictures of CIFAR-10, not
below scikit-learn's t-SNE by more than 0.005.
`--only` leaves the rest as it was measured before.
"""

import os
import shutil
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from harness import Benchmark, Claim, begin, median, parser, require
from numpy.typing import NDArray

COUNT, WIDTH, OF_A_CLASS = 20_000, 1280, 300
MOST_SECONDS, MOST_MB, MOST_OPENING, LEAST_FRAMES, MOST_BELOW = 60.0, 60.0, 5.0, 30.0, 0.005
_PARTS = ("speed", "truth")


def main() -> None:
    options = parser(__doc__, repeats=2)
    options.add_argument("--only", choices=_PARTS, help="one part of it")
    arguments = options.parse_args()
    require(arguments.data / "clothing")
    count = 2_000 if arguments.quick else COUNT
    benchmark = begin("map", arguments)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VITREOUS_CACHE"] = str(Path(folder) / "cache")
        if arguments.only != "truth":
            page = speed(benchmark, count, Path(folder))
            frames(benchmark, page, count)
        if arguments.only != "speed":
            truth(benchmark, arguments.data, Path(folder))
    benchmark.write()


def made_features(count: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Kinds of unequal size along common directions, and noise, cut at zero as behind a ReLU."""
    kinds = random.choice(60, count, p=random.dirichlet(np.full(60, 2.0)))
    centres, common = random.normal(0, 0.5, (60, WIDTH)), random.normal(0, 1, (40, WIDTH)) / 5
    values = centres[kinds] + random.normal(0, 1, (count, 40)) @ common + random.normal(0, 0.6, (count, WIDTH))
    return np.maximum(values, 0).astype(np.float32)


def speed(benchmark: Benchmark, count: int, folder: Path) -> Path:
    from vitreous.core.reporter import Quiet
    from vitreous.data.duplicates import find_duplicates
    from vitreous.data.pack import FACTS
    from vitreous.retrieval.map.copies import groups_of_copies
    from vitreous.retrieval.map.making import make_map
    from vitreous.retrieval.map.pictures import Pictures, side_for, small

    random = np.random.default_rng(0)
    features = made_features(count, random)
    facts = np.zeros(count, FACTS)
    facts["thumbnail"] = blurred(random, count, 32)[:, :, :, 0]
    seen = blurred(random, 256, 224)
    keys = [number.to_bytes(16, "little") for number in range(count)]
    paths, labels = [f"class {number % 10}/picture-{number:06d}.jpg" for number in range(count)], [f"class {number % 10}" for number in range(count)]
    about = {"network": "made", "fingerprint": "", "stage": "features", "view": {}}
    seconds: dict[str, list[float]] = {"copies": [], "small pictures": [], "map": [], "page": [], "all": []}
    page = folder / "map.html"
    for _ in range(benchmark.arguments.repeats):
        times = [time.perf_counter()]
        copies = groups_of_copies(find_duplicates(keys, facts["thumbnail"]).group, keys, facts, paths)
        times.append(time.perf_counter())
        tiles = np.stack([small(seen[number % len(seen)], side_for(count)) for number in range(count)])
        times.append(time.perf_counter())
        found = make_map(folder, Pictures(features, paths, labels, [""] * count, facts, copies, tiles, about), 0, Quiet())
        times.append(time.perf_counter())
        found.save(page)
        times.append(time.perf_counter())
        for name, took in zip(seconds, [*np.diff(times), times[-1] - times[0]], strict=True):
            seconds[name].append(round(float(took), 2))
    benchmark.measured["seconds"] = seconds | {"pictures": count, "clusters": len(found.clusters)}
    note = ", ".join(f"{name} {median(each)}" for name, each in seconds.items() if name != "all")
    benchmark.claim(Claim(f"map of {count:,} pictures after features", median(seconds["all"]), "s", "at most", MOST_SECONDS, seconds["all"], note))
    size = round(page.stat().st_size / 1e6, 1)
    benchmark.claim(Claim("size of that page", size, "MB", "at most", MOST_MB, [size], f"small pictures of {side_for(count)} px"))
    return page


def blurred(random: np.random.Generator, count: int, side: int) -> NDArray[np.uint8]:
    """Pictures with shapes and some grain, uint8 [count, side, side, 3]."""
    from PIL import Image

    def one() -> NDArray[np.uint8]:
        shapes = Image.fromarray(random.integers(0, 256, (7, 7, 3), dtype=np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
        return np.asarray(np.clip(np.asarray(shapes, np.float32) + random.normal(0, 12, (side, side, 1)), 0, 255), np.uint8)

    return np.stack([one() for _ in range(count)])


# Pans by half the window's width to and fro for three seconds, once a frame, and returns the milliseconds from frame to frame.
_PAN = """async () => {
  const map = document.getElementById("map");
  const box = map.getBoundingClientRect();
  const at = (type, x) => map.dispatchEvent(new PointerEvent(type, { pointerId: 1, pointerType: "mouse", button: type === "pointerdown" ? 0 : -1,
    clientX: box.left + x, clientY: box.top + box.height / 2 + x / 5, bubbles: true }));
  map.setPointerCapture = () => {};
  const times = [];
  at("pointerdown", box.width / 2);
  await new Promise((done) => {
    const begun = performance.now();
    const frame = (now) => {
      times.push(now);
      at("pointermove", box.width / 2 + Math.sin((now - begun) / 300) * box.width / 4);
      if (now - begun < 3000) requestAnimationFrame(frame); else done();
    };
    requestAnimationFrame(frame);
  });
  at("pointerup", box.width / 2);
  return times.slice(1).map((time, k) => time - times[k]);
}"""


def frames(benchmark: Benchmark, page: Path, count: int) -> None:
    """Median frames a second, and the slowest twentieth, over some rounds."""
    path = shutil.which("chromium")
    if path is None:
        print("left out: frames; there is no chromium here")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, size, zoom in (("whole map", (1280, 900), 0), ("small pictures shown", (1280, 900), 4), ("on a phone", (390, 844), 0)):
            opening, rates, slow = [], [], []
            for _ in range(benchmark.arguments.repeats):
                opened = browser.new_page(viewport={"width": size[0], "height": size[1]})
                start = time.perf_counter()
                opened.goto(page.as_uri())
                opened.wait_for_selector("body[data-ready]")
                opening.append(round(time.perf_counter() - start, 2))
                for _ in range(zoom):
                    opened.click("#nearer")
                opened.wait_for_timeout(1500)  # the small pictures that are seen at first are decoded
                apart = np.array(opened.evaluate(_PAN))
                rates.append(round(float(1000 / np.median(apart)), 1))
                slow.append(round(float(1000 / np.quantile(apart, 0.95)), 1))
                opened.close()
            benchmark.measured[name] = {"frames": rates, "slowest twentieth": slow, "opening": opening}
            if zoom == 0 and size[0] > 400:
                benchmark.claim(
                    Claim("until the page is there", median(opening), "s", "at most", MOST_OPENING, opening, "Chromium, no graphics card")
                )
            note = f"slowest twentieth {median(slow)}; {size[0]}×{size[1]}, no graphics card"
            benchmark.claim(Claim(f"frames a second while panning, {name}", median(rates), "", "at least", LEAST_FRAMES, rates, note))
        browser.close()


def truth(benchmark: Benchmark, data: Path, folder: Path) -> None:
    import vitreous as vt

    sets = {"clothing": data / "clothing", "CIFAR-10": cifar(data, folder, 10 if benchmark.arguments.quick else OF_A_CLASS)}
    for name, pictures in sets.items():
        if pictures is None:
            print(f"left out: {name} is not there")
            continue
        features = vt.features(pictures)
        figures, took = of_both(features.values, np.unique(features.labels, return_inverse=True)[1])
        benchmark.measured[name] = {"pictures": len(features), "figures": figures, "seconds": took}
        for what, (ours, theirs) in figures.items():
            note = f"{ours:.4f} against {theirs:.4f}; {took['ours']} s against {took['theirs']} s"
            claim = Claim(
                f"{name}: {what}, less scikit-learn's", round(ours - theirs, 4), "", "at least", -MOST_BELOW, [round(ours - theirs, 4)], note
            )
            benchmark.claim(claim)


def of_both(values: NDArray[np.float32], labels: NDArray[Any]) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
    from sklearn.manifold import TSNE, trustworthiness

    from vitreous.retrieval.map.layout import lay_out
    from vitreous.retrieval.map.neighbours import directions, nearest

    start = time.perf_counter()
    rows = directions(values)
    ours = lay_out(nearest(rows, 15).index, rows)
    middle = time.perf_counter()
    theirs = TSNE(init="pca", random_state=0, n_jobs=-1).fit_transform(rows)
    took = {"ours": round(middle - start, 1), "theirs": round(time.perf_counter() - middle, 1)}
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)

    def agreeing(y: NDArray[Any]) -> float:
        votes = labels[nearest(np.asarray(y, np.float32), 10).index]
        return float(np.mean([np.bincount(row).argmax() for row in votes] == labels))

    trust = (float(trustworthiness(unit, ours, n_neighbors=15)), float(trustworthiness(unit, theirs, n_neighbors=15)))
    return {"trustworthiness": trust, "label of ten neighbours": (agreeing(ours), agreeing(theirs))}, took


def cifar(data: Path, folder: Path, each: int) -> Path | None:
    """The first pictures of each class of CIFAR-10's training part."""
    archive = data / "cifar10-jpeg.tar.xz"
    if not archive.exists():
        return None
    taken: dict[str, int] = {}
    with tarfile.open(archive) as packed:
        for member in packed:
            parts = Path(member.name).parts
            if member.isfile() and "train" in parts and taken.get(parts[-2], 0) < each:
                taken[parts[-2]] = taken.get(parts[-2], 0) + 1
                target = folder / "cifar" / parts[-2] / parts[-1]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(packed.extractfile(member).read())  # type: ignore[union-attr]  # a file
    return folder / "cifar"


if __name__ == "__main__":
    main()
