"""While pages are served: somebody looks at the live conversations every minute, as silence sends no event, and whoever
is on duty is called within seconds when a flag cannot wait. A slow mail server delays calls alone: two threads."""

import logging
from collections.abc import Callable
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
        try:
            task(home, clock=clock)
        except NightlightError as error:
            LOG.warning("live conversations were not looked at: %s", error)
        except Exception as error:  # its text may quote a row
            LOG.warning("live conversations were not looked at (%s)", type(error).__name__)


def watch_calls(home: Home, broker: Broker, clock: Callable[[], datetime], ending: Event) -> None:
    """Call until asked to end; what reached nobody is tried again, and the queue says so meanwhile."""
    while not ending.wait(CALL_SECONDS):
        call(home, broker, clock)


def call(home: Home, broker: Broker, clock: Callable[[], datetime]) -> None:
    try:
        for problem in call_duty(home, lambda person: reach(home, broker, person), clock=clock):
            LOG.warning("%s", problem)
    except NightlightError as error:
        LOG.warning("nobody was called: %s", error)
    except Exception as error:  # its text may quote a row
        LOG.warning("nobody was called (%s)", type(error).__name__)
