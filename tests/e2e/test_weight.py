"""The first load, from an empty cache, as it is sent: signing in, and home."""

import pytest
from tests.e2e.conftest import PHONE, Visit
from tests.e2e.test_every_page import loaded_bytes

pytestmark = pytest.mark.browser
FIRST_LOAD = 150_000


@pytest.mark.parametrize("who", ["ana", "vera"])
def test_the_first_load_is_small(visit: Visit, who: str) -> None:
    page = visit("", viewport=PHONE).new_page()
    sign_in_page = loaded_bytes(page, "/sign-in")
    home = loaded_bytes(visit(who, viewport=PHONE).new_page(), "/") - loaded_bytes(
        visit(who, viewport=PHONE).new_page(), "/health"
    )
    assert 0 < sign_in_page <= FIRST_LOAD
    assert 0 < home <= FIRST_LOAD


def test_what_was_loaded_once_is_kept(visit: Visit) -> None:
    page = visit("ana", viewport=PHONE).new_page()
    first = loaded_bytes(page, "/")
    assert loaded_bytes(page, "/") < first / 5
