"""A recipe is run on pictures, for as long as one is willing to wait.

The engine's libraries cannot be stopped, and hear no Ctrl-C while they work. A file may keep them busy for ever: with a loop without an
end, or so many nodes that it is never compiled. So they work in a thread of their own, and the thread that was asked only waits.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vitreous.errors import ModelError
from vitreous.fit.foreign.wrapping import Recipe, wrapped
from vitreous.fit.head import Floats
from vitreous.infer.engine import Outputs, default_setting, run_batch, said_as_model_error, start_engine
from vitreous.infer.network import Network

# For compiling and one picture: networks near 2 GB take some 30 s on two cores.
PATIENCE = 120.0
Result = TypeVar("Result")


def outputs_of(recipe: Recipe, pictures: NDArray[np.uint8]) -> Outputs:
    """The recipe's outputs for all the pictures uint8 [N, S, S, 3] in one batch, with whatever number of rows they have.

    Raises ModelError where the engine refuses the network, or does not come to an end with it.
    """
    network = _network(recipe)

    def run() -> Outputs:
        results: Outputs = {}
        with said_as_model_error(network):
            engine = start_engine(network, replace(default_setting(1), batch=len(pictures), streams=1), tuple(recipe.heads), recipe.size)
            engine.submit(pictures, lambda outputs: results.update({name: np.array(value) for name, value in outputs.items()}))
            engine.finish()
        return results

    return _in_time(recipe.file.name, run, len(pictures))


def features_of(recipe: Recipe, pictures: NDArray[np.uint8]) -> Floats:
    """Features [N, D] of pictures uint8 [N, S, S, 3], one at a time. Raises ModelError as above."""
    network = _network(recipe)

    def run() -> Floats:
        with said_as_model_error(network):
            engine = start_engine(network, replace(default_setting(1), batch=1, streams=1), ("features",), recipe.size)
            return run_batch(engine, pictures)["features"]

    return _in_time(recipe.file.name, run, len(pictures))


def _in_time(name: str, work: Callable[[], Result], pictures: int) -> Result:
    """What `work` gives or raises; ModelError when `PATIENCE` for each picture is over. Its thread is left to itself then."""
    done: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # raised again where it was asked for
            failed.append(error)

    thread = Thread(target=run, name=f"run {name}", daemon=True)
    thread.start()
    thread.join(PATIENCE * pictures)
    if thread.is_alive():
        raise ModelError(
            f"{name} cannot be used here",
            f"no answer in {PATIENCE * pictures:g} s",
            f"one picture in {PATIENCE:g} s, compiling included",
            "look for loops in it, simplify it, or take a smaller network",
        )
    if failed:
        raise failed[0]
    return done[0]


def _network(recipe: Recipe) -> Network:
    return Network(wrapped(recipe), Path(recipe.file.name), {})
