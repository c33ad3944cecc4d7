"""Trains the labeller shipped with the product (models/labeller), and measures it.

python recipes/train_labeller.py                  # train, write models/labeller
python recipes/train_labeller.py --encoder [DIR]  # add what reads with a sentence encoder; the rest stays as it is
python recipes/train_labeller.py --report         # measure; trains too, for figures out of fold, but writes no model
"""

import argparse
import json
from pathlib import Path

from nightlight.conversations.corpus import read_corpus
from nightlight.errors import NightlightError
from nightlight.labelling.encoder import Encoder
from nightlight.labelling.encoder_files import REMEDY, installed_encoder
from nightlight.labelling.examples import examples_of
from nightlight.labelling.files import MANIFEST, save_encoder_part, save_parts, trained_on
from nightlight.labelling.fitting import SEED
from nightlight.labelling.fusion_fitting import train_encoder_part
from nightlight.labelling.model import read_model
from nightlight.labelling.report import measure, print_report
from nightlight.labelling.training import train

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus"
TESTS = ROOT / "benchmarks" / "label"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--encoder",
        nargs="?",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="train the part for the encoder in this folder, or for the installed one",
    )
    parser.add_argument("--report", action="store_true", help="measure, write nothing but the report")
    parser.add_argument("--folder", type=Path, default=ROOT / "models" / "labeller", help="where the model lies")
    parser.add_argument("--json", type=Path, help="also write the report here")
    options = parser.parse_args()
    if options.report:
        report(options.folder, options.json)
    elif "encoder" in options:
        add_encoder(options.folder, options.encoder or installed_encoder())
    else:
        save_parts(options.folder, train(read_corpus(CORPUS)).parts, {"seed": SEED, "trained_on": trained_on(CORPUS)})
        print(read_model(options.folder).version)


def report(folder: Path, written: Path | None) -> None:
    figures = measure(CORPUS, folder, TESTS, on_step=print)
    print_report(figures)
    if written:
        written.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def add_encoder(folder: Path, place: Path | None) -> None:
    """The part for an encoder, beside a labeller that this corpus has trained."""
    if place is None:
        raise NightlightError("no encoder is installed", remedy=REMEDY)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if manifest["trained_on"] != trained_on(CORPUS):
        raise NightlightError("the corpus has changed since the training", where=str(folder), remedy="make labeller")
    encoder = Encoder(place)
    save_encoder_part(folder, train_encoder_part(examples_of(read_corpus(CORPUS)), encoder), encoder.version)
    print(encoder.version)


if __name__ == "__main__":
    try:
        main()
    except NightlightError as error:
        raise SystemExit(str(error)) from None
