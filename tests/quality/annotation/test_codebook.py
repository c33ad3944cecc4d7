"""The codebook has a row for every word that can be chosen, and for no other."""

from nightlight.conversations.labels import HIGHEST_RISK, CounselorAct, Phase, RiskAttribute
from nightlight.quality.annotation.codebook import codebook, words_in


def test_every_word_has_its_row_once() -> None:
    phases, acts, risk, attributes = (
        [cell for row in part.rows for cell, _ in words_in(row[0])] for part in codebook()
    )
    assert sorted(phases) == sorted(Phase)
    assert sorted(acts) == sorted(CounselorAct)
    assert risk == [str(level) for level in range(HIGHEST_RISK + 1)]
    assert sorted(attributes) == sorted(RiskAttribute)


def test_every_row_has_all_cells_of_its_table() -> None:
    for part in codebook():
        assert part.rows
        assert {len(row) for row in part.rows} == {len(part.header)}
