"""A run of one class, from Python: is a picture like the good ones, and where is it not."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vitreous.api.answering import Image, engine_for, named, unreadable
from vitreous.api.opened import OpenedRun
from vitreous.core.reporter import Quiet, Reporter
from vitreous.core.text import visible
from vitreous.data.decode import policy
from vitreous.errors import UsageError
from vitreous.fit.settings import TrainSettings
from vitreous.infer.network import Network
from vitreous.tasks.classify.answers import Failure
from vitreous.tasks.one_class.answers import Checked, check

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vitreous.data.decode import Decoded
    from vitreous.runs.folder import RunFolder
    from vitreous.tasks.one_class.evaluation import Evaluated


def train_one(data: Path, settings: TrainSettings, reporter: Reporter) -> "OneClassRun | None":
    """A run of one class, where the data have pictures of one class only to learn from; else None: also where a folder could not be read, which
    may be another class. Raises DataError, UsageError, StorageError."""
    from vitreous.data.sources import read_source
    from vitreous.data.sources.walk import FOLDER_UNREADABLE
    from vitreous.fit.one_class.training import only_class, train_one_class

    source = read_source(
        data, image_column=settings.image_column, label_column=settings.label_column, group=settings.group, task=settings.task
    )  # fmt: skip
    good = only_class(source)
    unsure = any(each.reason.startswith(FOLDER_UNREADABLE) for each in source.left_out)
    return None if good is None or unsure else OneClassRun(train_one_class(source, good, settings, reporter))


def checked(
    network: Network, paths: Sequence[str], rate: float | None, engine: str, max_pixels: int | None, tolerate_truncated: bool
) -> "Iterator[tuple[Checked | Failure, Decoded | None]]":
    """What a model of one class says of files, as it becomes ready, with what was decoded."""
    return check(network, engine_for(network, len(paths), engine), paths, policy(max_pixels, tolerate_truncated), rate)


def odd_map(answer: Checked, picture: "NDArray[np.uint8]", form: Literal["png", "svg"]) -> bytes:
    """The picture, as the network sees it, beside where it is odd, as a file."""
    from vitreous.draw.odd_map import odd_map_picture

    ratio = answer.score / answer.limit.value
    said = f"{Path(answer.image).name}: {answer.label}, {ratio:.2f} × the limit"
    return odd_map_picture(picture, answer.map, answer.limit.value, said, form)


def refused(name: str, folder: Path) -> UsageError:
    """For what a run of several classes would give."""
    what = f"{name} for {visible(str(folder))}"
    return UsageError(what, "it knows one class only", "a run of two classes or more", "vitreous predict says ordinary or odd, and with --map where")


class OneClassRun(OpenedRun):
    """What was learned of one class, and its folder. `labels`: ordinary and odd; `good`: the class that was learned."""

    def __init__(self, folder: "RunFolder") -> None:
        super().__init__(folder)
        self.good = str(folder.facts["good"])

    def predict(self, image: Image, *, unknown: float | None = None) -> Checked:
        """Whether a picture is odd, how odd, and where (`.map`); `unknown`: the share of good pictures that may be called odd, where it is not to be
        that of the training. Raises UnreadableImage, UsageError, DataError for a share that too few good pictures can keep."""
        (result,) = self.predict_many([image], unknown=unknown)
        if isinstance(result, Failure):
            raise unreadable(result)
        return result

    def predict_many(self, images: Image | Iterable[Image], *, unknown: float | None = None) -> list[Checked | Failure]:
        """The same for several files, or for all pictures of a folder; a file that cannot be read is a Failure in its place."""
        from vitreous.data.sources.pictures import pictures_in
        from vitreous.fit.evaluation import policy_of

        paths = pictures_in(named(images))
        found = check(self.network, engine_for(self.network, len(paths), "auto"), paths, policy_of(self._run), unknown)
        return [answer for answer, _ in found]

    def evaluate(self, data: Image, *, unknown: float | None = None, engine: str = "auto", reporter: Reporter | None = None) -> "Evaluated":
        """On a folder of class folders, or a table, whose label `good` is that of ordinary pictures: how many of each label are called odd, and the
        area under the ROC curve. Raises DataError where there is no such picture, or none can be read."""
        from vitreous.fit.one_class.judging import judge

        return judge(self._run, self.network, Path(data), unknown, engine, reporter or Quiet())

    def __getattr__(self, name: str) -> Any:  # Any: what a run of several classes would give
        if name.startswith("_"):
            raise AttributeError(name)
        raise refused(name, self.folder)

    def __repr__(self) -> str:
        limit = self._run.facts["limit"]
        head = f"Run {visible(str(self.folder))}: one class, {visible(self.good)!r}"
        return f"{head}\n  odd above {limit['score']:.3g}, at most {100 * limit['rate']:.3g} % of good pictures ({limit['chosen_on']})"

    def _repr_html_(self) -> str:
        return "<p>" + "<br>".join(map(escape, repr(self).splitlines())) + "</p>"
