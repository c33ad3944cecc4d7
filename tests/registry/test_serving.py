"""Following an alias: cheap enough for every session, and steady while the registry cannot be read."""

import sys
from pathlib import Path

import pytest
from tests.registry.conftest import Trained
from tests.registry.models import clock

from nightlight.errors import NightlightError
from nightlight.registry.promotion import promote
from nightlight.registry.serving import Followed
from nightlight.settings import Home


def test_it_looks_at_most_every_five_seconds(home: Home, trained: Trained) -> None:
    seconds = [0.0]
    followed = Followed(home, "pocket", "staging", clock=lambda: seconds[0])
    assert followed.current() is None
    trained()
    promote(home, "pocket", 1, to="staging", alias="champion", by="clara", clock=clock)
    seconds[0] = 4.9
    assert followed.current() is None
    seconds[0] = 5.0
    found = followed.current()
    assert found is not None
    assert found.label == "staging/pocket/1"


def test_a_registry_that_cannot_be_read_keeps_what_was_known(home: Home, trained: Trained) -> None:
    trained()
    promote(home, "pocket", 1, to="staging", alias="champion", by="clara", clock=clock)
    seconds = [0.0]
    followed = Followed(home, "pocket", "staging", clock=lambda: seconds[0])
    known = followed.current()
    (home.registry / "registry.db").write_bytes(b"no database, " * 200)
    seconds[0] = 9.0
    assert followed.current() == known
    with pytest.raises(NightlightError, match="the registry cannot be read"):
        Followed(home, "pocket", "staging").current()


def test_following_does_not_load_mlflow(tmp_path: Path) -> None:
    import subprocess

    program = (
        "import sys; from pathlib import Path; from nightlight.settings import Home;"
        "from nightlight.registry.serving import Followed;"
        f"home = Home.create(Path({str(tmp_path / 'home')!r}));"
        "assert Followed(home, 'pocket').current() is None; assert 'mlflow' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
