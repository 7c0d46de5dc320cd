"""The results as a Markdown table: every claim of every file in benchmarks/results.

python benchmarks/table.py             prints it
python benchmarks/table.py --write     puts it into docs/benchmarks.md, between its two marks
"""

import argparse
import json
from typing import Any

from harness import ROOT

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- results: python benchmarks/table.py --write -->", "<!-- end of results -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    arguments = parser.parse_args()
    text = table([json.loads(file.read_bytes()) for file in sorted(RESULTS.glob("*.json"))])
    if not arguments.write:
        print(text)
        return
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
    print(f"written to {PAGE.relative_to(ROOT)}")


def table(results: list[dict[str, Any]]) -> str:
    """One row a claim, then a line on each machine."""
    if not results:
        return "No results yet."
    rows = ["| what | figure | target | reached | spread | with | benchmark |", "|---|---|---|---|---|---|---|"]
    machines: list[str] = []
    for result in results:
        machine = described(result)
        if machine not in machines:
            machines.append(machine)
        when = f"machine {machines.index(machine) + 1}, {result['machine']['date'][:10]}, commit {result['machine']['commit'].split()[0]}"
        rows += [row(result["benchmark"], claim, when) for claim in result["claims"]]
    return "\n".join([*rows, "", *(f"Machine {number}: {machine}." for number, machine in enumerate(machines, 1))])


def row(benchmark: str, claim: dict[str, Any], when: str) -> str:
    runs = claim["runs"]
    spread = f"{number(min(runs))} to {number(max(runs))}, n = {len(runs)}" if len(runs) > 1 else ""
    reached = "yes" if claim["reached"] else "**no**"
    figure, target = (f"{number(claim[key])} {claim['unit']}".strip() for key in ("figure", "target"))
    note = claim.get("failure") or claim["note"]
    cells = (claim["what"], figure, f"{claim['comparison']} {target}", reached, spread, note, f"{benchmark} ({when})")
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def described(result: dict[str, Any]) -> str:
    machine = result["machine"]
    versions = ", ".join(f"{name} {machine['versions'][name]}" for name in ("openvino", "numpy", "pillow") if name in machine["versions"])
    instructions = machine["instructions"][-1] if machine["instructions"] else "no vector instructions known"
    return (
        f"{machine['cores']} cores of {machine['processor']} ({instructions}), {machine['memory_gb']:.0f} GB, {machine['system']}, "
        f"Python {machine['python']}, {versions}"
    )


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
