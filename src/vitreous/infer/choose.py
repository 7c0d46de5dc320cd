"""Which setting is fastest here: by capability, then by a short measurement that is kept per machine and network.

bf16 is tried only where the processor multiplies bf16 itself, and `keeps_answers` decides on the user's own pictures
whether it may be used.
"""

import json
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vitreous.errors import StorageError
from vitreous.infer.engine import NUMBER_FORMATS, NumberFormat, Setting, default_setting, parse_engine, start_engine
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network
from vitreous.storage.atomic import write_atomically
from vitreous.storage.cache import cache_folder

# Fewer pictures than this are done before a measurement would have paid for itself.
WORTH_MEASURING = 400
SECONDS_EACH = 0.25
# bf16 may be used where it is faster by this factor: below it, timing noise would decide.
CLEARLY_FASTER = 1.15
LEAST_AGREEMENT = 0.99
CLOSE_TO_A_TIE = 0.1


def fastest_setting(network: Network, count: int, number_format: NumberFormat | None = None, library: str | None = None) -> Setting:
    """The setting for `count` pictures; `number_format` and `library` are kept where they are given."""
    plain = default_setting(count, number_format or "f32", library)
    if plain.library != "openvino" or count < WORTH_MEASURING:
        return plain
    folder = cache_folder("engine")
    name = f"{network.fingerprint}-{this_machine().key}-{number_format or 'any'}.json"
    if folder and (known := _remembered(folder / name)):
        return known
    best = _measured(network, plain, number_format)
    if folder:
        with suppress(StorageError):  # then it is measured again next time
            write_atomically(folder / name, json.dumps(asdict(best)).encode())
    return best


def keeps_answers(exact: NDArray[np.float32], fast: NDArray[np.float32]) -> tuple[bool, str]:
    """Whether probabilities [N, K] in a fast number format may stand for the fp32 ones; with the sentence that says why.

    At least 99 % of the top answers are the same, and where they differ fp32 was within 0.1 of a tie itself.
    """
    ours, theirs = exact.argmax(1), fast.argmax(1)
    different = np.flatnonzero(ours != theirs)
    agreement = 1 - len(different) / len(exact)
    ties = exact[different, ours[different]] - exact[different, theirs[different]]
    if agreement < LEAST_AGREEMENT:
        return False, f"changes {len(different)} of {len(exact)} answers"
    if len(ties) and ties.max() > CLOSE_TO_A_TIE:
        return False, f"changes an answer that fp32 gives by a margin of {ties.max():.2f}"
    return True, f"same answer on {len(exact) - len(different)} of {len(exact)} held-out pictures"


def _measured(network: Network, plain: Setting, number_format: NumberFormat | None) -> Setting:
    from vitreous.infer.openvino_engine import native_bf16

    cores = this_machine().cores
    # on few cores other shapes came out within the noise of this one; on many, fewer streams spare memory traffic
    shapes = [(8, cores)] if cores <= 4 else [(8, cores), (8, cores // 2), (16, cores // 4)]
    if number_format:
        formats: tuple[NumberFormat, ...] = (number_format,)
    else:
        formats = NUMBER_FORMATS if native_bf16() else ("f32",)
    rates = {
        setting: _rate(network, setting)
        for numbers in formats
        for setting in (replace(plain, number_format=numbers, batch=batch, streams=streams) for batch, streams in shapes)
    }
    best = {numbers: max((s for s in rates if s.number_format == numbers), key=rates.__getitem__) for numbers in formats}
    chosen = best[formats[0]]
    if number_format is None and "bf16" in best and rates[best["bf16"]] > CLEARLY_FASTER * rates[chosen]:
        chosen = best["bf16"]
    figures = ", ".join(f"{'fp32' if numbers == 'f32' else numbers} {rates[best[numbers]]:.0f}/s" for numbers in formats)
    return replace(chosen, reason=f"measured: {figures}", rate=rates[chosen])


def _rate(network: Network, setting: Setting) -> float:
    """Pictures per second, to a tenth, over about `SECONDS_EACH` seconds."""
    engine = start_engine(network, setting, ("features",))
    size = network.view.size
    batch = np.random.default_rng(0).integers(0, 256, (setting.batch, size, size, 3), np.uint8)
    for _ in range(setting.streams):
        engine.submit(batch, lambda _: None)
    engine.finish()
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS_EACH:
        for _ in range(setting.streams):
            engine.submit(batch, lambda _: None)
            done += setting.batch
    engine.finish()
    return round(done / (time.perf_counter() - start), 1)


def _remembered(file: Path) -> Setting | None:
    try:
        return Setting(**json.loads(file.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def setting_for_answers(network: Network, count: int, engine: str) -> Setting:
    """The setting for answers of a trained network: the number format it was trained with, unless `engine` names another."""
    library, number_format = parse_engine(engine)
    stored: NumberFormat = "bf16" if network.number_format == "bf16" else "f32"
    return fastest_setting(network, count, number_format or stored, library)
