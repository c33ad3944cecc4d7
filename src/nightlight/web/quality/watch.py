"""While pages are served: somebody looks at the live conversations every minute, as silence sends no event, and whoever
is on duty is called within seconds when a flag cannot wait. A slow mail server delays calls alone: two threads."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event

from nightlight.errors import NightlightError
from nightlight.operations.calls import call_duty
from nightlight.quality.access import reach
from nightlight.quality.forgetting import forget_ended
from nightlight.quality.live import look_again
from nightlight.settings import Home
from nightlight.sql.broker import Broker

EVERY_SECONDS, CALL_SECONDS = 60.0, 5.0
LOG = logging.getLogger(__name__)


def watch(home: Home, clock: Callable[[], datetime], ending: Event) -> None:
    """Look until asked to end; what fails is tried again a minute later."""
    while not ending.wait(EVERY_SECONDS):
        look(home, clock)


def look(home: Home, clock: Callable[[], datetime]) -> None:
    """Both, whatever the other one does: text is not kept longer because a labeller is missing."""
    for task in (look_again, forget_ended):
        with _going_on("live conversations were not looked at"):
            task(home, clock=clock)


def watch_calls(home: Home, broker: Broker, clock: Callable[[], datetime], ending: Event) -> None:
    """Call until asked to end; what reached nobody is tried again, and the queue says so meanwhile."""
    while not ending.wait(CALL_SECONDS):
        call(home, broker, clock)


def call(home: Home, broker: Broker, clock: Callable[[], datetime]) -> None:
    with _going_on("nobody was called"):
        for problem in call_duty(home, lambda person: reach(home, broker, person), clock=clock):
            LOG.warning("%s", problem)


@contextmanager
def _going_on(what: str) -> Iterator[None]:
    """Whatever fails is logged, without the words of a row that it may quote."""
    try:
        yield
    except NightlightError as error:
        LOG.warning("%s: %s", what, error)
    except Exception as error:
        LOG.warning("%s (%s)", what, type(error).__name__)
