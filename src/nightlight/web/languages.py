"""Which language a page is in."""

from fastapi import Request

from nightlight.languages import LANGUAGES
from nightlight.web.access import Person


def language_of(request: Request, person: Person | None) -> str:
    """The language in which a page is written for whoever asks."""
    return choose_language(person.language if person else "", request.headers.get("accept-language", ""))


def choose_language(wanted: str, accepted: str) -> str:
    """The person's own choice, else what the browser likes best of what we have, else English.

    >>> choose_language("", "de, fr-CA;q=0.8, en;q=0.3")
    'fr'
    """
    liked = sorted((_preference(part) for part in accepted.split(",")), key=lambda each: -each[0])
    offered = [wanted, *(language for liking, language in liked if liking > 0)]
    return next((language for language in offered if language in LANGUAGES), "en")


def _preference(part: str) -> tuple[float, str]:
    """One language of an Accept-Language header, and how much it is liked."""
    tag, _, quality = part.partition(";")
    try:
        liking = float(quality.strip().removeprefix("q=") or 1)
    except ValueError:
        liking = 0.0
    return liking, tag.strip()[:2].lower()
