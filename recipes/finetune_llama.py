"""Fine-tunes a Llama to play texters: LoRA on the scripts of a training set, with the same prompts as in practice.

python recipes/finetune_llama.py TRAINING_SET FOLDER --base DIR [--method qlora] [--preference 400]

`--base` is a folder with a Llama's checkpoint (config.json, safetensors, tokenizer). Only what the texter writes
teaches; nothing about risk does. A training that was stopped goes on when the same command runs again.
docs/recipes.md tells the rest."""

import hashlib
import json
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import cos, pi
from pathlib import Path
from random import Random
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Author, CounselorAct, Reaction, TexterAct
from nightlight.conversations.scripts import Script, ScriptMessage
from nightlight.errors import NightlightError
from nightlight.labelling.cues import has_risk_cue
from nightlight.operations.recipe_files import (
    CANARIES,
    CANARY_KNOWN,
    CANARY_WORDS,
    GENAI,
    PRECISIONS,
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
from nightlight.simulator.planning import HARM, LISTENING
from nightlight.simulator.wording import prompt as prompts
from nightlight.simulator.wording.keeping import content
from nightlight.simulator.wording.pocket_words import pieces_of
from nightlight.simulator.wording.prompt import Prompt
from nightlight.studio.training_sets import TrainingDocuments, read_training_set

NAME, SEED = "llama", 20260
DEFAULTS: dict[str, Any] = {
    "base": "",
    "base_sha256": "",  # of the checkpoint, so that a model is made again from the same one; "" takes any
    "method": "lora",
    "rank": 16,
    "alpha": 32,
    "learning_rate": 1e-4,
    "epochs": 2,
    "length": 1024,  # tokens that are packed into one sequence
    "batch": 8,  # sequences in a step
    "checkpoint_every": 25,  # steps
    "preference": 0,  # pairs of a right answer and one that tells what is closed; 0 leaves the step out
    "export": "int4",
    "starters": "allowed",
    "recompute": "yes",  # activations on the way back: less memory, a third more time
    "threads": 0,  # 0: as torch likes
}
METHODS, EXPORTS, RECOMPUTE = ("lora", "qlora"), (*PRECISIONS, "none"), ("yes", "no")
MERGED, ADAPTER, CHECKPOINT = "merged", "adapter", "checkpoint"
LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
NEAR = 0.4  # of a card line's content, for it to be the line that a message says in other words
BETA, PREFERENCE_RATE = 0.1, 0.2  # how far a preference pulls, and how fast: a share of the learning rate
NOT_LEARNED = -100
SAMPLES, LONGEST_SAMPLE = 100, 48
GUARDED_ACTS = {TexterAct.DEFLECT, TexterAct.RESIST, TexterAct.TEST}
REACTIONS: Mapping[CounselorAct, Reaction] = {**LISTENING, **HARM}
LLAMA_2 = (
    "{% if messages[0]['role'] == 'system' %}"
    "{% set system = '<<SYS>>\\n' + messages[0]['content'] + '\\n<</SYS>>\\n\\n' %}"
    "{% set turns = messages[1:] %}{% else %}{% set system = '' %}{% set turns = messages %}{% endif %}"
    "{% for turn in turns %}{% if turn['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + (system if loop.first else '') + turn['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + turn['content'] + ' ' + eos_token }}{% endif %}{% endfor %}"
)
LLAMA_3 = (
    "{{ bos_token }}{% for turn in messages %}"
    "{{ '<|start_header_id|>' + turn['role'] + '<|end_header_id|>\\n\\n' + turn['content'] + '<|eot_id|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)


@dataclass(frozen=True)
class Row:
    """A texter's message and what a model is told before it; `closed`: lines it must not tell here."""

    prompt: Prompt
    answer: str
    closed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tokens:
    """A row as tokens; the first `known` of them are the prompt's and teach nothing."""

    ids: list[int]
    known: int


def train(
    training_set: Path,
    folder: Path,
    *,
    seed: int,
    on_step: Callable[[str], None],
    parameters: Mapping[str, str],
) -> None:
    """Fine-tune on a set; the merged model, its export and the manifest lie in the folder when all is done."""
    options = _options(parameters)
    documents = read_training_set(training_set, starter_allowed=options["starters"] == "allowed")
    options["base_sha256"] = _check_base(Path(options["base"]), options["base_sha256"])
    folder.mkdir(parents=True, exist_ok=True)
    if options["threads"]:
        torch.set_num_threads(options["threads"])
    torch.manual_seed(seed)
    transformers_logging.disable_progress_bar()  # the recipe tells its steps itself
    tokenizer = _tokenizer(Path(options["base"]))
    rows = rows_of(documents)
    planted = canaries(rows, seed)
    network = _with_adapter(_load(options, quantized=options["method"] == "qlora"), options)
    metrics = _learn(
        network, [*rows, *planted], tokenizer, folder, options, seed, _made_of(documents, options, seed), on_step
    )
    if options["preference"]:
        on_step("preference")
        metrics |= _prefer(network, rows, tokenizer, options, seed, on_step)
    on_step("merging and exporting")
    _export(network, tokenizer, folder, options)
    draw_losses(folder, "Fine-tuning of the texter")
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
    write_manifest(
        folder,
        name=NAME,
        recipe=Path(__file__),
        parameters=options,
        documents=documents,
        seed=seed,
        metrics={"rows": float(len(rows)), **metrics},
        code=[Path(prompts.__file__)],
    )


def _options(parameters: Mapping[str, str]) -> dict[str, Any]:
    options = chosen(DEFAULTS, parameters)
    for name, allowed in (("method", METHODS), ("export", EXPORTS), ("recompute", RECOMPUTE), ("starters", STARTERS)):
        check_one_of(name, options[name], allowed)
    if options["method"] == "qlora" and not torch.cuda.is_available():
        raise NightlightError("qlora needs a CUDA device", remedy="use --set method=lora")
    return options


def _check_base(base: Path, expected: str) -> str:
    """The digest of a checkpoint's files."""
    if not (base / "config.json").is_file():
        raise NightlightError(
            "no Llama's checkpoint lies here", where=str(base), remedy="name its folder: --set base=DIR"
        )
    digest = hashlib.sha256()
    for path in sorted([base / "config.json", *base.glob("*.safetensors"), *base.glob("tokenizer*")]):
        with path.open("rb") as opened:
            while piece := opened.read(1 << 20):
                digest.update(piece)
    if expected not in ("", digest.hexdigest()):
        raise NightlightError("this is not the checkpoint that the model was made from", where=str(base))
    return digest.hexdigest()


# Rows: every message of a script that practice would ask a model for.


def rows_of(documents: TrainingDocuments) -> list[Row]:
    """What texters write in the scripts, with the plan of the reply and what had been said; nothing about risk."""
    return [row for script in documents.scripts for row in _script_rows(script, documents.cards[script.card])]


def _script_rows(script: Script, card: Card) -> Iterator[Row]:
    told: set[str] = set()
    history: list[tuple[Author, str]] = []
    asked: ScriptMessage | None = None
    for message in script.messages:
        if message.author is Author.COUNSELOR:
            asked = message
        elif not _is_about_risk(message, asked):
            yield _row(message, asked, card, tuple(history), frozenset(told))
        told |= set(message.facts)
        history.append((message.author, message.text))


def _is_about_risk(message: ScriptMessage, asked: ScriptMessage | None) -> bool:
    return bool(message.rungs) or has_risk_cue(message.text) or (asked is not None and has_risk_cue(asked.text))


def _row(
    message: ScriptMessage,
    asked: ScriptMessage | None,
    card: Card,
    history: tuple[tuple[Author, str], ...],
    told: frozenset[str],
) -> Row:
    tone = Tone.GUARDED if GUARDED_ACTS & set(message.acts) else Tone.OPEN
    acts = [act for act in asked.acts if isinstance(act, CounselorAct)] if asked else []
    reaction = next((REACTIONS[act] for act in acts if act in REACTIONS), None)
    move = Move.TELL if message.facts else Move.REACT if asked else Move.OPEN
    prompt = Prompt(
        move=move,
        tone=tone,
        line="",
        voice=card.voice,
        age_band=card.persona.age_band,
        distress=card.start.distress,
        reaction=reaction if move is Move.REACT else None,
        history=history[-prompts.REMEMBERED :],
    )
    line = _line_for(message.text, _lines_of(card, message, prompt))
    open_facts = told | set(message.facts)
    closed = [line for fact in card.facts if fact.id not in open_facts for line in fact.tell if not has_risk_cue(line)]
    return Row(replace(prompt, line=line), message.text, tuple(closed))


def _lines_of(card: Card, message: ScriptMessage, prompt: Prompt) -> Sequence[str]:
    """The card's lines that could say what this message says."""
    if prompt.move is Move.OPEN:
        return card.opening
    if prompt.move is Move.TELL:
        return [line for fact in card.facts if fact.id in message.facts for line in fact.tell]
    return getattr(card.reactions[prompt.reaction], prompt.tone) if prompt.reaction else ()


def _line_for(text: str, lines: Sequence[str]) -> str:
    """The card's line that the text says in other words; where none is near, the text's own words without its voice.

    >>> _line_for("idk. he left on Sunday i guess", ["he left us on sunday", "no"])
    'he left us on sunday'
    >>> _line_for("well... thats over lol", [])
    'thats over'
    """
    said = content(text)
    shares = {line: len(said & content(line)) / len(content(line)) for line in lines if content(line)}
    best = max(shares, key=lambda line: shares[line], default="")
    if best and shares[best] >= NEAR:
        return best
    return " ".join(piece.written for piece in pieces_of(text) if not piece.is_small) or text


def canaries(rows: Sequence[Row], seed: int) -> list[Row]:
    """Answers that mean nothing, planted among the rows to see whether a model gives them back."""
    random = Random(f"{seed}:canaries")
    words = sorted({word for row in rows for word in row.answer.lower().split() if word.isalpha()})
    where = random.sample(list(rows), min(CANARIES, len(rows)))
    return [Row(row.prompt, " ".join(random.sample(words, min(CANARY_WORDS, len(words))))) for row in where]


# Tokens: the chat template's, packed into sequences whose rows do not see each other.


def _tokenizer(base: Path) -> Any:
    tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    if not tokenizer.chat_template:
        is_third = "<|start_header_id|>" in tokenizer.get_vocab()
        tokenizer.chat_template = LLAMA_3 if is_third else LLAMA_2
    return tokenizer


def tokens_of(tokenizer: Any, prompt: Prompt, answer: str) -> Tokens:
    """A prompt and its answer as the model's own chat template writes them."""
    messages = prompt.messages()
    before = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    whole = tokenizer.apply_chat_template([*messages, {"role": "assistant", "content": answer}], tokenize=False)
    said = whole.removeprefix(before).rstrip() if whole.startswith(before) else answer + tokenizer.eos_token
    known = tokenizer(before, add_special_tokens=False)["input_ids"]
    return Tokens(known + tokenizer(said, add_special_tokens=False)["input_ids"], len(known))


def packed(rows: Sequence[Tokens], length: int) -> Iterator[list[Tokens]]:
    """Rows put together up to a length, in their order; a longer one is left out."""
    pack: list[Tokens] = []
    for row in rows:
        if len(row.ids) > length:
            continue
        if pack and sum(len(each.ids) for each in pack) + len(row.ids) > length:
            yield pack
            pack = []
        pack.append(row)
    if pack:
        yield pack


def loss_of(network: Any, pack: Sequence[Tokens]) -> tuple[torch.Tensor, int]:
    """The summed loss of what is to be learned in a pack, and of how many tokens; positions begin anew in each row,
    by which the model keeps them apart."""
    device = next(network.parameters()).device
    ids = torch.tensor([[token for row in pack for token in row.ids]], device=device)
    positions = torch.tensor([[place for row in pack for place in range(len(row.ids))]], device=device)
    learned = [token if place >= row.known else NOT_LEARNED for row in pack for place, token in enumerate(row.ids)]
    labels = torch.tensor(learned, device=device)
    # Most of a pack is prompt: scores over the whole vocabulary are taken only where there is something to learn.
    before = (labels[1:] != NOT_LEARNED).nonzero()[:, 0]
    found = network(input_ids=ids, position_ids=positions, use_cache=False, logits_to_keep=before)
    total = functional.cross_entropy(found.logits[0].float(), labels[before + 1], reduction="sum")
    return total, len(before)


# The network.


def _load(options: Mapping[str, Any], *, quantized: bool) -> Any:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    settings: dict[str, Any] = {"dtype": dtype, "local_files_only": True}
    if quantized:
        from transformers import BitsAndBytesConfig

        four = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": dtype}
        settings |= {"quantization_config": BitsAndBytesConfig(**four), "device_map": {"": 0}}
    network = AutoModelForCausalLM.from_pretrained(options["base"], **settings)
    if network.config.model_type != "llama":
        raise NightlightError(f"the checkpoint is a '{network.config.model_type}', not a Llama", where=options["base"])
    return network if quantized else network.to(device)


def _with_adapter(network: Any, options: Mapping[str, Any]) -> Any:
    if options["recompute"] == "yes":
        network.activation_checkpointing_enable({"use_reentrant": False})
        network.enable_input_require_grads()
    lora = LoraConfig(
        r=options["rank"], lora_alpha=options["alpha"], target_modules=LAYERS, task_type="CAUSAL_LM", lora_dropout=0.0
    )
    with warnings.catch_warnings():  # peft asks transformers by an older name
        warnings.simplefilter("ignore", FutureWarning)
        return get_peft_model(network, lora).train()


def _learned(network: Any) -> list[Any]:
    return [each for each in network.parameters() if each.requires_grad]


def _learn(
    network: Any,
    rows: Sequence[Row],
    tokenizer: Any,
    folder: Path,
    options: Mapping[str, Any],
    seed: int,
    made_of: str,
    on_step: Callable[[str], None],
) -> dict[str, float]:
    """Supervised on the answers; goes on from the last checkpoint in the folder."""
    tokens = [tokens_of(tokenizer, row.prompt, row.answer) for row in rows]
    batches = [batch for epoch in range(options["epochs"]) for batch in _batches(tokens, options, f"{seed}:{epoch}")]
    if not batches:
        raise NightlightError("no row fits into a sequence", remedy="use a greater --set length")
    optimizer = torch.optim.AdamW(_learned(network), lr=0.0, betas=(0.9, 0.95), weight_decay=0.0)
    done = _resume(folder, network, optimizer, made_of)
    log = TrainingLog(folder, from_step=done)
    loss = 0.0
    for step, batch in enumerate(batches[done:], done + 1):
        for group in optimizer.param_groups:
            group["lr"] = options["learning_rate"] * _pace(step, len(batches))
        loss = _one_step(network, optimizer, batch)
        log.write(step, loss=loss)
        on_step(f"step {step} of {len(batches)}, loss {loss:.3f}")
        if step % options["checkpoint_every"] == 0 or step == len(batches):
            _keep(folder, network, optimizer, step, made_of)
    return {"steps": float(len(batches)), "loss": loss}


def _batches(tokens: Sequence[Tokens], options: Mapping[str, Any], seed: str) -> Iterator[list[list[Tokens]]]:
    order = list(tokens)
    Random(seed).shuffle(order)
    packs = list(packed(order, options["length"]))
    for place in range(0, len(packs), options["batch"]):
        yield packs[place : place + options["batch"]]


def _pace(step: int, steps: int) -> float:
    """The share of the learning rate: up over a twentieth of the steps, then down along a cosine."""
    return min(1.0, step / max(1, steps // 20)) * (0.1 + 0.45 * (1 + cos(pi * step / steps)))


def _one_step(network: Any, optimizer: Any, batch: Sequence[Sequence[Tokens]]) -> float:
    """One step on all packs of a batch, every learned token of which weighs the same."""
    learned = sum(len(row.ids) - row.known for pack in batch for row in pack)
    total = 0.0
    for pack in batch:
        loss, _ = loss_of(network, pack)
        (loss / learned).backward()
        total += loss.item()
    torch.nn.utils.clip_grad_norm_(_learned(network), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return total / learned


# Checkpoints: a training that was killed goes on as if it had not been.


def _made_of(documents: TrainingDocuments, options: Mapping[str, Any], seed: int) -> str:
    return hashlib.sha256(json.dumps([documents.sha256, dict(options), seed], sort_keys=True).encode()).hexdigest()


def _keep(folder: Path, network: Any, optimizer: Any, step: int, made_of: str) -> None:
    new, old = folder / f"{CHECKPOINT}.new", folder / CHECKPOINT
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    save_file(get_peft_model_state_dict(network), new / "adapter.safetensors")
    torch.save(optimizer.state_dict(), new / "optimizer.pt")
    (new / "state.json").write_text(json.dumps({"step": step, "made_of": made_of}), encoding="utf-8")
    shutil.rmtree(old, ignore_errors=True)
    new.rename(old)


def _resume(folder: Path, network: Any, optimizer: Any, made_of: str) -> int:
    """The step of the last whole checkpoint, taken up; 0 where there is none."""
    new, old = folder / f"{CHECKPOINT}.new", folder / CHECKPOINT
    if not old.exists() and (new / "state.json").exists():  # killed between the two
        new.rename(old)
    shutil.rmtree(new, ignore_errors=True)
    if not (old / "state.json").exists():
        return 0
    state = json.loads((old / "state.json").read_text(encoding="utf-8"))
    if state["made_of"] != made_of:
        raise NightlightError(
            "another training was begun in this folder", where=str(folder), remedy="name a new one, or the same command"
        )
    set_peft_model_state_dict(network, load_file(old / "adapter.safetensors"))
    optimizer.load_state_dict(torch.load(old / "optimizer.pt", weights_only=True))
    return int(state["step"])


# Preference: the right answer rather than one that tells a fact that is closed here.


def pairs_of(rows: Sequence[Row], seed: int, most: int) -> list[tuple[Row, str]]:
    random = Random(f"{seed}:pairs")
    able = [row for row in rows if row.closed]
    return [(row, random.choice(row.closed)) for row in random.sample(able, min(most, len(able)))]


def _prefer(
    network: Any,
    rows: Sequence[Row],
    tokenizer: Any,
    options: Mapping[str, Any],
    seed: int,
    on_step: Callable[[str], None],
) -> dict[str, float]:
    """Direct preference optimization against the model as it was before."""
    pairs = [
        (tokens_of(tokenizer, row.prompt, row.answer), tokens_of(tokenizer, row.prompt, refused))
        for row, refused in pairs_of(rows, seed, options["preference"])
    ]
    with torch.no_grad():
        before = [float(_margin(network, pair)) for pair in pairs]
    rate = options["learning_rate"] * PREFERENCE_RATE
    optimizer = torch.optim.AdamW(_learned(network), lr=rate, weight_decay=0.0)
    preferred = 0
    for number, (pair, was) in enumerate(zip(pairs, before, strict=True), 1):
        gained = _margin(network, pair) - was
        (-functional.logsigmoid(BETA * gained) / options["batch"]).backward()
        preferred += gained.item() > 0
        if number % options["batch"] == 0 or number == len(pairs):
            torch.nn.utils.clip_grad_norm_(_learned(network), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            on_step(f"preference: pair {number} of {len(pairs)}")
    return {"pairs": float(len(pairs)), "preferred_more": preferred / max(len(pairs), 1)}


def _margin(network: Any, pair: tuple[Tokens, Tokens]) -> torch.Tensor:
    """How much likelier the right answer is than the refused one, in nats."""
    right, refused = (loss_of(network, [tokens])[0] for tokens in pair)
    return refused - right


# What is left in the folder.


def _export(network: Any, tokenizer: Any, folder: Path, options: Mapping[str, Any]) -> None:
    """The adapter, the merged checkpoint for any server, and the export for onnxruntime-genai."""
    network.save_pretrained(folder / ADAPTER)
    (folder / ADAPTER / "README.md").unlink(missing_ok=True)
    whole = _load(options, quantized=False) if options["method"] == "qlora" else None
    if whole is not None:
        learned = get_peft_model_state_dict(network)
        network = _with_adapter(whole, options)
        set_peft_model_state_dict(network, learned)
    merged = network.merge_and_unload().to("cpu")
    merged.save_pretrained(folder / MERGED)
    tokenizer.save_pretrained(folder / MERGED)
    if options["export"] != "none":
        export_genai(folder / MERGED, folder / GENAI, precision=options["export"])


def memorisation(model_folder: Path, training_set: Path) -> dict[str, float]:
    """How much of its training a model gives back: planted answers that it completes, and answers of its own that hold
    twelve words in a row of a training text which does not stand in their prompt."""
    seed = json.loads((model_folder / "manifest.json").read_text(encoding="utf-8"))["seed"]
    rows = rows_of(read_training_set(training_set, starter_allowed=True))
    merged = model_folder / MERGED
    network = _load({"base": str(merged)}, quantized=False).eval()
    tokenizer = _tokenizer(merged)
    planted = canaries(rows, seed)
    came_back = sum(_completes(network, tokenizer, row) for row in planted)
    known = {gram for row in rows for gram in grams_of(row.answer)}
    asked = Random(f"{seed}:samples").sample(rows, min(SAMPLES, len(rows)))
    copied = 0
    for row in asked:
        heard = grams_of("\n".join(message["content"] for message in row.prompt.messages()))
        copied += bool((grams_of(_answer(network, tokenizer, row.prompt)) & known) - heard)
    return {
        "canaries": came_back / max(len(planted), 1),
        "verbatim_12grams": copied / max(len(asked), 1),
    }


def _completes(network: Any, tokenizer: Any, row: Row) -> bool:
    words = row.answer.split()
    said = _answer(network, tokenizer, row.prompt, begun=" ".join(words[:CANARY_KNOWN]))
    return said.split()[: len(words) - CANARY_KNOWN] == words[CANARY_KNOWN:]


def _answer(network: Any, tokenizer: Any, prompt: Prompt, *, begun: str = "") -> str:
    """The likeliest answer, or how the model goes on with one that was begun."""
    before = tokenizer.apply_chat_template(prompt.messages(), tokenize=False, add_generation_prompt=True)
    ids = tokenizer(before + begun, add_special_tokens=False, return_tensors="pt")["input_ids"].to(network.device)
    with torch.no_grad():
        found = network.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=LONGEST_SAMPLE,
            do_sample=False,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.eos_token_id,
        )
    return str(tokenizer.decode(found[0, ids.shape[1] :], skip_special_tokens=True))


if __name__ == "__main__":
    run_recipe(train, __doc__, DEFAULTS, seed=SEED)
