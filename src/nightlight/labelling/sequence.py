"""Phases from a whole course: what each message looks like beside those before it, and those after it once it is over.

A row of `readings` holds one message's probabilities (phases, acts, risk, author). A small network with one hidden
layer reads them together with their past; plain arrays, numpy only."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nightlight.conversations.labels import COARSE_PHASE, CoarsePhase, Phase

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.float64]

PHASES, COARSE = tuple(Phase), tuple(CoarsePhase)
FADING = (0.6, 0.9)  # how much of the past stays at each message
LEAST = 1e-4  # a probability that a path may stand on
UNLIKELY = 1e-3


@dataclass(frozen=True)
class Layer:
    """One trained network: inputs are centered and scaled, then one hidden layer (ReLU), then a row of scores."""

    center: "Rows"
    scale: "Rows"
    hidden: "Rows"
    hidden_bias: "Rows"
    out: "Rows"
    out_bias: "Rows"

    def scores(self, rows: "Rows") -> "Rows":
        import numpy as np

        inside = np.maximum(0.0, (rows - self.center) / self.scale @ self.hidden + self.hidden_bias)
        return np.asarray(inside @ self.out + self.out_bias)


@dataclass(frozen=True)
class PhaseModel:
    """`networks` are averaged; `steps`: log probability of one coarse phase after another, `first` of the first;
    `weight_of_steps`: how much they count against what the messages say."""

    networks: tuple[Layer, ...]
    steps: "Rows"
    first: "Rows"
    weight_of_steps: float
    sharpness: float

    def probabilities(self, inputs: "Rows") -> "Rows":
        """Of the fine phases, a row a message; calibrated."""
        import numpy as np

        found = np.zeros((len(inputs), len(PHASES)))
        for network in self.networks:
            scores = network.scores(inputs)
            raised = np.exp(scores - scores.max(axis=1, keepdims=True))
            found += raised / raised.sum(axis=1, keepdims=True)
        sharp = (found / len(self.networks)) ** self.sharpness
        return np.asarray(sharp / sharp.sum(axis=1, keepdims=True))


def online_inputs(readings: "Rows", counselor: "NDArray[np.bool_]") -> "Rows":
    """What is known at each message: itself, the two before it, and what fades of all the others."""
    import numpy as np

    sharp = np.log(np.maximum(readings[:, : len(PHASES)], UNLIKELY))  # of the phases: small differences tell
    return np.hstack([readings, sharp, _past(readings), place_in(counselor)])


def offline_inputs(readings: "Rows", counselor: "NDArray[np.bool_]") -> "Rows":
    """The same from both ends, and how far the end is."""
    import numpy as np

    after = _past(readings[::-1])[::-1]
    return np.hstack([online_inputs(readings, counselor), after, place_to_end(len(readings))])


def place_to_end(messages: int) -> "Rows":
    """How many messages are to come, in several scales."""
    import numpy as np

    left = np.arange(messages)[::-1]
    return np.stack([left / 40, np.log1p(left) / 4, 1 - left / messages, *(left < n for n in (1, 2, 4, 8))], axis=1)


def _past(rows: "Rows") -> "Rows":
    import numpy as np

    size = rows.shape[1]
    before = np.vstack([np.zeros((3, size)), rows])
    faded, kept = [], [np.zeros(size) for _ in FADING]
    for row in rows:
        kept = [share * old + (1 - share) * row for share, old in zip(FADING, kept, strict=True)]
        faded.append(np.concatenate(kept))
    return np.hstack(
        [
            before[2:-1],
            before[1:-2],
            before[:-3, : len(PHASES)],
            np.array(faded).reshape(len(rows), -1),
            np.maximum.accumulate(rows, axis=0),
            np.log1p(np.cumsum(rows, axis=0)),
        ]
    )


def place_in(counselor: "NDArray[np.bool_]") -> "Rows":
    """How many messages, and whose, have been, in several scales."""
    import numpy as np

    place = np.arange(len(counselor))
    texts, answers = np.cumsum(~counselor), np.cumsum(counselor)
    return np.stack(
        [place / 40, np.log1p(place) / 4, texts / 20, answers / 20, *(place < n for n in (1, 2, 4, 8, 16, 24))], axis=1
    )


def coarse_of(fine: "Rows") -> "Rows":
    """Coarse phases from fine ones, message by message; what `other` has goes to the phase that runs."""
    import numpy as np

    sums = np.zeros((len(fine), len(COARSE)))
    for place, phase in enumerate(PHASES):
        if phase in COARSE_PHASE:
            sums[:, COARSE.index(COARSE_PHASE[phase])] += fine[:, place]
    running = np.eye(len(COARSE))[0]
    for row, other in zip(sums, fine[:, PHASES.index(Phase.OTHER)], strict=True):
        row += other * running
        running = row / row.sum()
    return sums


def best_path(model: PhaseModel, coarse: "Rows") -> list[int]:
    """The most probable course of coarse phases (Viterbi), as places in COARSE."""
    import numpy as np

    seen = np.log(np.maximum(coarse, LEAST))
    steps = model.weight_of_steps * model.steps
    best, came = seen[0] + model.weight_of_steps * model.first, []
    for row in seen[1:]:
        ways = best[:, None] + steps
        came.append(ways.argmax(axis=0))
        best = ways.max(axis=0) + row
    path = [int(best.argmax())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return path[::-1]


def fine_within(fine: "Rows", path: list[int]) -> list[Phase]:
    """The most probable fine phase of each message that belongs to its coarse one; `other` belongs to all."""
    found = []
    for row, place in zip(fine, path, strict=True):
        may = [n for n, phase in enumerate(PHASES) if COARSE_PHASE.get(phase, COARSE[place]) is COARSE[place]]
        found.append(PHASES[max(may, key=lambda n: row[n])])
    return found
