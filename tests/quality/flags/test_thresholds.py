"""A line's own numbers: read from its home, refused where they are wrong, learned from its conversations."""

from pathlib import Path

import pytest
from tests.quality.flags.talk import PLANNING, Written, c, seen, t

from nightlight.errors import NightlightError
from nightlight.quality.flags.declared import Seen
from nightlight.quality.flags.learned import FEWEST, as_toml, learn_thresholds
from nightlight.quality.flags.thresholds import START, Thresholds, read_thresholds
from nightlight.settings import Home


def read(folder: Path, text: str) -> Thresholds:
    (folder / "flags.toml").write_text(text, encoding="utf-8")
    return read_thresholds(Home(folder))


def test_a_home_without_the_file_has_start_values(tmp_path: Path) -> None:
    assert read_thresholds(Home(tmp_path)) == START


def test_named_numbers_are_the_lines_own_and_the_others_stay(tmp_path: Path) -> None:
    found = read(tmp_path, "unassessed_minutes = 8\nask_everyone = false\nreturns = 4\n")
    assert found == Thresholds(unassessed_minutes=8.0, ask_everyone=False, returns=4)
    assert isinstance(found.unassessed_minutes, float)


def test_prepared_texts_come_from_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "macros.txt").write_text("Thank you for waiting.\n\n Please hold on. \n", encoding="utf-8")
    assert read(tmp_path, 'macros = "macros.txt"').macros == ("Thank you for waiting.", "Please hold on.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("unasessed_minutes = 8", "unknown key 'unasessed_minutes'; did you mean 'unassessed_minutes'?"),
        ("returns = 2.5", "'returns' must be a whole number, 0 or more"),
        ("returns = true", "'returns' must be a whole number, 0 or more"),
        ("wait_minutes = -1", "'wait_minutes' must be a number, 0 or more"),
        ("wait_minutes = nan", "'wait_minutes' must be a number, 0 or more"),
        ('wait_minutes = "ten"', "'wait_minutes' must be a number, 0 or more"),
        ("ask_everyone = 1", "'ask_everyone' must be true or false"),
        ("copied_share = 90", "'copied_share' must be from 0 to 1; write 0.95 for 95 %"),
        ("macros = 3", "'macros' must be the name of a file beside it, in quotes"),
        ('macros = "../other.txt"', "'macros' must be the name of a file beside it, in quotes"),
        ('macros = "gone.txt"', "the file of 'macros' cannot be read; put gone.txt beside it, in UTF-8, one"),
        ("returns = ", "not valid TOML"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file_and_the_key(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(NightlightError) as error:
        read(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path / 'flags.toml'}: {says}")
    assert "\n" not in str(error.value)


def talks(count: int) -> list[Seen]:
    """Conversations of growing length, with answers that take longer and longer."""

    def lines(number: int) -> list[Written]:
        exploring = [t(), c(wait=number)] * (2 + number // 10)
        return [*exploring, *[t(phase=PLANNING), c("coping", phase=PLANNING)] * 3]

    return [seen(*lines(number), ended=True) for number in range(count)]


def test_percentiles_of_a_lines_own_conversations_take_the_place_of_start_values() -> None:
    learned = learn_thresholds(talks(FEWEST))
    assert learned.wait_minutes == pytest.approx(0.95 * (FEWEST - 1) / 60, abs=0.01)
    assert learned.stuck_assessment_messages == 40  # of 4, 6 .. 42, each ten times
    assert learned.stuck_contact_messages == START.stuck_contact_messages
    assert learned.advice_share == 0.0
    assert learned.unassessed_minutes == START.unassessed_minutes


def test_few_unfinished_or_unread_conversations_teach_nothing() -> None:
    assert learn_thresholds(talks(FEWEST - 1)) == START
    assert learn_thresholds([Seen(each.conversation, each.labels) for each in talks(FEWEST)]) == START
    assert learn_thresholds([seen(*[t(unread=True)] * 6, ended=True)] * FEWEST) == START
    assert learn_thresholds([]) == START


def test_what_was_learned_can_be_written_and_read_again(tmp_path: Path) -> None:
    learned = learn_thresholds(talks(FEWEST), Thresholds(ask_everyone=False))
    assert read(tmp_path, as_toml(learned)) == learned
    assert as_toml(START) == ""
