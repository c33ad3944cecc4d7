"""While pages are served, somebody looks at the live conversations every minute: silence sends no event."""

import logging
from collections.abc import Callable
from datetime import datetime
from threading import Event

from nightlight.errors import NightlightError
from nightlight.quality.forgetting import forget_ended
from nightlight.quality.live import look_again
from nightlight.settings import Home

EVERY_SECONDS = 60.0
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
