"""What the pages of quality have in common."""

import pytest
from tests.web.quality.conftest import As

from nightlight.web.quality.frame import url_of


@pytest.mark.parametrize(
    ("conversation", "url"),
    [("c1", "c1"), ("a/b", "a%2Fb"), ("a b?c#d", "a%20b%3Fc%23d"), ("é", "%C3%A9")],
)
def test_any_id_can_stand_in_an_address(conversation: str, url: str) -> None:
    assert url_of(conversation) == f"/quality/conversations/{url}"


def test_the_tabs_say_where_one_is(sign_in: As) -> None:
    browser = sign_in("sam")
    for url in ("/quality", "/quality/openings", "/quality/shift"):
        assert f'<a href="{url}" aria-current="page"' in browser.get(url).text
    assert '<a href="/quality" aria-current="page"' in browser.get("/quality/conversations/live-1").text
