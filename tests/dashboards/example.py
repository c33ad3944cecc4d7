"""The text of a small dashboard, and a file of it."""

from pathlib import Path

HEAD = """title: Volume
question: How many write to us?
owner: program_health
purposes: [improve_service, partner_reporting]
"""
CHART = """
  - name: by_day
    title: By day
    question: On which days?
    sql: SELECT day, sum(conversations) AS conversations FROM gold.volume_daily GROUP BY ALL ORDER BY day
    columns: {day: {title: Day, unit: day}}
    count: conversations
    dimensions: [day]
"""


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.yml"
    file.write_text(text, encoding="utf-8")
    return file
