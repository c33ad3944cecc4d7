"""A fine-tuned Llama in this process, from the folder `genai` that its recipe leaves: to measure one without a server.

Who practises is answered by a server (`openai`): a Llama that is worth its name is too slow here."""

import json
from collections.abc import Iterator
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nightlight.errors import NightlightError
from nightlight.registry.manifest import CONFIG, GENAI
from nightlight.settings import LLAMA
from nightlight.simulator.wording.openai import TEMPERATURE, TOP_P
from nightlight.simulator.wording.prompt import Prompt


class LlamaGenerator:
    """The prompts and the dice of the server's wording, one line after the other."""

    name = LLAMA

    def __init__(self, folder: Path, *, model: str) -> None:
        self.model = model
        self._folder = folder / GENAI
        if find_spec("onnxruntime_genai") is None or not (self._folder / CONFIG).is_file():
            raise NightlightError(
                "this Llama cannot be measured in this process",
                where=str(folder),
                remedy="serve it (docs/wording.md), or run `pip install onnxruntime-genai`",
            )

    def generate(self, prompt: Prompt, *, seed: int, most_tokens: int) -> Iterator[str]:
        import numpy as np
        import onnxruntime_genai as genai

        model, tokenizer = self._opened
        written = tokenizer.apply_chat_template(json.dumps(prompt.messages()), add_generation_prompt=True)
        ids = np.array(tokenizer.encode(written), dtype=np.int32)
        search = genai.GeneratorParams(model)
        dice = {"do_sample": True, "temperature": TEMPERATURE, "top_p": TOP_P, "random_seed": seed % 2**31}
        search.set_search_options(max_length=len(ids) + most_tokens, **dice)
        generator, stream = genai.Generator(model, search), tokenizer.create_stream()
        generator.append_tokens(ids)
        while not generator.is_done():
            generator.generate_next_token()
            if not generator.is_done():  # what ends it is no text
                yield str(stream.decode(generator.get_next_tokens()[0]))

    @cached_property
    def _opened(self) -> tuple[Any, Any]:
        import onnxruntime_genai as genai

        genai.disable_telemetry_events()
        model = genai.Model(genai.Config(str(self._folder)))
        return model, genai.Tokenizer(model)
