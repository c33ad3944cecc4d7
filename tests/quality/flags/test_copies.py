"""Near copies are found whatever their number and order, the same as by comparing all with all."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nightlight.quality.flags.copies import copies

FORM = "thank you for waiting i am reading back over what you wrote to me so far today and will answer soon"


def test_a_text_with_one_word_changed_is_a_near_copy_and_with_five_is_not() -> None:
    words = FORM.split()
    changed = " ".join(["thanks", *words[1:]])
    assert copies([FORM, changed], [], 0.9) == (0, 1)
    other = " ".join(word if n % 4 else "another" for n, word in enumerate(words))
    assert copies([FORM, other], [], 0.9) == ()


def test_known_texts_are_no_copies_of_each_other() -> None:
    assert copies(["so it was your sister who called"], [FORM, FORM], 0.9) == ()
    assert copies([FORM], [FORM], 0.9) == (0,)


@given(
    st.lists(st.lists(st.sampled_from("abcd"), max_size=9).map(" ".join), max_size=14),
    st.sampled_from([0.5, 0.75, 0.9, 1.0]),
)
def test_it_finds_what_comparing_all_with_all_finds(texts: list[str], share: float) -> None:
    pairs = [frozenset(pairwise(text.split())) for text in texts]
    expected = tuple(
        n
        for n, own in enumerate(pairs)
        if own and any(len(own & other) / len(own | other) >= share for m, other in enumerate(pairs) if m != n)
    )
    assert copies(texts, [], share) == expected
