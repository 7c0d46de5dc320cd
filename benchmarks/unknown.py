"""Are the promises kept, and what is found of what is not known: prediction sets, "none of these", drift.

    python benchmarks/unknown.py [--run RUN] [--only conformal,unlike,drift]

RUN: a run on the clothing photos by `vitreous train --tune none`; without it one is trained. conformal: its answers out of fold in 200 random halves,
chosen on one and measured on the other, for 90 and 95 %, in all and as the mean of the classes (within 1.5 points), and mean sizes beside those
of adaptive sets (APS, RAPS); then its own test photos. unlike: 3 of 10 classes held out, 50 such choices; area under ROC of test photos of these
against those of the others (at least 0.90), beside the largest probability alone. drift: 500 times 400 photos against 100 others of the same kind
(alarms in at most 5 % and what chance adds to that), and 40 times each against 100 that are darker, blurred, of another camera or of other classes.
"""

import tempfile
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from harness import VITREOUS, Benchmark, Claim, begin, parser, require, run_well

SPLITS, CHOICES, HELD_OUT, DRAWS, SHIFTED = 200, 50, 3, 500, 40
OLD, NEW, RATE = 400, 100, 0.05


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--run", type=Path, help="a run on the clothing photos")
    options.add_argument("--only", default="conformal,unlike,drift", help="some of these, with commas (%(default)s)")
    arguments = options.parse_args()
    require(arguments.data / "clothing")
    benchmark = begin("unknown", arguments)
    with tempfile.TemporaryDirectory() as folder:
        if not arguments.run:
            run_well([*VITREOUS, "train", arguments.data / "clothing", "--tune", "none", "--runs", folder, "--name", "clothing"])
        run = arguments.run or Path(folder) / "clothing-1"
        benchmark.measured = benchmark.measured_before()
        for part in arguments.only.split(","):
            {"conformal": conformal, "unlike": unlike, "drift": drift}[part](benchmark, run)
    benchmark.write()


def conformal(benchmark: Benchmark, folder: Path) -> None:
    from vitreous.runs.folder import open_run
    from vitreous.runs.tables import predictions_from_csv
    from vitreous.trust.unknown.conformal import thresholds, thresholds_per_class
    from vitreous.trust.unknown.promises import promise_of

    run = open_run(folder)
    labels = list(run.facts["labels"])
    held, test = (predictions_from_csv(run.read(name)) for name in ("held_out.csv", "predictions.csv"))
    target = np.array([labels.index(label) for label in held.labels])
    rng, found = np.random.default_rng(0), {}
    for promise in (0.9, 0.95):
        rows: dict[str, list[float]] = {"coverage": [], "size": [], "classes": [], "APS": [], "RAPS": [], "APS covered": [], "RAPS covered": []}
        for _ in range(20 if benchmark.arguments.quick else SPLITS):
            order = rng.permutation(len(target))
            known, new = np.split(order, [len(order) // 2])
            inside = thresholds(held.probability[known], target[known], promise).sets(held.probability[new])
            rows["coverage"].append(float(inside[np.arange(len(new)), target[new]].mean()))
            rows["size"].append(float(inside.sum(1).mean()))
            each = thresholds_per_class(held.probability[known], target[known], promise, labels).sets(held.probability[new])
            hit = each[np.arange(len(new)), target[new]]
            rows["classes"].append(float(np.mean([hit[target[new] == k].mean() for k in range(len(labels))])))
            for name, penalty in (("APS", 0.0), ("RAPS", 0.05)):
                covered, size = adaptive(held.probability, target, known, new, promise, penalty, rng)
                rows[name].append(size)
                rows[f"{name} covered"].append(covered)
        found[str(promise)] = {name: {"mean": float(np.mean(values)), "sd": float(np.std(values))} for name, values in rows.items()}
        for name, what in (("coverage", "all pictures"), ("classes", "the mean of the classes")):
            off = abs(100 * (float(np.mean(rows[name])) - promise))
            note = f"mean {100 * np.mean(rows[name]):.2f} %, splits {100 * np.std(rows[name]):.2f} points apart"
            benchmark.claim(Claim(f"sets for {promise:.0%}, {what}: off by", off, "points", "at most", 1.5, note=note))
        made = promise_of(run, promise, False).measured(test, None, f"{len(test.paths)} test pictures")
        found[str(promise)]["test"] = made.to_json()
        print(f"    on its own test photos {made.all.coverage:.3f} {made.all.interval}, mean size {made.all.size:.2f}")
    benchmark.measured["conformal"] = found


def adaptive(probability: Any, target: Any, known: Any, new: Any, promise: float, penalty: float, rng: Any) -> tuple[float, float]:
    """Coverage and mean size of randomized adaptive sets (Y. Romano et al., NeurIPS 2020; regularized: A. Angelopoulos et al., ICLR 2021)."""
    order = np.argsort(-probability, axis=1)
    ranked = np.take_along_axis(probability.astype(float), order, 1)
    before = ranked.cumsum(1) - ranked + penalty * np.maximum(0, np.arange(ranked.shape[1]) - 1)
    scores = np.empty_like(ranked)
    np.put_along_axis(scores, order, before + rng.uniform(size=(len(ranked), 1)) * ranked, 1)
    own = np.sort(scores[known, target[known]])
    inside = scores[new] <= own[int(np.ceil((len(known) + 1) * promise)) - 1]
    return float(inside[np.arange(len(new)), target[new]].mean()), float(inside.sum(1).mean())


def unlike(benchmark: Benchmark, folder: Path) -> None:
    from itertools import combinations

    from sklearn.metrics import roc_auc_score

    from vitreous.fit.softmax import ROUGH, fit_softmax, log_softmax
    from vitreous.trust.unknown.unlike import reference, space_of

    features, target, test, labels = wide_features(folder)
    rng = np.random.default_rng(0)
    choices = list(combinations(range(len(labels)), HELD_OUT))
    found: dict[str, list[float]] = {"oddness": [], "far": [], "unsure": []}
    chosen = [choices[number] for number in rng.permutation(len(choices))[: 2 if benchmark.arguments.quick else CHOICES]]
    for number, unknown in enumerate(chosen):
        known = np.isin(target, unknown, invert=True)
        train, asked = np.flatnonzero(known & ~test), np.flatnonzero(test)
        classes = np.unique(target[train], return_inverse=True)[1]
        aside = rng.uniform(size=len(train)) < 0.2
        mean, deviation = features[train].mean(0), np.maximum(features[train].std(0), 1e-3)
        # a head on the first 512 principal directions: the same answers as on all features, in a sixth of the time
        standard = (features - mean) / deviation
        vectors = np.linalg.eigh(standard[train] @ standard[train].T)[1][:, ::-1][:, :512]
        directions = standard[train].T @ vectors
        placed = standard @ (directions / np.linalg.norm(directions, axis=0))

        def answers(rows: Any, asked: Any, classes: Any, placed: Any = placed) -> Any:
            head = fit_softmax(placed[rows].astype(np.float32), classes, int(classes.max()) + 1, 0.003, None, ROUGH)
            return np.exp(log_softmax(head.logits(placed[asked].astype(np.float32))))

        space = space_of(features[train], classes)
        apart = space_of(features[train[~aside]], classes[~aside]).distances(features[train[aside]])
        made = reference(space, apart, answers(train[~aside], train[aside], classes[~aside]))
        said, strange = answers(train, asked, classes), ~known[asked]
        for name, score in (
            ("oddness", made.scores(features[asked], said)),
            ("far", space.distances(features[asked])[1]),
            ("unsure", 1 - said.max(1)),
        ):
            found[name].append(float(roc_auc_score(strange, score)))
        print(f"    {number}: {', '.join(labels[k] for k in unknown)}: {found['oddness'][-1]:.3f}", flush=True)
    benchmark.measured["unlike"] = {"choices": [[labels[k] for k in each] for each in chosen], **found}
    means = {name: float(np.mean(values)) for name, values in found.items()}
    spread = f"from {min(found['oddness']):.3f} to {max(found['oddness']):.3f}; far alone {means['far']:.3f}, unsure alone {means['unsure']:.3f}"
    benchmark.claim(
        Claim(f"none of these: area under ROC, {len(chosen)} choices of {HELD_OUT} classes", means["oddness"], "", "at least", 0.9, note=spread)
    )


def wide_features(folder: Path) -> tuple[Any, Any, Any, list[str]]:
    """What a run says of all of its pictures: features [N, D], classes [N], which are its test pictures [N], and its labels."""
    import vitreous as vt

    run = vt.load(folder)
    found = run.features()
    return found.values, np.array([run.labels.index(label) for label in found.labels]), np.array(found.splits) == "test", run.labels


def drift(benchmark: Benchmark, folder: Path) -> None:
    from vitreous.runs.folder import open_run
    from vitreous.runs.tables import predictions_from_csv
    from vitreous.trust.unknown.differences import held_to, kinds_differ, looks_differ, pictures_differ

    run = open_run(folder)
    labels = list(run.facts["labels"])
    said = {
        path: int(row.argmax())
        for name in ("held_out.csv", "predictions.csv")
        for part in [predictions_from_csv(run.read(name))]
        for path, row in zip(part.paths, part.probability, strict=True)
    }
    facts, features, paths = sampled(run, Path(str(run.facts["data"]["folder"])))
    classes = np.array([labels.index(path.split("/")[1]) for path in paths])
    answered = np.array([said.get(path, -1) for path in paths])
    rng = np.random.default_rng(0)

    def alarmed(old: Any, new: Any, shifted: Any = None) -> list[bool]:
        its_facts, its_features = (facts, features) if shifted is None else shifted
        compared = [pictures_differ(features[old], its_features[new], rng)[0]]
        if shifted is None:
            compared.append(kinds_differ("predicted classes", answered[old], answered[new], labels, rng))
        return [each.differs for each in held_to(RATE, [*compared, *looks_differ(facts[old], its_facts[new], rng)])]

    draws = 10 if benchmark.arguments.quick else DRAWS
    alarms = []
    for _ in range(draws):
        order = rng.permutation(np.flatnonzero(answered >= 0))
        alarms.append(any(alarmed(order[:OLD], order[OLD : OLD + NEW])))
    share, allowed = float(np.mean(alarms)), RATE + 1.645 * sqrt(RATE * (1 - RATE) / draws)
    benchmark.measured["drift"] = {"alarms": int(np.sum(alarms)), "draws": draws, "power": {}}
    note = f"{int(np.sum(alarms))} of {draws}; {RATE:.0%} and what chance adds in 19 of 20 cases"
    benchmark.claim(Claim("drift: false alarms", 100 * share, "%", "at most", 100 * allowed, note=note))
    test = np.flatnonzero([path.startswith("test/") for path in paths])
    train = np.flatnonzero([path.startswith("train/") for path in paths])
    for name, change in CHANGES.items():
        with tempfile.TemporaryDirectory() as place:
            for number in test:
                changed(Path(str(run.facts["data"]["folder"])) / paths[number], Path(place) / f"{number:05}.jpg", change)
            shifted = sampled(run, Path(place))[:2]
        power(benchmark, name, [alarmed(rng.permutation(train)[:OLD], rng.permutation(len(test))[:NEW], shifted) for _ in range(SHIFTED)])
    most = int(np.bincount(classes).argmax())
    found = []
    for _ in range(SHIFTED):
        order = rng.permutation(np.flatnonzero(answered >= 0))
        old, rest = order[:OLD], order[OLD:]
        weight = np.where(classes[rest] == most, 0.5, 1.0)
        found.append(alarmed(old, rng.choice(rest, NEW, replace=False, p=weight / weight.sum())))
    power(benchmark, f"half as many of {labels[most]}", found)


def power(benchmark: Benchmark, name: str, found: list[list[bool]]) -> None:
    """How often a planted shift was found, by any test and by what the pictures show alone."""
    told = {"any": float(np.mean([any(each) for each in found])), "what they show": float(np.mean([each[0] for each in found])), "times": len(found)}
    benchmark.measured["drift"]["power"][name] = told
    print(f"    {name}: found in {told['any']:.0%} of {len(found)}, by what they show alone in {told['what they show']:.0%}", flush=True)


def dark(image: Any) -> Any:
    return image.point(lambda level: 0.85 * level)


def blurred(image: Any) -> Any:
    from PIL import ImageFilter

    return image.filter(ImageFilter.GaussianBlur(1))


def other_camera(image: Any) -> Any:
    """Other primaries, a steeper curve, a little noise."""
    from PIL import Image

    pixels = np.asarray(image, np.float32) / 255
    mixed = pixels @ np.array([[0.95, 0.03, 0.02], [0.04, 0.92, 0.04], [0.0, 0.06, 0.98]], np.float32).T
    noise = np.random.default_rng(image.width).normal(0, 0.01, mixed.shape)
    return Image.fromarray((255 * (mixed.clip(0, 1) ** 1.1 + noise)).clip(0, 255).astype(np.uint8))


CHANGES = {"saved again": lambda image: image, "15 % darker": dark, "blurred by 1 pixel": blurred, "another camera": other_camera}


def changed(source: Path, place: Path, change: Any) -> None:
    from PIL import Image

    with Image.open(source) as image:
        change(image.convert("RGB")).save(place, qtables=image.quantization)  # as much compressed as it was


def sampled(run: Any, folder: Path) -> tuple[Any, Any, list[str]]:
    from vitreous.core.reporter import Quiet
    from vitreous.data.sources import read_any
    from vitreous.trust.unknown.drift import sample_of

    found = sample_of(run, folder, read_any(folder).items, "pictures", Quiet())
    return found.facts, found.features, [item.relative for item in found.items]


if __name__ == "__main__":
    main()
