"""Acts by words and vectors together: what each brings, what stays with the rules, and what is refused."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.labelling.small_encoder import weights, write

from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.labels import Author, CounselorAct
from nightlight.errors import NightlightError
from nightlight.labelling.conversation import Labeller
from nightlight.labelling.encoder import Encoder, dense
from nightlight.labelling.examples import Example
from nightlight.labelling.features import look_at_counselor
from nightlight.labelling.files import (
    ENCODER,
    linear_from,
    read_encoder_part,
    read_parts,
    save_encoder_part,
    save_parts,
)
from nightlight.labelling.fitting import Example as Row
from nightlight.labelling.fitting import targets
from nightlight.labelling.fusion import FusedReader, Said, read_model_with
from nightlight.labelling.fusion_fitting import ACTS_HEAD, encoder_part, fit_fusion, train_encoder_part
from nightlight.labelling.model import ACTS, read_model
from nightlight.labelling.training import counselor_row
from nightlight.settings import shipped

CLOSE, ADVICE, OPEN = CounselorAct.CLOSE, CounselorAct.ADVICE, CounselorAct.OPEN_QUESTION
SAID = {
    CLOSE: ("take care and text us again", "good night and take care", "sleep well"),
    ADVICE: ("you should go for a run", "you should talk to your boss", "just try a bath"),
    OPEN: ("what happened then", "how was that for you", "what was it like"),
}
WORDS = ("today", "maybe", "friend", "again", "later", "then", "now", "please")
EXAMPLES = [
    Example((act,), "it was hard", f"{text} {word}", f"counselors {word}", complete=True)
    for act, texts in SAID.items()
    for text in texts
    for word in WORDS
]


class Counting(Encoder):
    """A small encoder that counts how many texts it was given."""

    read = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read += len(texts)
        return super().encode(texts)


class Knowing(Encoder):
    """Knows the sense of a few texts, and no words."""

    def __init__(self, sense: dict[str, int]) -> None:
        self.version, self.size, self._sense = "encoder-0-knowing", 4, sense

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.eye(4, dtype=np.float32)[[self._sense.get(text, 3) for text in texts]]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Counting:
    return Counting(write(tmp_path_factory.mktemp("encoder"), weights()))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """The shipped labeller with a part for the small encoder."""
    folder = tmp_path_factory.mktemp("labeller") / "labeller"
    shutil.copytree(shipped("models/labeller"), folder, ignore=shutil.ignore_patterns(f"{ENCODER}.npz"))
    save_encoder_part(folder, train_encoder_part(EXAMPLES, encoder), encoder.version)
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    return Path(shutil.copytree(trained, tmp_path / "labeller"))


def test_a_score_is_half_of_the_words_and_half_of_the_vectors(trained: Path, encoder: Encoder) -> None:
    plain = read_model(trained).counselor
    _, _, arrays = read_encoder_part(trained)
    message = Said("what happened then?", "it was hard")
    by_words = plain.model.scores(look_at_counselor(*message))[: len(CounselorAct)]
    vector = np.concatenate(encoder.encode([message.text, message.before]))
    by_sense = vector @ arrays["weights"].astype(np.float32) + arrays["bias"]
    score = (by_words / 2 + by_sense / 2) * arrays["slope"] + arrays["shift"]
    found = read_model_with(encoder, trained).counselor.read(*message).heads[ACTS]
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-score)), atol=2e-4)


def test_a_message_in_other_words_is_known_by_its_sense(tmp_path: Path) -> None:
    sense = {example.text: list(SAID).index(example.acts[0]) for example in EXAMPLES}
    other = {"xylo zent": 0, "quor vamp": 1, "brim doss": 2}
    knowing = Knowing(sense | other)
    arrays = train_encoder_part(EXAMPLES, knowing)
    part, plain = linear_from(arrays), read_model(shipped("models/labeller")).counselor
    reader = FusedReader(plain, knowing, part, arrays["thresholds"], "v")
    for text, place in other.items():
        chances = reader.probabilities(text)
        assert max(SAID, key=lambda act: chances[act]) is list(SAID)[place]


def test_the_sure_rules_stand_above_the_vectors(trained: Path, encoder: Encoder) -> None:
    _, _, arrays = read_encoder_part(trained)
    never = {name: np.full_like(array, -50) if name == "bias" else array for name, array in arrays.items()}
    plain = read_model(trained).counselor
    reader = FusedReader(plain, encoder, linear_from(never), never["thresholds"], "v")
    text = "have you ever tried to kill yourself before?"
    assert reader.label(text)[0].act is CounselorAct.RISK_PAST
    assert CounselorAct.RISK_PAST not in {one.act for one in reader.label_by_weights(text)}


def test_a_message_without_words_only_shows_that_somebody_listens(trained: Path, encoder: Encoder) -> None:
    found = read_model_with(encoder, trained).counselor.label("👍", before="ok")
    assert [one.act for one in found] == [CounselorAct.BACKCHANNEL]


def test_what_was_read_is_remembered(trained: Path, encoder: Counting) -> None:
    reader = read_model_with(encoder, trained).counselor
    first = reader.label("what was it like today?", before="hard")
    read = encoder.read
    assert reader.label("what was it like today?", before="hard") == first
    assert encoder.read == read
    reader.label("what was it like today?", before="harder")
    assert encoder.read == read + 2


def test_a_conversation_keeps_its_risk_and_says_what_read_it(trained: Path, encoder: Encoder) -> None:
    said = ((Author.TEXTER, "i cant sleep, i failed my exam"), (Author.COUNSELOR, "What happened then?"))
    talk = Conversation("c", tuple(Message(str(n), who, text, None) for n, (who, text) in enumerate(said)))
    plain, both = (Labeller(m).label(talk) for m in (read_model(trained), read_model_with(encoder, trained)))
    assert both.messages[0].risk == plain.messages[0].risk
    assert both.messages[1].acts != plain.messages[1].acts
    assert both.version.startswith(f"{plain.version}+{encoder.version}-")


def test_the_version_names_the_part(folder: Path, encoder: Encoder) -> None:
    version = read_model_with(encoder, folder).version
    assert version == read_model_with(encoder, folder).version
    save_encoder_part(folder, train_encoder_part(EXAMPLES[:-1], encoder), encoder.version)
    assert read_model_with(encoder, folder).version != version


def test_another_encoder_is_refused(folder: Path, encoder: Encoder, tmp_path: Path) -> None:
    other = Encoder(write(tmp_path / "other", weights(seed=2)))
    with pytest.raises(NightlightError, match="make encoder") as refused:
        read_model_with(other, folder)
    assert encoder.version in str(refused.value)
    assert other.version in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_labeller_without_the_part_says_what_to_do(folder: Path, encoder: Encoder) -> None:
    (folder / "encoder.npz").unlink()
    with pytest.raises(NightlightError, match="make encoder") as refused:
        read_model_with(encoder, folder)
    assert "\n" not in str(refused.value)
    read_model(folder)


def test_a_training_keeps_the_part_while_the_reader_of_words_is_the_same(folder: Path, encoder: Encoder) -> None:
    _, parts = read_parts(folder)
    save_parts(folder, parts, {})
    assert read_model_with(encoder, folder)
    other = {**parts["counselor"], "bias": parts["counselor"]["bias"] + 1}
    save_parts(folder, {**parts, "counselor": other}, {})
    with pytest.raises(NightlightError, match="not trained with an encoder"):
        read_model_with(encoder, folder)


def test_a_part_that_was_changed_is_refused(folder: Path, encoder: Encoder) -> None:
    (folder / "encoder.npz").write_bytes((folder / "encoder.npz").read_bytes() + b"x")
    with pytest.raises(NightlightError, match="not what its manifest says"):
        read_model_with(encoder, folder)


def test_the_same_examples_give_the_same_bytes(folder: Path, trained: Path, encoder: Encoder) -> None:
    save_encoder_part(folder, train_encoder_part(EXAMPLES, encoder), encoder.version)
    assert (folder / "encoder.npz").read_bytes() == (trained / "encoder.npz").read_bytes()


def test_the_other_parts_stay_as_they_are(trained: Path) -> None:
    for part in ("counselor", "texter", "online", "offline"):
        assert (trained / f"{part}.npz").read_bytes() == (shipped("models/labeller") / f"{part}.npz").read_bytes()


def test_out_of_fold_nothing_of_a_group_has_taught_its_score() -> None:
    acts = list(SAID)
    rows = [counselor_row(Example((acts[n % 3],), "", "text", f"counselors {n}", complete=True)) for n in range(24)]
    vectors = np.repeat(np.eye(24, dtype=np.float32), 2, axis=1)[:, :48]  # a vector tells its group and no more
    fitted = fit_fusion(rows, vectors, np.zeros((24, len(CounselorAct))))
    known = vectors @ fitted.model.weights + fitted.model.bias
    wanted, _ = targets(rows, ACTS_HEAD)
    place = list(CounselorAct).index(CLOSE)
    has = wanted[:, place] > 0
    assert known[has, place].min() > known[~has, place].max()
    spread = {round(score, 6) for score in fitted.out_of_fold[:, place].tolist()}
    assert len(spread) <= 4  # the biases of four folds


def test_the_thresholds_lie_within_their_bounds(encoder: Encoder) -> None:
    rows: list[Row] = [counselor_row(example) for example in EXAMPLES]
    fitted = fit_fusion(rows, dense(encoder, EXAMPLES), np.zeros((len(rows), len(CounselorAct))))
    limits = encoder_part(rows, fitted)["thresholds"]
    assert limits.min() >= 0.3 - 1e-6
    assert limits.max() <= 0.7 + 1e-6
