"""The arms of a training study: how one is drawn, and what it asks of those who are in it while the study runs."""

from random import Random

from nightlight.catalog.history import database_errors
from nightlight.db import rows_of, transaction
from nightlight.practice import store
from nightlight.settings import Home

WITH_FEEDBACK, WITHOUT, READING = "practice with feedback", "practice without feedback", "reading only"
ARMS = (WITH_FEEDBACK, WITHOUT, READING)
BEFORE, AFTER = "before", "after"


def arm_at(seed: str, place: int) -> str:
    """The arm of the person who joins at this place: each block holds every arm once or twice, shuffled."""
    block, within = 0, place
    while True:
        random = Random(f"{seed}:{block}")  # noqa: S311  # the seed is secret
        arms = list(ARMS) * random.choice((1, 2))  # blocks of two sizes: the last place of one cannot be guessed
        random.shuffle(arms)
        if within < len(arms):
            return arms[within]
        within, block = within - len(arms), block + 1


def running_arm(home: Home, person: str) -> str | None:
    """The arm that binds somebody now: of a running study they take part in until their last assessment has ended."""
    with database_errors(), transaction(home.database_url) as connection:
        studies = rows_of(connection, "practice_studies", "name")
        running = {row["name"] for row in studies if row["ended_at"] is None}
        for row in rows_of(connection, "practice_study_people", "joined_at", person=person):
            if row["study"] in running and row["left_at"] is None:
                ended = "person = :person AND assignment = :mark AND ended_at IS NOT NULL AND stopped = 0"
                mark = f"{store.STUDY}{row['study']} {AFTER}"
                if not store.select(connection, ended, person=person, mark=mark):
                    return str(row["arm"])
    return None
