"""What does the search for the strongest activations cost beside one forward pass, and is it what a search over everything finds?

    python benchmarks/strongest.py [--photos FOLDER]

The shipped network over 3,000 photos (those of the test images, or of --photos), decoded before; by turns: one forward pass to the features, the
nine best of every channel of the stage outputs (at most 2 × its time), and of all channels of all layers (at most 4 ×). Each in its own setting as
it is used. Right: for 60 photos every number of every step, by onnxruntime, sorted as a whole: the share of channels with the same nine pictures and
places (1; near equals that rounding swaps count where the numbers differ by less than 1e-4 of the largest).
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from harness import NET, Benchmark, Claim, alternate, begin, median, parser, require

MOST_STAGES, MOST_ALL = 2.0, 4.0
PHOTOS, CHECKED = 3000, 60


def main() -> None:
    options = parser(__doc__, repeats=3)
    options.add_argument("--photos", type=Path, help="a folder of photos (the clothing photos of the test images)")
    arguments = options.parse_args()
    folder = arguments.photos or arguments.data / "clothing"
    require(NET, folder)
    if arguments.quick:
        arguments.repeats = 2
    benchmark = begin("strongest", arguments)
    photos = decoded(folder, 64 if arguments.quick else PHOTOS)
    benchmark.measured["photos"] = len(photos)
    cost(benchmark, photos)
    right(benchmark, photos[:: max(1, len(photos) // CHECKED)][: 12 if arguments.quick else CHECKED])
    benchmark.write()


def decoded(folder: Path, most: int) -> Any:
    """uint8 [n, S, S, 3]: at most so many photos, spread over the folder."""
    from vitreous.data.decode import Policy
    from vitreous.data.sources.pictures import pictures_in
    from vitreous.infer.network import load_network
    from vitreous.infer.pipeline import decoded_side_by_side

    paths = pictures_in([folder])
    spread = [paths[k] for k in np.linspace(0, len(paths) - 1, min(most, len(paths))).astype(int)]
    found = decoded_side_by_side(enumerate(spread), (load_network(NET).view,), Policy())
    return np.stack([result.decoded.views[0] for result in found if result.decoded is not None])


def cost(benchmark: Benchmark, photos: Any) -> None:
    from vitreous.infer.choose import fastest_setting
    from vitreous.infer.engine import run_batch, start_engine
    from vitreous.infer.network import load_network
    from vitreous.inside.strongest.points import points_of
    from vitreous.inside.strongest.searching import search
    from vitreous.layers.walk import read_walk

    network = load_network(NET)
    walk, setting = read_walk(network.data), fastest_setting(network, PHOTOS, "f32")
    points = {name: points_of(walk, network, None, depth) for name, depth in (("stages", 1), ("all", 99))}

    def forward() -> float:
        engine = start_engine(network, setting, ("features",))
        return seconds(lambda: run_batch(engine, photos))

    def searched(name: str) -> float:
        return seconds(lambda: search(network, points[name], enumerate(photos), len(photos), setting))

    def seconds(work: Callable[[], Any]) -> float:
        start = time.perf_counter()
        work()
        return round(time.perf_counter() - start, 3)

    search(network, points["stages"], enumerate(photos[:8]), 8, setting)  # compiled networks are kept from here on
    search(network, points["all"], enumerate(photos[:8]), 8, setting)
    found = alternate(benchmark.arguments.repeats, {"forward": forward, **{name: lambda name=name: searched(name) for name in points}})
    benchmark.measured |= {
        "seconds": found,
        "channels": {name: sum(each.shape[0] for each in points[name]) for name in points},
        "setting": str(setting),
    }
    for name, what, target in (("stages", "of the stage outputs", MOST_STAGES), ("all", "of all layers", MOST_ALL)):
        ratios = [round(a / b, 3) for a, b in zip(found[name], found["forward"], strict=True)]
        note = f"{benchmark.measured['channels'][name]:,} channels, {len(photos):,} photos, {median(found[name])} s"
        benchmark.claim(Claim(f"the nine best of each channel {what}", median(ratios), "× a forward pass", "at most", target, ratios, note))


def right(benchmark: Benchmark, photos: Any) -> None:
    """Every number of every layer, by another engine."""
    import onnxruntime
    from onnx import helper, load_model_from_string

    from vitreous.infer.engine import Setting
    from vitreous.infer.network import load_network
    from vitreous.inside.strongest.best import NINE
    from vitreous.inside.strongest.points import points_of
    from vitreous.inside.strongest.searching import search
    from vitreous.layers.walk import read_walk

    network = load_network(NET)
    points = points_of(read_walk(network.data), network, None, 99)
    found = search(network, points, enumerate(photos), len(photos), Setting("openvino", "f32", 1, 2))
    model = load_model_from_string(network.data)
    known = {each.name for each in model.graph.output}
    model.graph.output.extend(helper.make_empty_tensor_value_info(each.ranked) for each in points if each.ranked not in known)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    same = channels = 0
    for each in found:
        values = np.concatenate([session.run([each.point.ranked], {"image": photo[None]})[0] for photo in photos])
        planes = values.reshape(len(photos), each.point.shape[0], -1)
        for channel in range(each.point.shape[0]):
            same += is_best(planes[:, channel], *(table[channel, :NINE] for table in (each.best.picture, each.best.index, each.best.value)))
            channels += 1
    note = f"{channels:,} channels, {len(photos)} photos, every number by onnxruntime"
    benchmark.claim(Claim("channels with the nine of a search over everything", round(same / channels, 6), "of them", "at least", 1.0, note=note))


def is_best(planes: Any, picture: Any, index: Any, value: Any) -> bool:
    """Whether nine places are the best of all numbers [pictures, places] of a channel, one in a picture, but for rounding."""
    tolerance = 1e-4 * float(np.abs(planes).max())
    best = np.sort(planes.max(1))[::-1][: len(value)]
    count = len(best)
    at_place = planes[picture[:count], index[:count]]
    distinct = len(set(picture[:count].tolist())) == count
    return bool(distinct and np.allclose(value[:count], best, atol=tolerance, rtol=0) and np.allclose(at_place, best, atol=tolerance, rtol=0))


if __name__ == "__main__":
    main()
