"""The page as one file: the facts, the small pictures, the program and the style, with a policy that lets nothing else in."""

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vitreous.core.text import plural, visible
from vitreous.draw.own_page import OwnPage, inert
from vitreous.draw.theme import SPLIT_COLOURS, class_colours
from vitreous.retrieval.map.page.order import along_a_curve
from vitreous.retrieval.map.pictures import jpeg

if TYPE_CHECKING:
    from vitreous.retrieval.map.value import Map

_PAGE = OwnPage("vitreous.retrieval.map.page", "img-src data: blob:")
_MARK = '<meta name="generator" content="Vitreous map">'
_COLUMNS = 32  # small pictures in a row of one file, and rows in it
_QUALITY = 72
_NEAR = 6


def page_of(found: "Map") -> bytes:
    """The HTML file, UTF-8."""
    order = along_a_curve(found.positions)
    stored = _arrays(found, order) | _atlases(found.pictures.tiles[order])
    name = visible(found.folder.name or str(found.folder))
    return _PAGE.filled(
        title=f"Map of {name}",
        mark=_MARK,
        facts=inert(_facts(found, order)),
        stored=stored,
        summary=f"{plural(len(found), 'picture')}, {plural(len(found.clusters), 'cluster')}, by {_network(found)}",
        remarks=[visible(each) for each in found.remarks],
        left_out=[(visible(each.relative), visible(each.reason)) for each in found.pictures.left_out[:200]],
        num_left_out=len(found.pictures.left_out),
    )


def is_map_page(start: bytes) -> bool:
    """Whether a file that begins so is a page of this kind, which may be replaced."""
    return _MARK.encode() in start


def _facts(found: "Map", order: npt.NDArray[np.intp]) -> dict[str, Any]:
    """What the program needs to know, pictures numbered in the order of the page."""
    place = np.empty(len(order), np.intp)
    place[order] = np.arange(len(order))
    pictures = found.pictures
    answers = sorted(set(found.said.labels)) if found.said else []
    labels, splits = sorted(set(pictures.labels)), [each for each in ("train", "validation", "test", "") if each in set(pictures.splits)]
    return {
        "name": found.folder.name,
        "count": len(order),
        "side": pictures.tiles.shape[1],
        "columns": _COLUMNS,
        "paths": [pictures.paths[number] for number in order.tolist()],
        "labels": labels,
        "splits": splits,
        "answers": answers,
        "judged": found.right is not None,
        "clusters": [
            {
                "name": visible(each.name),
                "label": visible(each.label),
                "share": round(each.share, 4),
                "size": len(each.members),
                "typical": place[each.typical].tolist(),
            }
            for each in found.clusters
        ],
        "outliers": place[found.outliers].tolist() if found.outliers else [],
        "copies": [{"keep": int(place[each.keep]), "others": place[each.others].tolist(), "exact": each.exact} for each in pictures.copies],
        "near": int(min(_NEAR, found.near.index.shape[1])),
        "colours": {
            "label": _by_label(labels),
            "split": {split.value: colour for split, colour in SPLIT_COLOURS.items()},
            "answer": _by_label(sorted({*answers, *labels})),
            "cluster": list(_by_label([f"{number:09d}" for number in range(len(found.clusters))]).values()),
        },
    }


def _by_label(labels: list[str]) -> dict[str, str]:
    return class_colours([label for label in labels if label])


def _arrays(found: "Map", order: npt.NDArray[np.intp]) -> dict[str, str]:
    """Values of each picture in the order of the page, little-endian, by the name under which the program asks for them."""
    place = np.empty(len(order), np.intp)
    place[order] = np.arange(len(order))
    facts = found.pictures.facts[order]
    arrays: dict[str, npt.NDArray[Any]] = {
        "xy": found.positions[order].astype("<f4"),
        "label": _index(found.pictures.labels)[order],
        "split": _index(found.pictures.splits, ["train", "validation", "test", ""])[order],
        "cluster": found.cluster[order].astype("<u4"),
        "near": place[found.near.index[order, :_NEAR]].astype("<u4"),
        "apart": found.apart[order].astype("<f4"),
        "size": np.column_stack([facts["width"], facts["height"]]).astype("<u4"),
    }
    if found.said is not None:
        arrays |= {"answer": _index(found.said.labels)[order], "confidence": found.said.confidence[order].astype("<f4")}
    return {name: b64encode(array.tobytes()).decode() for name, array in arrays.items()}


def _index(texts: list[str], names: list[str] | None = None) -> npt.NDArray[np.uint32]:
    """The place of each text among the names that there are, in sorted order or in that of `names`."""
    there = set(texts)
    place = {name: number for number, name in enumerate([each for each in names if each in there] if names else sorted(there))}
    return np.array([place[text] for text in texts], "<u4")


def _atlases(tiles: npt.NDArray[np.uint8]) -> dict[str, str]:
    """The small pictures, a square file of 32 × 32 at a time; the last one may be lower."""
    side, most, found = tiles.shape[1], _COLUMNS * _COLUMNS, {}
    for number, first in enumerate(range(0, len(tiles), most)):
        part = tiles[first : first + most]
        rows = -(-len(part) // _COLUMNS)
        whole = np.zeros((rows * _COLUMNS, side, side, 3), np.uint8)
        whole[: len(part)] = part
        sheet = whole.reshape(rows, _COLUMNS, side, side, 3).swapaxes(1, 2).reshape(rows * side, _COLUMNS * side, 3)
        found[f"atlas-{number}"] = b64encode(jpeg(sheet, _QUALITY)).decode()
    return found


def _network(found: "Map") -> str:
    about = found.pictures.about
    stage = f"{visible(str(about['stage']))} of " if about["stage"] != "features" else ""
    return stage + visible(str(about["network"]))
