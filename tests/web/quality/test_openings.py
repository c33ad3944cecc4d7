"""What waits for a second person, and who may be one."""

from tests.web.quality.conftest import As

LIVE, TABLES = "/quality/conversations/live-1", "/quality/conversations/c1"
WHY = {"reason": "the plan to stay safe is missing"}
DANGER = {"reason": "somebody is in danger now", "purpose": "quality_review"}


def test_nothing_waiting_is_said_calmly(sign_in: As) -> None:
    assert "Nothing waits for a second person." in sign_in("sam").get("/quality/openings").text


def test_a_colleague_sees_what_was_asked_for_and_why(sign_in: As) -> None:
    sign_in("sam").post(f"{TABLES}/ask", data=WHY)
    page = sign_in("tess").get("/quality/openings").text
    assert WHY["reason"] in page
    assert 'action="/quality/openings/1/approve"' in page


def test_ones_own_request_is_taken_back_and_not_approved(sign_in: As) -> None:
    sam = sign_in("sam")
    sam.post(f"{TABLES}/ask", data=WHY)
    page = sam.get("/quality/openings").text
    assert 'action="/quality/openings/1/approve"' not in page
    assert "waits for a second person" in page
    refused = sam.post("/quality/openings/1/approve")
    assert refused.status_code == 400
    assert "a second person is needed" in refused.text
    assert sam.post("/quality/openings/1/decline").status_code == 303
    assert "declined or taken back" in sam.get("/quality/openings").text
    assert sign_in("tess").post("/quality/openings/1/approve").status_code == 400


def test_who_asked_sees_the_answer(sign_in: As) -> None:
    sam = sign_in("sam")
    sam.post(f"{TABLES}/ask", data=WHY)
    sign_in("tess").post("/quality/openings/1/approve")
    assert "approved by tess" in sam.get("/quality/openings").text
    assert "approved by a second person" in sam.get("/quality").text


def test_an_emergency_waits_until_another_one_has_looked(sign_in: As) -> None:
    sam, mia = sign_in("sam"), sign_in("mia")
    sam.post(f"{LIVE}/emergency", data=DANGER)
    assert "nobody has looked at it yet" in sam.get("/quality/openings").text
    assert DANGER["reason"] in mia.get("/quality/openings").text
    assert sam.post("/quality/openings/1/looked").status_code == 400
    assert mia.post("/quality/openings/1/looked").status_code == 303
    assert DANGER["reason"] not in mia.get("/quality/openings").text
    assert "looked at by mia" in sam.get("/quality/openings").text


def test_strangers_second_nothing(sign_in: As) -> None:
    sign_in("sam").post(f"{TABLES}/ask", data=WHY)
    otto = sign_in("otto")
    assert otto.get("/quality/openings").status_code == 404
    for way in ("approve", "decline", "looked"):
        assert otto.post(f"/quality/openings/1/{way}").status_code == 404
    assert "waits for a second person" in sign_in("sam").get("/quality/openings").text


def test_a_request_that_is_not_there_is_refused_in_one_line(sign_in: As) -> None:
    refused = sign_in("tess").post("/quality/openings/77/approve")
    assert refused.status_code == 400
    assert "there is no such request" in refused.text
