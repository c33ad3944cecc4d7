"""Promises of calls: whoever is on duty and sees the conversation is told by mail, once and once more; nobody else is,
no mail holds a word of it, and a mail server that fails loses no call."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_string, policy
from email.message import EmailMessage

import pytest
from tests.operations.test_alerts import MailServer, serving
from tests.quality.conftest import MIA, OLGA, OTTO, SAM, TESS, Clock, a_flag, change

from nightlight.catalog.audit import tail
from nightlight.db import insert_row, rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.operations.calls import call_duty
from nightlight.quality.access import Reach
from nightlight.quality.calls import FRESH, answer_call, unheard
from nightlight.quality.flags.declared import Severity
from nightlight.quality.forgetting import erase_conversation
from nightlight.quality.raising import keep_flags
from nightlight.quality.reviews import dismiss
from nightlight.quality.shifts import begin_shift, call_at, end_shift
from nightlight.quality.store import LIVE, Case, flags_of, insert_case
from nightlight.settings import Home

REACHES = {each.person: each for each in (SAM, TESS, OLGA, MIA)}
WORDS = "i have it here and i will do it"
AGAIN = timedelta(minutes=5)


def reach_of(person: str) -> Reach:
    if person not in REACHES:
        raise NightlightError("not for you")
    return REACHES[person]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mails() -> Iterator[MailServer]:
    yield from serving(MailServer())


@pytest.fixture
def line(home: Home, mails: MailServer) -> Home:
    """A line with a mail server, and a conversation of sam's team in which a flag calls for somebody."""
    change(home)
    settings = replace(
        home.settings,
        alert_mail_to="office@example.org",
        alert_mail_host=mails.host,
        public_url="https://line.example.org",
        time_zone="Europe/Berlin",
    )
    return Home(home.root, settings)


def raise_flag(home: Home, clock: Clock, conversation: str = "live-1", severity: Severity = Severity.PAGE) -> None:
    case = Case(conversation, LIVE, "v1", None, clock.now, clock.now, None, 4, 1, "labels-1")
    with transaction(home.database_url) as connection:
        insert_case(connection, case)
        said = {"message_id": "m1", "arrived": 1, "author": "texter", "sent_at": clock.now, "text": WORDS}
        insert_row(connection, "quality_messages", {"conversation": conversation, **said})
        keep_flags(connection, conversation, [a_flag("imminent_risk", severity)], at=clock.now)


def call(home: Home, clock: Clock) -> list[str]:
    return call_duty(home, reach_of, clock=clock)


def read(mails: MailServer) -> list[EmailMessage]:
    return [message_from_string(mail, _class=EmailMessage, policy=policy.default) for mail in mails.mails]


def test_whoever_is_on_duty_is_told_what_and_where_and_not_a_word_of_it(
    line: Home, mails: MailServer, clock: Clock
) -> None:
    begin_shift(line, mail="sam@example.org", by=SAM, clock=clock)
    raise_flag(line, clock)
    assert call(line, clock) == []
    (mail,) = read(mails)
    assert mail["To"] == "sam@example.org"
    assert mail["Subject"] == "Nightlight home: look now, conversation live-1"
    said = mail.get_content()
    assert "(imminent_risk)" in said
    assert "Raised: 21:00, 2026-03-02 (Europe/Berlin)" in said
    assert "https://line.example.org/quality/conversations/live-1" in said
    assert WORDS not in mails.mails[0]


def test_a_colleague_of_another_team_and_whoever_is_off_duty_hear_nothing(
    line: Home, mails: MailServer, clock: Clock
) -> None:
    for person, by in (("sam", SAM), ("tess", TESS), ("olga", OLGA)):
        begin_shift(line, mail=f"{person}@example.org", by=by, clock=clock)
    end_shift(line, by=TESS, clock=clock)
    raise_flag(line, clock)
    call(line, clock)
    assert [mail["To"] for mail in read(mails)] == ["sam@example.org"]


def test_somebody_who_lost_the_right_to_see_it_hears_nothing(line: Home, mails: MailServer, clock: Clock) -> None:
    change(line, "GRANT EXECUTE ON APP quality TO others;")
    begin_shift(line, mail="otto@example.org", by=OTTO, clock=clock)
    raise_flag(line, clock)
    call(line, clock)
    assert [mail["To"] for mail in read(mails)] == ["office@example.org"]


def test_one_flag_calls_once_and_once_more_where_nobody_came(line: Home, mails: MailServer, clock: Clock) -> None:
    begin_shift(line, mail="sam@example.org", by=SAM, clock=clock)
    raise_flag(line, clock)
    for _ in range(3):
        call(line, clock)
    assert len(mails.mails) == 1
    clock.pass_by(minutes=4, seconds=59)
    call(line, clock)
    assert len(mails.mails) == 1
    for _ in range(5):
        clock.pass_by(minutes=5)
        call(line, clock)
    first, second = read(mails)
    assert "second call" not in first["Subject"]
    assert "second call" in second["Subject"]
    assert "Nobody has opened this conversation 5 minutes" in second.get_content()


def test_once_somebody_has_opened_it_there_is_no_second_call(line: Home, mails: MailServer, clock: Clock) -> None:
    begin_shift(line, mail="sam@example.org", by=SAM, clock=clock)
    raise_flag(line, clock)
    call(line, clock)
    with transaction(line.database_url) as connection:
        answer_call(connection, "live-1", clock.now)
    clock.pass_by(minutes=6)
    call(line, clock)
    assert len(mails.mails) == 1


def test_once_somebody_has_decided_there_is_no_second_call(line: Home, mails: MailServer, clock: Clock) -> None:
    raise_flag(line, clock)
    call(line, clock)
    with transaction(line.database_url) as connection:
        flag = flags_of(connection, "live-1")[0].id
    dismiss(line, flag, "not_so", "", None, by=SAM, clock=clock)
    clock.pass_by(minutes=6)
    call(line, clock)
    assert len(mails.mails) == 1


def test_the_home_says_after_how_long_or_never(line: Home, mails: MailServer, clock: Clock) -> None:
    raise_flag(line, clock)
    never = replace(line, settings=replace(line.settings, quality_call_again_minutes=0))
    call(never, clock)
    clock.pass_by(hours=2)
    call(never, clock)
    assert len(mails.mails) == 1


def test_with_nobody_on_duty_the_alert_address_is_told_and_the_queue_says_so(
    line: Home, mails: MailServer, clock: Clock
) -> None:
    raise_flag(line, clock)
    call(line, clock)
    (mail,) = read(mails)
    assert mail["To"] == "office@example.org"
    assert "Nobody is on duty who sees it." in mail.get_content()
    assert [(each.conversation, each.problem, each.at_address) for each in unheard(line, by=SAM)] == [
        ("live-1", None, True)
    ]
    assert unheard(line, by=OLGA) == []
    assert len(unheard(line, by=MIA)) == 1


def test_who_is_on_duty_without_an_address_is_named_to_the_alert_address(
    line: Home, mails: MailServer, clock: Clock
) -> None:
    begin_shift(line, by=SAM, clock=clock)
    raise_flag(line, clock)
    call(line, clock)
    assert "On duty, without an address to be called at: sam." in read(mails)[0].get_content()
    call_at(line, "sam@example.org", by=SAM, clock=clock)
    clock.pass_by(minutes=5)
    call(line, clock)
    assert read(mails)[1]["To"] == "sam@example.org"
    assert unheard(line, by=SAM) == []


def test_with_no_address_at_all_the_queue_says_what_to_do(line: Home, mails: MailServer, clock: Clock) -> None:
    silent = replace(line, settings=replace(line.settings, alert_mail_to=""))
    raise_flag(silent, clock)
    (problem,) = call(silent, clock)
    assert "reached nobody" in problem
    assert mails.mails == []
    (each,) = unheard(silent, by=SAM)
    assert each.problem == "nobody is on duty with an address, and the home has no alert address"


def test_a_mail_server_that_is_away_loses_no_call_and_hears_each_once(
    line: Home, mails: MailServer, clock: Clock
) -> None:
    begin_shift(line, mail="sam@example.org", by=SAM, clock=clock)
    raise_flag(line, clock)
    raise_flag(line, clock, "live-2")
    away = replace(line, settings=replace(line.settings, alert_mail_host="127.0.0.1:1"))
    (problem,) = call(away, clock)
    assert "Connection refused" in problem
    clock.pass_by(seconds=31)
    assert call(line, clock) == []
    call(line, clock)
    assert sorted(mail["Subject"].split()[-1] for mail in read(mails)) == ["live-1", "live-2"]


def test_a_box_that_is_refused_is_a_failure_without_the_servers_words(
    line: Home, mails: MailServer, clock: Clock
) -> None:
    begin_shift(line, mail="sam@example.org", by=SAM, clock=clock)
    raise_flag(line, clock)
    mails.refused = "sam@example.org"
    (problem,) = call(line, clock)
    assert "somebody's words" not in problem
    assert mails.mails == []


def test_two_who_look_at_once_call_once(line: Home, mails: MailServer, clock: Clock) -> None:
    raise_flag(line, clock)

    def meanwhile(person: str) -> Reach:
        assert call_duty(line, reach_of, clock=clock) == []
        return reach_of(person)

    begin_shift(line, mail="sam@example.org", by=SAM, clock=clock)
    call_duty(line, meanwhile, clock=clock)
    assert len(mails.mails) == 1


@pytest.mark.parametrize("severity", [Severity.HIGH, Severity.MEDIUM])
def test_what_can_wait_calls_nobody(line: Home, mails: MailServer, clock: Clock, severity: Severity) -> None:
    raise_flag(line, clock, severity=severity)
    assert call(line, clock) == []
    assert mails.mails == []


def test_what_was_raised_long_ago_while_nothing_looked_calls_nobody(
    line: Home, mails: MailServer, clock: Clock
) -> None:
    raise_flag(line, clock)
    clock.pass_by(seconds=FRESH.total_seconds() + 1)
    call(line, clock)
    assert mails.mails == []


def test_a_flag_that_got_severer_calls(line: Home, mails: MailServer, clock: Clock) -> None:
    raise_flag(line, clock, severity=Severity.HIGH)
    call(line, clock)
    with transaction(line.database_url) as connection:
        keep_flags(connection, "live-1", [a_flag("imminent_risk", Severity.PAGE)], at=clock.now)
    call(line, clock)
    assert len(mails.mails) == 1


def test_the_audit_has_whom_it_was_sent_to(line: Home, clock: Clock) -> None:
    begin_shift(line, mail="sam@example.org", by=SAM, clock=clock)
    raise_flag(line, clock)
    call(line, clock)
    (record,) = [each for each in tail(line, limit=20) if each["action"] == "call on duty"]
    assert (record["statement"], record["detail"]) == ("live-1", "imminent_risk, call 1, to sam")


def test_an_erased_conversation_leaves_no_call(line: Home, clock: Clock) -> None:
    raise_flag(line, clock)
    call(line, clock)
    erase_conversation(line, "live-1", by="ada")
    with transaction(line.database_url) as connection:
        assert rows_of(connection, "quality_calls", "id") == []


def test_an_id_of_a_conversation_is_no_way_into_a_mails_head(line: Home, mails: MailServer, clock: Clock) -> None:
    raise_flag(line, clock, "a\r\nBcc: x@y.z")
    assert call(line, clock) == []
    (mail,) = read(mails)
    assert mail["Bcc"] is None
    assert "/quality/conversations/a%0D%0ABcc%3A%20x%40y.z" in mail.get_content()
