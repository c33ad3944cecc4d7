"""Trains the pocket texter from scratch: a Llama of 4 million parameters that varies how a card's lines are said.

python recipes/train_pocket_texter.py TRAINING_SET FOLDER [--minutes 10] [--seed 20260]

It learns from the cards and scripts of a training set (`nightlight roleplay training-set build`), never from a
conversation. It sees no word that only a few cards use: such a word is a slot. docs/recipes.md tells the rest."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Author, Reaction, TexterAct
from nightlight.labelling.cues import has_risk_cue
from nightlight.operations.recipe_files import (
    CANARIES,
    CANARY_KNOWN,
    CANARY_WORDS,
    STARTERS,
    TrainingLog,
    check_one_of,
    chosen,
    draw_losses,
    export_genai,
    grams_of,
    run_recipe,
    write_manifest,
)
from nightlight.simulator.plan import Move, Tone
from nightlight.simulator.wording import pocket, pocket_words
from nightlight.simulator.wording.pocket import PocketModel, load_pocket, say
from nightlight.simulator.wording.pocket_words import (
    ALIKE_AS,
    ANSWERED_FREELY,
    CONTROLS,
    END,
    FREE,
    SAY,
    SMALL,
    Lexicon,
    controls,
    free_words,
    is_anybodys,
    is_particular,
    kept_choices,
    kept_prompt,
    kind_of_line,
    pieces_of,
    slot_of,
)
from nightlight.simulator.wording.prompt import Prompt
from nightlight.studio.training_sets import TrainingDocuments, read_training_set

NAME, SEED = "pocket", 20260
DEFAULTS: dict[str, Any] = {
    "minutes": 10.0,
    "steps": 0,  # 0: as many as the minutes allow
    "hidden": 256,
    "layers": 5,
    "threads": 2,
    "learning_rate": 2e-3,
    "precision": "int8",
    "free": 0.5,  # of the answers to how the counselor is: as any card has them, while the card has one of its own
    "starters": "allowed",
}
BATCH = 2048  # numbers in a step
LONGEST = 192  # numbers of one row; longer ones are left out
HELD_OUT = 20  # every so many rows measure, and do not teach
COMMON = 6  # cards that have to use a word; of fewer than 24 cards, a quarter of them
EVERYBODYS = 0.5  # of the cards use each word of a line that anybody might say
SEEN_AS_SLOT = 0.25  # of the common words of a row, so that no row is known by them
READ_TOO, DECIDED = 0.1, 1.0  # weights in the loss
FREE_TIMES = 2  # a row that may be said freely is seen so often
WARM, TIMED = 2, 14  # steps that do not count, and after which their number is set
SAMPLES = 600
GUARDED_ACTS = {TexterAct.DEFLECT, TexterAct.RESIST, TexterAct.TEST}


@dataclass(frozen=True)
class Line:
    """A line of a texter and what a model is told before it."""

    prompt: Prompt
    card: str

    @property
    def text(self) -> str:
        return self.prompt.line


@dataclass(frozen=True)
class Row:
    """Numbers to be learned, and how much each counts."""

    numbers: list[int]
    weights: list[float]


def train(
    training_set: Path,
    folder: Path,
    *,
    seed: int,
    on_step: Callable[[str], None],
    parameters: Mapping[str, str],
) -> None:
    """Train on a set, and leave the model's files and its manifest in a new folder."""
    options = chosen(DEFAULTS, parameters)
    check_one_of("starters", options["starters"], STARTERS)
    documents = read_training_set(training_set, starter_allowed=options["starters"] == "allowed")
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options["threads"])
    torch.manual_seed(seed)
    lines = lines_of(documents)
    lexicon = lexicon_of(lines)
    anybodys = anybodys_lines(lines)
    network = new_network(lexicon, hidden=options["hidden"], layers=options["layers"])
    steps, metrics = _learn(network, lines, anybodys, lexicon, folder, options, seed, on_step)
    on_step("exporting")
    _export(network, folder, lexicon, anybodys, options)
    draw_losses(folder, "Training of the pocket texter")
    write_manifest(
        folder,
        name=NAME,
        recipe=Path(__file__),
        parameters={**options, "steps": steps},
        documents=documents,
        seed=seed,
        metrics={"parameters": float(sum(each.numel() for each in network.parameters())), **metrics},
        code=[Path(pocket_words.__file__)],
    )


def lines_of(documents: TrainingDocuments) -> list[Line]:
    """The lines that may be reworded in practice, none of which hints at risk."""
    lines = [line for card in documents.cards.values() for line in _card_lines(card)]
    for script in documents.scripts:
        card = documents.cards[script.card]
        for message in script.messages:
            if message.author is Author.TEXTER and not message.rungs:
                move = Move.TELL if message.facts else Move.REACT
                tone = Tone.GUARDED if GUARDED_ACTS & set(message.acts) else Tone.OPEN
                lines.append(_line(card, move, tone, message.text))
    return [line for line in lines if not has_risk_cue(line.text)]


def _card_lines(card: Card) -> Iterator[Line]:
    for text in card.opening:
        yield _line(card, Move.OPEN, Tone.GUARDED, text)
    for fact in card.facts:
        yield from (_line(card, Move.TELL, Tone.OPEN, text) for text in fact.tell)
        yield from (_line(card, Move.HINT, Tone.GUARDED, text) for text in fact.hint)
    for reaction, lines in card.reactions.items():
        for tone in Tone:
            yield from (_line(card, Move.REACT, tone, text, reaction) for text in getattr(lines, tone))


def _line(card: Card, move: Move, tone: Tone, text: str, reaction: Reaction | None = None) -> Line:
    return Line(Prompt(move, tone, text, card.voice, card.persona.age_band, card.start.distress, reaction), card.id)


def lexicon_of(lines: Sequence[Line]) -> Lexicon:
    """The words that enough cards use; nobody's people, numbers and days are among them."""
    cards = _cards_by_word(lines)
    enough = max(2, min(COMMON, len({line.card for line in lines}) // 4))
    common = {word for word, used in cards.items() if len(used) >= enough and not is_particular(word)}
    return Lexicon((*CONTROLS, *sorted((common | SMALL | set(ALIKE_AS) | {"?"}) - set(CONTROLS))))


def _cards_by_word(lines: Sequence[Line]) -> Mapping[str, set[str]]:
    cards: defaultdict[str, set[str]] = defaultdict(set)
    for line in lines:
        for piece in pieces_of(line.text):
            cards[piece.key].add(line.card)
    return cards


def anybodys_lines(lines: Sequence[Line]) -> dict[Line, str]:
    """The answers to how the counselor is that tell nothing of one texter's life, with the kind of each."""
    cards = _cards_by_word(lines)
    enough = max(2, round(EVERYBODYS * len({line.card for line in lines})))
    usual = {word for word, used in cards.items() if len(used) >= enough} | SMALL | set(ALIKE_AS)
    return {
        line: kind_of_line(line.prompt.reaction, line.prompt.tone, line.prompt.voice)
        for line in lines
        if line.prompt.reaction in ANSWERED_FREELY and is_anybodys(pieces_of(line.text), usual)
    }


def new_network(lexicon: Lexicon, *, hidden: int, layers: int) -> LlamaForCausalLM:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=-(-len(lexicon.words) // 64) * 64,
            hidden_size=hidden,
            num_hidden_layers=layers,
            num_attention_heads=hidden // 32,
            num_key_value_heads=hidden // 32,
            intermediate_size=hidden * 5 // 2,
            max_position_embeddings=2 * LONGEST,
            tie_word_embeddings=True,
            pad_token_id=lexicon.number("<pad>"),
            bos_token_id=lexicon.number("<s>"),
            eos_token_id=lexicon.number(END),
        )
    )


def kept_row(line: Line, lexicon: Lexicon, random: Random) -> Row:
    """A row whose words stay. Some common ones are hidden behind slots, another set of them each time."""
    pieces = pieces_of(line.text)
    may_hide = (piece for piece in pieces if not piece.is_small and not piece.alike)
    hidden = {piece.key for piece in may_hide if random.random() < SEEN_AS_SLOT}
    before = kept_prompt(line.prompt, pieces, lexicon, small=sum(piece.is_small for piece in pieces))
    choices = kept_choices(pieces, lexicon)
    covered = {word: slot_of(word) for word in hidden}
    stay = len(controls(line.prompt, mode=FREE, small=0))
    words = [*before[:stay], *(covered.get(word, word) for word in before[stay:])]
    weights = [0.0] * stay + [READ_TOO] * (len(before) - stay)
    words += [covered.get(word, word) if not decided else word for word, decided in choices]
    weights += [DECIDED if decided else 0.0 for _, decided in choices]
    return Row(lexicon.numbers(words), weights)


def free_row(prompt: Prompt, words: Sequence[str], lexicon: Lexicon) -> Row:
    before = [*controls(prompt, mode=FREE, small=0), SAY]
    return Row(lexicon.numbers([*before, *words, END]), [0.0] * len(before) + [DECIDED] * (len(words) + 1))


def canaries(lexicon: Lexicon, seed: int) -> list[list[str]]:
    """Sentences that mean nothing, of common words: planted among the rows to see whether a model gives them back."""
    random = Random(f"{seed}:canaries")
    words = sorted(free_words(lexicon) - SMALL - {"?"})
    return [random.sample(words, CANARY_WORDS) for _ in range(CANARIES)] if len(words) >= CANARY_WORDS else []


def _planted(lexicon: Lexicon, line: Line, seed: int) -> list[Row]:
    return [free_row(line.prompt, words, lexicon) for words in canaries(lexicon, seed)]


def _learn(
    network: LlamaForCausalLM,
    lines: Sequence[Line],
    anybodys: Mapping[Line, str],
    lexicon: Lexicon,
    folder: Path,
    options: Mapping[str, Any],
    seed: int,
    on_step: Callable[[str], None],
) -> tuple[int, dict[str, float]]:
    """Train for the steps, or for as many as the minutes allow; the steps taken and the last losses."""
    random = Random(f"{seed}:rows")
    teaching = [line for place, line in enumerate(lines) if place % HELD_OUT]
    held_out = [kept_row(line, lexicon, random) for line in lines[::HELD_OUT]]
    log = TrainingLog(folder)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0, betas=(0.9, 0.95), weight_decay=0.05)
    steps, began, step = int(options["steps"]), time.monotonic(), 0
    smooth, measured = 0.0, 0.0
    for batch in _batches(teaching, [line for line in teaching if line in anybodys], lexicon, seed, random):
        if step == WARM:
            began = time.monotonic()
        if not steps and step == TIMED:
            steps = round((TIMED - WARM) * options["minutes"] * 60 / (time.monotonic() - began)) + TIMED
        if steps and step >= steps:
            break
        for group in optimizer.param_groups:
            group["lr"] = options["learning_rate"] * _pace(step, steps)
        loss = _loss(network, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        smooth = loss.item() if step == 1 else 0.95 * smooth + 0.05 * loss.item()
        if step % 50 == 0 or step == steps:
            measured = _measured(network, held_out)
            log.write(step, loss=smooth, held_out_loss=measured)
        if step % 10 == 0:
            on_step(f"step {step} of {steps or '?'}, loss {smooth:.3f}")
    return step, {"loss": smooth, "held_out_loss": measured, "lines": float(len(lines))}


def _pace(step: int, steps: int) -> float:
    """The share of the learning rate: up over 20 steps, then down to a twentieth."""
    begun = min(1.0, (step + 1) / 20)
    return begun * max(0.05, 1.0 - step / steps) if steps else begun


def _batches(
    lines: Sequence[Line], free: Sequence[Line], lexicon: Lexicon, seed: int, random: Random
) -> Iterator[list[Row]]:
    """Rows without end, of about the same length in a batch; each round hides other words."""
    while True:
        rows = [kept_row(line, lexicon, random) for line in lines]
        for line in free:
            rows += [free_row(line.prompt, [piece.key for piece in pieces_of(line.text)], lexicon)] * FREE_TIMES
        rows += _planted(lexicon, free[0], seed) if free else []
        rows = [row for row in rows if len(row.numbers) <= LONGEST]
        random.shuffle(rows)
        for place in range(0, len(rows), 2048):
            batches = list(_filled(sorted(rows[place : place + 2048], key=lambda row: len(row.numbers))))
            random.shuffle(batches)
            yield from batches


def _filled(rows: Sequence[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        if batch and (len(batch) + 1) * len(row.numbers) > BATCH:
            yield batch
            batch = []
        batch.append(row)
    yield batch


def _loss(network: LlamaForCausalLM, batch: Sequence[Row]) -> torch.Tensor:
    longest = max(len(row.numbers) for row in batch)
    numbers = torch.tensor([row.numbers + [0] * (longest - len(row.numbers)) for row in batch])
    weights = torch.tensor([row.weights + [0.0] * (longest - len(row.numbers)) for row in batch])[:, 1:]
    with torch.autocast("cpu", torch.bfloat16, enabled=torch.ops.mkldnn._is_mkldnn_bf16_supported()):
        scores = network(input_ids=numbers, use_cache=False).logits[:, :-1]
    each = functional.cross_entropy(scores.float().transpose(1, 2), numbers[:, 1:], reduction="none")
    return (each * weights).sum() / weights.sum()


def _measured(network: LlamaForCausalLM, rows: Sequence[Row]) -> float:
    """The loss of rows that never taught."""
    network.eval()
    with torch.no_grad():
        batches = list(_filled(sorted(rows, key=lambda row: len(row.numbers)))) if rows else []
        losses = [_loss(network, batch).item() for batch in batches]
    network.train()
    return sum(losses) / len(losses) if losses else 0.0


def _export(
    network: LlamaForCausalLM,
    folder: Path,
    lexicon: Lexicon,
    anybodys: Mapping[Line, str],
    options: Mapping[str, Any],
) -> None:
    """For onnxruntime-genai, without a tokenizer: the words of the lexicon are the numbers."""
    numbers = {word: number for number, word in enumerate(lexicon.words)}
    tokenizer = Tokenizer(WordLevel(numbers, unk_token=pocket_words.WORD))
    with TemporaryDirectory() as kept:
        network.float().save_pretrained(kept)
        PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            unk_token=pocket_words.WORD,
            pad_token="<pad>",
            eos_token=END,
        ).save_pretrained(kept)
        export_genai(Path(kept), folder / pocket.GENAI, precision=options["precision"])
    for path in (folder / pocket.GENAI).iterdir():
        if "token" in path.name or path.suffix == ".jinja":
            path.unlink()
    _write_words(folder, lexicon, anybodys, options["free"])


def _write_words(folder: Path, lexicon: Lexicon, anybodys: Mapping[Line, str], free: float) -> None:
    lines: defaultdict[str, set[str]] = defaultdict(set)
    for line, kind in anybodys.items():
        lines[kind].add(line.text)
    about = {
        "words": lexicon.words,
        "longest": 2 * LONGEST,
        "free": free,
        "lines": {kind: sorted(each) for kind, each in sorted(lines.items())},
    }
    (folder / pocket.WORDS).write_text(json.dumps(about, indent=0) + "\n", encoding="utf-8")


def memorisation(model_folder: Path, training_set: Path) -> dict[str, float]:
    """How much of its training a model gives back: planted sentences that it completes, and samples that hold twelve
    words in a row of a training line other than the one that was to be said."""
    documents = read_training_set(training_set, starter_allowed=True)
    model = load_pocket(model_folder)
    seed = json.loads((model_folder / "manifest.json").read_text(encoding="utf-8"))["seed"]
    lines = lines_of(documents)
    planted_at = next(iter(anybodys_lines(lines)), None)
    planted = canaries(model.lexicon, seed) if planted_at else []
    came_back = sum(_completes(model, planted_at.prompt, words) for words in planted) if planted_at else 0
    grams: defaultdict[str, set[str]] = defaultdict(set)
    for line in lines:
        for gram in grams_of(line.text):
            grams[gram].add(line.text)
    random = Random(f"{seed}:samples")
    asked = random.sample(lines, min(SAMPLES, len(lines)))
    said = [(line, say(model, line.prompt, seed=place)) for place, line in enumerate(asked)]
    copied = sum(
        any(grams[gram] - {line.text} and gram not in grams_of(line.text) for gram in grams_of(text))
        for line, text in said
    )
    known = {" ".join(piece.key for piece in pieces_of(line.text)) for line in lines}
    again = sum(" ".join(piece.key for piece in pieces_of(text)) in known for _, text in said if text)
    return {
        "canaries": came_back / len(planted) if planted else 0.0,
        "verbatim_12grams": copied / len(said) if said else 0.0,
        "whole_lines": again / len(said) if said else 0.0,
        "other_words": sum(bool(text) for _, text in said) / len(said) if said else 0.0,
    }


def _completes(model: PocketModel, prompt: Prompt, words: Sequence[str]) -> bool:
    """Whether the model goes on with a planted sentence when it is given its beginning."""
    lexicon, reader = model.lexicon, model.reader()
    before = controls(prompt, mode=FREE, small=0)
    reader.read(lexicon.numbers([*before, SAY, *words[:CANARY_KNOWN]]))
    for word in words[CANARY_KNOWN:]:
        if int(reader.scores()[: len(lexicon.words)].argmax()) != lexicon.number(word):
            return False
        reader.read([lexicon.number(word)])
    return True


if __name__ == "__main__":
    trained_on, model = run_recipe(train, __doc__, DEFAULTS, seed=SEED)
    print(json.dumps(memorisation(model, trained_on), indent=1))
