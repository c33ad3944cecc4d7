"""The one exception a person may see: a single clear line saying what, where and what to do (such as `suggest` says).

It never holds message text, identities or secrets: whoever raises it writes the line for a log that others read."""

from collections.abc import Collection


class NightlightError(Exception):
    """Something was refused or failed for a reason its reader can act on; the command line prints it and exits 1.

    >>> str(NightlightError("unknown column 'txt'", where="sources/a.toml:4", remedy="did you mean 'text'?"))
    "sources/a.toml:4: unknown column 'txt'; did you mean 'text'?"
    """

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__((f"{where}: " if where else "") + what + (f"; {remedy}" if remedy else ""))

    def at(self, where: str) -> "NightlightError":
        """The same with a place, if it has none yet."""
        return self if self.where else NightlightError(self.what, where=where, remedy=self.remedy)


def suggest(word: str, known: Collection[str]) -> str:
    """The remedy for a word that nobody knows: the known one that is close to it, else all of them."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
