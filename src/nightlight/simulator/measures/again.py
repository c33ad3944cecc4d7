"""How much of a session somebody has read before who practices the same card again with another seed."""

from collections.abc import Iterable

from nightlight.simulator.checks import plain
from nightlight.simulator.measures.plays import Plays

SESSIONS = 5
SHORT = 2  # words; "yeah" and "i guess" are anybody's, and nobody takes them for a repetition


def read_before(plays: Plays, sessions: Iterable[int] = (2, SESSIONS)) -> dict[int, float]:
    """The share of a texter's messages that stood word for word in an earlier session of the same card and counselor,
    by the number of the session; the seeds of `plays` are the sessions in their order."""
    counted = {number: [0, 0] for number in sessions}
    for card in plays.cards:
        for kind in plays.kinds:
            known: set[str] = set()
            for number, seed in enumerate(plays.seeds, 1):
                said = [plain(reply.text) for turn in plays.played(card, seed, kind).turns for reply in turn.replies]
                longer = [text for text in said if len(text.split()) > SHORT]
                if number in counted:
                    counted[number][0] += sum(text in known for text in longer)
                    counted[number][1] += len(longer)
                known.update(longer)
    return {number: again / max(of, 1) for number, (again, of) in counted.items()}
