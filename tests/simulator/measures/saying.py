"""A texter without a plan, for measures that read words alone."""

from collections.abc import Callable

from nightlight.simulator.wording import Situation, Worded
from nightlight.simulator.wording.controls import beside_the_engine


class Saying:
    """Its every reply is made from the situation alone."""

    name = "saying"
    is_control = True

    def __init__(self, reply: Callable[[Situation], str]) -> None:
        self.reply = reply

    def word(self, situation: Situation) -> tuple[Worded, ...]:
        return beside_the_engine(situation, self.reply(situation), "nobody")
