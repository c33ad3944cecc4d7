"""The one exception a person may see: a single clear line saying what, where and what to do.

It never holds message text, identities or secrets: whoever raises it writes the line for a log that others read."""


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
