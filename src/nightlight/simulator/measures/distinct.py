"""Whether each card is somebody (A12), and whether a played texter can be told from a written one (A13).

Both ask a plain linear classifier over characters; scikit-learn is imported where it is used."""

import math
from collections.abc import Sequence
from statistics import mean
from typing import TYPE_CHECKING, TypeAlias

from nightlight.conversations.labels import Author
from nightlight.simulator.counselors import Kind
from nightlight.simulator.measures import Measure
from nightlight.simulator.measures.plays import Plays
from nightlight.simulator.measures.statistics import Talk, distinct, talk_of, words, written

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = "NDArray[np.float64]"

LEAST_CARDS, FOLDS = 3, 5
TIMES_CHANCE, DISTINCT_2, SEPARABLE = 3.0, 0.68, 0.70
DISTINCT_AT = (1000, 5000)  # words; the bar was set for the second
KINDS = (Kind.GOOD, Kind.MIXED)


def personas(plays: Plays) -> list[Measure]:
    """A12: how much better than by chance a texter is recognized by how they write, from another conversation; and
    distinct-2, which falls with the words it is counted over."""
    sessions = {kind: [plays.played(card, seed, kind) for card, seed in plays.pairs()] for kind in KINDS}
    measures = []
    if len(plays.cards) >= LEAST_CARDS:
        texts = {kind: [_texter(talk_of(each)) for each in found] for kind, found in sessions.items()}
        names = [card.id for card, _ in plays.pairs()]
        right = [
            guess == name
            for learned, asked in (KINDS, KINDS[::-1])
            for guess, name in zip(_recognized(texts[learned], names, texts[asked]), names, strict=True)
        ]
        chance = 1 / len(plays.cards)
        name = "texters recognized from another conversation, times chance"
        found = Measure("A12", name, mean(right) / chance, TIMES_CHANCE, False, len(right), beside=f"{mean(right):.0%}")
        measures.append(found)
    good = [token for each in sessions[Kind.GOOD] for token in words(_texter(talk_of(each)))]
    for count in DISTINCT_AT:
        if len(good) >= count:
            value = distinct(good[:count], 2)
            measures.append(Measure("A12", f"distinct-2 of {count:,} words", value, DISTINCT_2, False, count))
    return measures


def _texter(talk: Talk) -> str:
    return "\n".join(text for author, text in talk if author is Author.TEXTER)


def _recognized(texts: Sequence[str], names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Which of the names each of the other texts is taken for: that of the nearest text."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    known = characters.fit_transform(texts)
    nearest = (characters.transform(others) @ known.T).toarray().argmax(axis=1)
    return [names[place] for place in nearest]


def people_or_not(plays: Plays) -> list[Measure]:
    """A13: how well a classifier tells the played texters' messages from those of the written role-plays (area under
    the curve: 0.5 not at all, 1 always), as it meets conversations it has not seen, and cards it has not seen."""
    people = [(card.id, talk) for card in plays.cards for talk in written([card.id])]
    played = [(each.card.id, talk_of(each)) for each in plays.all(*KINDS)]
    if len(people) < FOLDS or len(played) < FOLDS:
        return []
    found = []
    for name, by_card in (("conversations", False), ("cards", True)):
        groups = len(plays.cards) if by_card else min(len(people), len(played))
        if groups >= LEAST_CARDS:
            area, count = separability(people, played, by_card=by_card)
            label = f"played told from written, new {name}, area under the curve"
            found.append(Measure("A13", label, area, SEPARABLE, True, count))
    return found


def separability(
    people: Sequence[tuple[str, Talk]], played: Sequence[tuple[str, Talk]], *, by_card: bool
) -> tuple[float, int]:
    """The area under the curve over messages of folds that share no conversation (or no card), and the messages."""
    import numpy as np
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold

    texts, labels, groups = [], [], []
    for is_played, talks in ((0, people), (1, played)):
        for number, (card, talk) in enumerate(talks):
            for author, text in talk:
                if author is Author.TEXTER:
                    texts.append(text)
                    labels.append(is_played)
                    groups.append(card if by_card else f"{is_played}:{number}")
    scores = np.zeros(len(texts))
    for learned, asked in GroupKFold(n_splits=min(FOLDS, len(set(groups)))).split(texts, labels, groups):
        scores[asked] = _scores([texts[i] for i in learned], [labels[i] for i in learned], [texts[i] for i in asked])
    return float(roc_auc_score(labels, scores)), len(texts)


def _scores(learned: Sequence[str], labels: Sequence[int], asked: Sequence[str]) -> "Array":
    """How much each asked message looks like a played one."""
    from scipy.sparse import csr_array, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2)
    known = hstack([vectorizer.fit_transform(learned), csr_array(_surface(learned))]).tocsr()
    model = LogisticRegression(C=1.0, max_iter=2000, class_weight="balanced").fit(known, labels)
    new = hstack([vectorizer.transform(asked), csr_array(_surface(asked))]).tocsr()
    scores: Array = model.decision_function(new)
    return scores


def _surface(texts: Sequence[str]) -> list[list[float]]:
    """Length, case, end marks, questions, emoji, digits."""
    return [
        [
            math.log(1 + len(text.split())) / 3,
            math.log(1 + len(text)) / 5,
            float(text[:1].islower()),
            float(text.rstrip()[-1:] in ".!?"),
            float("?" in text),
            float("!" in text),
            float("," in text),
            float("'" in text or "’" in text),
            float(any(ord(sign) > 0x2190 for sign in text)),
            float(any(sign.isdigit() for sign in text)),
        ]
        for text in texts
    ]
