"""Pages for people, made from values that they are given: a run's report and card, runs side by side, a look at a folder."""

from vitreous.runs.contents import Contents


def documents(contents: Contents) -> dict[str, bytes]:
    """The files for people of a run, by name: report.html and MODEL_CARD.md. Both tell the same facts."""
    from vitreous.report.card import model_card
    from vitreous.report.data_summary import summarize
    from vitreous.report.markdown import markdown
    from vitreous.report.run_page import run_page

    data = summarize(contents)
    card = model_card(contents, data)
    return {"report.html": run_page(contents, data, card), "MODEL_CARD.md": markdown(f"Model card of {contents.name}", card)}


def compare(runs: list[Contents]) -> bytes:
    """One page that sets runs side by side, the first one against each other one."""
    from vitreous.report.compare_page import compare_page
    from vitreous.tasks.task import require_one_label

    for run in runs:
        require_one_label(run.facts, "vitreous report --compare")

    return compare_page(runs)
