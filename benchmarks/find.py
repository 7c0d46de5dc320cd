"""Similar pictures: how near exact search comes to what the memory and the processor can do, how fast an index answers, and what it finds.

    python benchmarks/find.py --peer-python PYTHON

One query of 1,000,000 made features (400,000 where there is less than 10 GB of free memory) beside one reading of the same matrix; 1,000
queries beside a product of matrices; a new process that opens an index of 100,000 and answers; what it holds in memory beside the mapped
files. Then precision at rank 1 and mean average precision of the test pictures of two data sets among their training pictures, beside
faiss's exact search by cosine on the same features (PYTHON has faiss-cpu), and what the labels add.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from harness import SIDES, VITREOUS, Benchmark, Claim, begin, environment, parser, require, run_well
from PIL import Image

import vitreous as vt
from vitreous.core.presence import Presence
from vitreous.data.decode import Policy, content_key
from vitreous.infer.machine import available_cores
from vitreous.infer.network import load_network
from vitreous.retrieval import Index, open_index
from vitreous.retrieval.entries import Entries
from vitreous.retrieval.layout import About, Manifest, generation_folder
from vitreous.retrieval.learned import ranked
from vitreous.retrieval.rows import Appender
from vitreous.retrieval.updating import measured

WIDTH, MANY, FEWER, COLD, QUERIES = 1280, 1_000_000, 400_000, 100_000, 1000
_BLOCK = 20_000
_ENOUGH = 10e9

Floats = npt.NDArray[np.float32]


def main() -> None:
    options = parser(__doc__, repeats=5)
    options.add_argument("--peer-python", type=Path, help="a Python that has faiss-cpu")
    arguments = options.parse_args()
    require(arguments.data / "clothing", arguments.data / "cards")
    benchmark = begin("find", arguments)
    with tempfile.TemporaryDirectory() as folder:
        cold(benchmark, Path(folder) / "cold", COLD // 50 if arguments.quick else COLD)
        retrieval(benchmark, Path(folder))
        benchmark.write()
        rows = MANY if _free() >= _ENOUGH else FEWER
        large(benchmark, Path(folder) / "large", rows // 100 if arguments.quick else rows)
    benchmark.write()


def made_index(folder: Path, count: int, picture: Path) -> Index:
    """An index of made features; the first row is that of `picture`."""
    folder.mkdir()
    rng, network = np.random.default_rng(0), load_network()
    appender = Appender(folder, WIDTH, "made", 0)
    for begun in range(0, count, _BLOCK):
        part = range(begun, min(begun + _BLOCK, count))
        keys = [content_key(picture.read_bytes()) if number == 0 else number.to_bytes(16, "big") for number in part]
        values = rng.standard_normal((len(part), WIDTH), np.float32)
        values += 1
        appender.append(keys, values, rng.integers(0, 256, (len(part), 32, 32), np.uint8))
    paths, nothing = [f"{number:07}.jpg" for number in range(count)], [""] * count
    entries = Entries.of(list(range(count)), paths, nothing, nothing, [(0, 0, 0, 0)] * count)
    state = generation_folder(folder, 1)
    state.mkdir()
    entries.write(state)
    similarity, found = measured(appender.rows(), entries, False, None)
    similarity.write(state)
    view, policy = network.view.to_json(), asdict(Policy())
    net = network.fingerprint
    about = About(str(folder), "", "efficientnet-lite0", None, None, net, "features", "mean", view, policy, "openvino-f32", WIDTH)
    Manifest(about, "made", count, 1, found | {"left_out": [], "num_left_out": 0, "remarks": []}).write(folder)
    return open_index(folder)


def large(benchmark: Benchmark, folder: Path, count: int) -> None:
    """One query and a thousand, beside what memory and processor give."""
    index = made_index(folder, count, picture_in(folder.parent))
    rows, rng = index.rows.vectors, np.random.default_rng(1)
    queries = rng.standard_normal((QUERIES if not benchmark.arguments.quick else 100, WIDTH), np.float32) + 1
    index.nearest(queries[:1], 20)  # maps every page
    reading, one = [], []
    for _ in range(benchmark.arguments.repeats):
        reading.append(min(_timed(lambda threads=threads: _read_by(rows, threads)) for threads in (1, available_cores())))
        one.append(_timed(lambda: index.nearest(queries[:1], 20)))
    ratios = [mine / limit for mine, limit in zip(one, reading, strict=True)]
    note = f"{statistics.median(one):.3f} s beside {statistics.median(reading):.3f} s, {count:,} rows, {rows.nbytes / 1e9:.1f} GB"
    benchmark.claim(Claim("one exact query", statistics.median(ratios), "× one reading of the matrix", "at most", 1.3, ratios, note))
    product, many = [], []
    for _ in range(max(1, min(2, benchmark.arguments.repeats))):
        part = np.ascontiguousarray(rows[:_BLOCK])
        product.append(2 * len(queries) * part.size / min(_timed(lambda part=part: queries @ part.T) for _ in range(3)))
        many.append(2 * len(queries) * rows.size / _timed(lambda: index.nearest(queries, 20)))
    shares = [mine / limit for mine, limit in zip(many, product, strict=True)]
    note = f"{statistics.median(many) / 1e9:.0f} of {statistics.median(product) / 1e9:.0f} GFLOP/s, {len(queries):,} queries"
    benchmark.claim(Claim("many exact queries", statistics.median(shares), "of a product of matrices", "at least", 0.7, shares, note))
    benchmark.measured |= {"rows": count, "reading_s": reading, "one_query_s": one, "product_flops": product, "many_flops": many}
    held = [run_well([sys.executable, SIDES / "find_memory.py", folder, "1"]).json()["anonymous_mb"] for _ in range(3)]
    few = [run_well([sys.executable, SIDES / "find_memory.py", folder.parent / "cold", "1"]).json()["anonymous_mb"] for _ in range(3)]
    benchmark.measured |= {"anonymous_mb": {"large": held, "cold": few}}
    note = f"beside {statistics.median(few):.0f} MB for the index of {COLD:,}; mapped files not counted"
    benchmark.claim(Claim("memory of a query", statistics.median(held) / statistics.median(few), "× that of a tenth", "at most", 1.2, held, note))
    shutil.rmtree(folder)


def cold(benchmark: Benchmark, folder: Path, count: int) -> None:
    """A new process opens an index and answers: for a picture of the index, and for another one, which needs the network."""
    picture, other = picture_in(folder.parent), folder.parent / "other.png"
    Image.fromarray(np.random.default_rng(5).integers(0, 256, (240, 240, 3), np.uint8)).save(other)
    made_index(folder, count, picture)
    env = environment(folder.parent / "cache")
    for name, file in (("of the index", picture), ("from elsewhere", other)):
        command = [*VITREOUS, "find", folder, file, "--json"]
        run_well(command, env)
        runs = [run_well(command, env).seconds for _ in range(benchmark.arguments.repeats)]
        what = f"index of {count:,} opened and asked by a new process, picture {name}"
        benchmark.claim(Claim(what, statistics.median(runs), "s", "at most", 0.5, runs))
        benchmark.measured[f"cold_{name.split()[-1]}_s"] = runs
    benchmark.measured["open_index_s"] = [_timed(lambda: open_index(folder)) for _ in range(20)]


def retrieval(benchmark: Benchmark, folder: Path) -> None:
    """The test pictures of two data sets, each looked for among the training pictures."""
    for name, data in (("clothing", benchmark.arguments.data / "clothing"), ("cards", benchmark.arguments.data / "cards/labels.csv")):
        index = vt.index(data, path=folder / name)
        splits = np.array([index.entries.texts[int(number)] for number in index.entries.split])
        vectors, labels = index.vectors(), index.entries.labels()
        test, train = np.flatnonzero(splits == "test"), np.flatnonzero(splits != "test")
        has = [set(Presence.read(label).present) if name == "cards" else {label} for label in labels]
        relevant = np.array([[bool(has[i] & has[j]) for j in train] for i in test])
        figures: dict[str, Any] = {}
        for way in ("looks", "labels"):
            query = index.similarity.queries(vectors[test], by_labels=way == "labels")
            scores = index.similarity.exactly(vectors[train], query).T.astype(np.float32)
            figures[way] = ranked(scores, relevant)
        figures["faiss"] = _faiss(benchmark, folder, vectors[train], vectors[test], relevant)
        asked = relevant.any(1)
        benchmark.measured[name] = {way: found[asked].mean(0).tolist() for way, found in figures.items() if found is not None}
        if figures["faiss"] is not None:
            for way in ("looks", "labels"):
                for place, what in ((0, "precision at 1"), (1, "mean average precision")):
                    gap = 100 * (figures[way] - figures["faiss"])[asked, place]
                    ours, theirs = (100 * figures[each][asked, place].mean() for each in (way, "faiss"))
                    note = f"{ours:.1f} and {theirs:.1f} %, {asked.sum()} queries"
                    note += f", the difference ±{1.96 * gap.std(ddof=1) / len(gap) ** 0.5:.1f}"
                    said = f"{name}, {what} by {way}, less faiss's"
                    benchmark.claim(Claim(said, float(gap.mean()), "points", "at least", 0.0, note=note))
        gain = 100 * (figures["labels"] - figures["looks"])[asked, 1]
        half = 1.96 * float(gain.std(ddof=1)) / len(gain) ** 0.5
        note = f"[{gain.mean() - half:+.1f}, {gain.mean() + half:+.1f}] on {len(gain)} test pictures; held out: {index.facts['labels_help']['said']}"
        benchmark.claim(Claim(f"{name}, what labels add to mean average precision", float(gain.mean()), "points", "at least", 0.0, note=note))


def _faiss(benchmark: Benchmark, folder: Path, gallery: Floats, queries: Floats, relevant: npt.NDArray[np.bool_]) -> Any:
    python = benchmark.arguments.peer_python
    if python is None:
        print("skipped what needs faiss: --peer-python names a Python that has it")
        return None
    np.save(folder / "gallery.npy", gallery)
    np.save(folder / "queries.npy", queries)
    benchmark.measured |= run_well([python, SIDES / "faiss_exact.py", folder]).json()
    rank = np.empty(relevant.shape, np.float32)
    np.put_along_axis(rank, np.load(folder / "order.npy"), np.arange(relevant.shape[1], dtype=np.float32)[None], 1)
    return ranked(-rank, relevant)


def picture_in(folder: Path) -> Path:
    file = folder / "picture.png"
    if not file.exists():
        Image.fromarray(np.random.default_rng(4).integers(0, 256, (240, 240, 3), np.uint8)).save(file)
    return file


def _read_by(rows: Floats, threads: int) -> float:
    """Read every number once, on some threads."""
    parts = np.array_split(rows.reshape(-1), threads * 8)
    with ThreadPoolExecutor(threads) as pool:
        return float(sum(pool.map(np.max, parts)))


def _timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _free() -> float:
    """Bytes that may still be taken."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return 1024 * float(next(line.split()[1] for line in lines if line.startswith("MemAvailable")))


if __name__ == "__main__":
    main()
