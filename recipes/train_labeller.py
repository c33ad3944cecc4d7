"""Trains the act labeller shipped with the product (models/act_labeller), and measures it. Needs the extra `train`.

python recipes/train_labeller.py              # train, measure out of fold, write models/act_labeller
python recipes/train_labeller.py --report     # measure only: unseen authors, probes, phases, cues; prints and JSON
"""

import argparse
import json
from pathlib import Path

from nightlight.labelling.report import full_report, print_report, train

ROOT = Path(__file__).parent.parent
UNSEEN = ROOT / "tests" / "labelling" / "unseen_messages.tsv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", action="store_true", help="measure, write nothing but the report")
    parser.add_argument("--folder", type=Path, default=ROOT / "models" / "act_labeller", help="where the model goes")
    parser.add_argument("--json", type=Path, help="also write the report here")
    options = parser.parse_args()
    if not options.report:
        print(train(ROOT / "corpus", options.folder))
        return
    report = full_report(ROOT / "corpus", options.folder, UNSEEN)
    print_report(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
