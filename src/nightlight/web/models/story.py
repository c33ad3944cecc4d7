"""The story of a model as sentences: what the audit says was done, and what was refused."""

from collections.abc import Mapping

from nightlight.languages import N_
from nightlight.registry.history import Event

DID: Mapping[str, str] = {
    "train model": N_("%(who)s trained %(what)s"),
    "register model": N_("%(who)s registered a version of %(what)s"),
    "install model": N_("%(what)s came with the product"),
    "evaluate model": N_("%(who)s evaluated %(what)s"),
    "promote model": N_("%(who)s promoted %(what)s"),
    "roll back model": N_("%(who)s took back %(what)s"),
    "roll out model": N_("%(who)s lets people meet %(what)s"),
    "stop rollout": N_("%(who)s ended trying out %(what)s"),
}
WANTED: Mapping[str, str] = {
    "train model": N_("%(who)s wanted to train %(what)s"),
    "register model": N_("%(who)s wanted to register a version of %(what)s"),
    "install model": N_("%(what)s of the product could not be registered"),
    "evaluate model": N_("%(who)s wanted to evaluate %(what)s"),
    "promote model": N_("%(who)s wanted to promote %(what)s"),
    "roll back model": N_("%(who)s wanted to take back %(what)s"),
    "roll out model": N_("%(who)s wanted to let people meet %(what)s"),
    "stop rollout": N_("%(who)s wanted to end trying out %(what)s"),
}
OTHER = N_("%(who)s: %(what)s")


def names_people(event: Event) -> bool:
    """Whether its detail may name a cohort, which is for those who decide."""
    return event.action in ("roll out model", "stop rollout")


def sentence(event: Event) -> str:
    """The sentence of an event, to be filled with who and what."""
    return (DID if event.outcome == "done" else WANTED).get(event.action, OTHER)
