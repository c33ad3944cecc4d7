"""What a column of a file nobody has declared probably holds: words of people, who somebody is, or neither.

A guess for the first load, on the careful side; `SET TAG` has the last word. Declared sources are never guessed."""

import re
from typing import TYPE_CHECKING

from nightlight.lakehouse.tables import IDENTITY, TEXT

if TYPE_CHECKING:
    import pyarrow as pa

IDENTITY_WORDS = {
    *("name", "firstname", "lastname", "surname", "nickname", "username", "contact", "email", "mail", "phone"),
    *("mobile", "tel", "telephone", "address", "street", "birth", "birthday", "birthdate", "dob", "ssn", "ip"),
}
TEXT_WORDS = {
    *("text", "body", "message", "content", "comment", "note", "notes", "description", "transcript", "summary"),
    *("answer", "question", "feedback", "letter", "reply", "subject", "remark", "remarks", "reason", "story"),
}
CODE_CHARACTERS = 40  # a code or key is no longer (a UUID has 36) and has no blanks
# An address, or a telephone number by its + or its parts; digits alone are rather a key.
CONTACT = r"@|^[+][0-9 ()./-]{6,}$|^[(]?[0-9]{2,5}[ )./-]+[0-9 ()./-]*[0-9]{2,}$"
DATE = r"^[0-9]{4}-[0-9]{2}(-[0-9]{2}.*)?$"


def guess_sensitivity(name: str, values: "pa.ChunkedArray") -> str:
    """`text`, `identity` or "" (neither), by the column's name and the values of the first block.

    Values that are no strings are neither; strings without a value to go by are text.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    while types.is_list(values.type) or types.is_large_list(values.type):
        values = pc.list_flatten(values)
    if types.is_struct(values.type):
        return TEXT
    if not (types.is_string(values.type) or types.is_large_string(values.type)):
        return ""
    words = set(re.split(r"[^a-z]+", name.lower()))
    if words & IDENTITY_WORDS:
        return IDENTITY
    seen = pa.chunked_array([values.drop_null()]) if isinstance(values, pa.Array) else values.drop_null()
    if words & TEXT_WORDS or len(seen) == 0:
        return TEXT
    contacts = pc.and_(pc.match_substring_regex(seen, CONTACT), pc.invert(pc.match_substring_regex(seen, DATE)))
    if pc.any(contacts).as_py():
        return IDENTITY
    is_code = pc.and_(
        pc.less_equal(pc.utf8_length(seen), CODE_CHARACTERS), pc.invert(pc.match_substring_regex(seen, r"\s"))
    )
    return "" if pc.all(is_code).as_py() else TEXT
