"""The pocket benchmark: what the pocket texter costs in memory and time, and how much of a practiced card it makes new.

Its bars in seconds are for an idle machine; the load is printed beside them, and the CPU-seconds hold on any."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from nightlight.operations.benchmark_arms import run_arm
from nightlight.operations.benchmark_figures import Figure, Round
from nightlight.settings import shipped

FIRST_WORD, WORDS_A_SECOND, SLOWEST, MEGABYTES = 50.0, 1000.0, 0.3, 300.0


def pocket_round(folder: Path, *, on_step: Callable[[str], None], model: Path | None = None) -> Round:
    """`model`: another one than the shipped."""
    from nightlight.simulator.wording.pocket import check_pocket

    chosen = model or shipped("models/pocket")
    check_pocket(chosen)
    on_step("the pocket texter, and the same sessions in the cards' own lines")
    return {"pocket": run_arm("pocket", chosen, log=folder / "pocket.log")}


def pocket_figures(rounds: Sequence[Round]) -> list[Figure]:
    arms = [found["pocket"] for found in rounds]

    def middle(name: str, part: str) -> float:
        return float(median(arm[name][part] for arm in arms))

    first, ratio = arms[0], median(arm["pocket"]["turn_cpu"] / arm["bank"]["turn_cpu"] for arm in arms)
    return [
        Figure("first word of a line, wall ms", 1000 * middle("first", "wall"), FIRST_WORD),
        Figure("first word of a line, CPU ms", 1000 * middle("first", "cpu")),
        Figure("words a CPU-second", median(arm["words_a_second"] for arm in arms), WORDS_A_SECOND, at_least=True),
        Figure("a line, sixteen sessions at once, wall s, median", middle("at_once", "median")),
        Figure("a line, sixteen sessions at once, wall s, slowest", middle("at_once", "slowest"), SLOWEST),
        Figure("a line, sixteen sessions at once, CPU ms", 1000 * middle("at_once", "cpu")),
        Figure("memory added, MB", median(arm["megabytes_added"] for arm in arms), MEGABYTES),
        Figure("a turn worded by pocket / by the bank, CPU", ratio),
        *(
            Figure(f"messages of session {number} read before, {arm}", share)
            for number in first["bank"]["read_before"]
            for arm in ("bank", "pocket")
            for share in [first[arm]["read_before"][number]]
        ),
        Figure("share of lines asked for that pocket said", first["wording"]["spoken"] / first["wording"]["asked"]),
        Figure("load of the machine while it ran", median(arm["load"] for arm in arms)),
    ]
