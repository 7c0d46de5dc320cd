"""How long does a page to walk through take to be made and to answer, how large is it, and are its numbers those of Python?

    python benchmarks/page.py

The shipped network on a JPEG of 12 megapixels: the page is made in at most 4 s after import and has at most 15 MB. In Chromium (driven by
Playwright) it is there in at most 2 s; the last number, the probability of the answer, for which the page works out the whole network, is told
after at most 5 s; and 40 numbers of its stages equal those of the walk to 1e-4 of the largest of their stage.
"""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from harness import NET, Benchmark, Claim, begin, median, parser, require, skip

MOST_SECONDS, MOST_MB, MOST_READY, MOST_LAST, MOST_DIFFERENCE = 4.0, 15.0, 2.0, 5.0, 1e-4
_SIDES = (4000, 3000)


def main() -> None:
    arguments = parser(__doc__, repeats=5).parse_args()
    require(NET)
    path = shutil.which("chromium")
    if path is None:
        skip("there is no chromium here")
    if arguments.quick:
        arguments.repeats = 1
    benchmark = begin("page", arguments)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        opened = made(benchmark, photo(Path(folder)), file)
        walked(benchmark, file, opened, path)
    benchmark.write()


def photo(folder: Path) -> Path:
    """Smooth shapes: noise would leave most of the network dark."""
    from PIL import Image

    small = np.random.default_rng(0).integers(0, 256, (12, 9, 3)).astype(np.uint8)
    Image.fromarray(small).resize(_SIDES, Image.Resampling.BICUBIC).save(folder / "photo.jpg", quality=92)
    return folder / "photo.jpg"


def made(benchmark: Benchmark, image: Path, file: Path) -> Any:
    from vitreous.infer.network import load_network
    from vitreous.inside import inside
    from vitreous.inside.page import page_of

    seconds, opened = [], None
    for _ in range(benchmark.arguments.repeats):
        start = time.perf_counter()
        opened = inside(load_network(), image)
        file.write_bytes(page_of(opened))
        seconds.append(round(time.perf_counter() - start, 3))
    megabytes = file.stat().st_size / 1e6
    benchmark.claim(Claim("page of a photo of 12 megapixels", median(seconds), "s", "at most", MOST_SECONDS, seconds, "after import"))
    benchmark.claim(Claim("size of the page", round(megabytes, 2), "MB", "at most", MOST_MB, [round(megabytes, 2)], "all weights in it"))
    return opened


def walked(benchmark: Benchmark, file: Path, opened: Any, chromium: str) -> None:
    from playwright.sync_api import sync_playwright

    answer = int(opened.values["probability"][0].argmax())
    ready, last, worst = [], [], 0.0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for repeat in range(benchmark.arguments.repeats):
            page = browser.new_page()
            start = time.perf_counter()
            page.goto(file.as_uri())
            page.wait_for_selector("body[data-ready]")
            middle = time.perf_counter()
            told(page, f"probability[{answer}]")
            ready.append(round(middle - start, 3))
            last.append(round(time.perf_counter() - middle, 3))
            worst = worst if repeat else differences(page, opened)
            page.close()
        browser.close()
    benchmark.claim(Claim("until the page is there", median(ready), "s", "at most", MOST_READY, ready, "Chromium"))
    benchmark.claim(Claim("until the last number is told", median(last), "s", "at most", MOST_LAST, last, "the whole network worked out in the page"))
    benchmark.claim(Claim("worst difference from the walk", worst, "", "at most", MOST_DIFFERENCE, [worst], "of the largest number of the stage"))


def differences(page: Any, opened: Any) -> float:
    """Over 40 numbers, each written with five figures."""
    random, worst = np.random.default_rng(1), 0.0
    stages = [stage for stage in opened.stages if stage.field and stage.maps.ndim == 3]
    for number in range(40):
        stage = stages[number % len(stages)]
        place = tuple(int(random.integers(size)) for size in stage.maps.shape)
        text = told(page, f"{stage.value}[{','.join(map(str, place))}]")
        worst = max(worst, abs(float(text.split(" = ")[1]) - float(stage.maps[place])) / float(np.abs(stage.maps).max()))
    return float(f"{worst:.2g}")


def told(page: Any, number: str) -> str:
    """The heading of the panel once it tells of this number."""
    page.evaluate(f"location.hash = '#n={quote(number, safe='')}'")
    page.wait_for_function("n => document.getElementById('panel-title')?.textContent?.startsWith(n)", arg=number, timeout=60_000)
    text: str = page.text_content("#panel-title")
    return text


if __name__ == "__main__":
    main()
