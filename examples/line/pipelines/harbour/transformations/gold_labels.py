"""Labels of our own conversations' messages, and the flags that follow from them.

Python functions read one conversation at a time; a conversation with new messages is read anew, the others are not.
Other thresholds (flags.toml) flag all conversations again. A new labeller reads what comes; `nightlight pipeline run
--full-refresh gold.message_labels` has it read everything."""

from pathlib import Path

from pyspark import pipelines as dp
from pyspark.sql import functions as F  # noqa: N812 - the name all of Spark's users know

from nightlight.labelling.datasets import LABEL_COLUMNS, LABELS, label_messages
from nightlight.quality.datasets import FLAGS, flag_conversation, thresholds_of

AUTHORS = ("texter", "counselor")  # what the system says is nobody's message
MESSAGE = ("sent_at", "message_id", "author", "text")
THRESHOLDS = thresholds_of(Path(__file__))

labels = F.udf(label_messages, LABELS, useArrow=True)
flags = F.udf(flag_conversation, FLAGS, useArrow=True)


def written():
    """Messages that somebody wrote."""
    return spark.table("silver.messages").where(F.col("author").isin(*AUTHORS))


def in_order(rows, *columns):
    """The rows of each conversation as one list, by time."""
    return rows.groupBy("conversation_id").agg(F.sort_array(F.collect_list(F.struct(*columns))).alias("messages"))


@dp.materialized_view(
    name="gold.message_labels",
    comment=(
        "One row per message that a texter or counselor wrote, with what the labeller read in it: phase (fine and "
        "coarse), the counselor's acts or the texter's risk level (0 to 4) with attributes, each with its probability. "
        "abstained: why it was not assessed. labeller: the version that decided. docs/labels.md defines the labels."
    ),
    table_properties={
        "owner": "quality",
        "refresh.key": "conversation_id",
        "expect.risk_is_a_level": "FAIL risk IS NULL OR risk BETWEEN 0 AND 4",
        "expect.labelled_or_said_why_not": "WARN abstained IS NOT NULL OR acts IS NOT NULL OR risk IS NOT NULL",
    },
)
def message_labels():
    conversations = in_order(written(), *MESSAGE)
    at = F.transform("messages", lambda message: F.unix_micros(message["sent_at"]))
    labelled = conversations.select(
        "conversation_id", "messages", labels("messages.author", "messages.text", at).alias("labels")
    )
    each = labelled.select("conversation_id", F.explode(F.arrays_zip("messages", "labels")).alias("each"))
    kept = [F.col(f"each.messages.{name}") for name in ("message_id", "sent_at", "author")]
    return each.select("conversation_id", *kept, *[F.col(f"each.labels.{name}") for name in LABEL_COLUMNS])


@dp.materialized_view(
    name="gold.conversation_flags",
    comment=(
        "One row per flag of a conversation: the rule that found it, how soon somebody should look, the messages that "
        "show it and a sentence without any of their words. A conversation that goes on has the flags of its messages "
        "so far; one that nobody answered is looked at for imminent risk alone. docs/flags.md describes the rules."
    ),
    table_properties={
        "owner": "quality",
        "refresh.key": "conversation_id",
        "expect.known_severity": "FAIL severity IN ('low', 'medium', 'high', 'page')",
    },
)
def conversation_flags():
    read = spark.table("gold.message_labels").drop("sent_at", "author")
    messages = written().select("conversation_id", *MESSAGE).join(read, ["conversation_id", "message_id"])
    at = F.unix_micros("sent_at").alias("at")
    conversations = in_order(messages, at, *[F.col(name) for name in ("message_id", "author", "text", *LABEL_COLUMNS)])
    ended = spark.table("silver.conversations").select("conversation_id", "closed_at")
    found = conversations.join(ended, ["conversation_id"], "left").select(
        "conversation_id",
        "closed_at",
        F.explode(flags("messages", F.unix_micros("closed_at"), F.lit(THRESHOLDS))).alias("flag"),
    )
    ids = F.col("flag.message_ids").cast("array<bigint>").alias("message_ids")
    told = [F.col(f"flag.{name}") for name in ("why", "probability", "risk", "labeller")]
    return found.select(
        "conversation_id",
        "flag.rule",
        "flag.rule_version",
        "flag.severity",
        ids,
        *told,
        F.col("closed_at").alias("ended_at"),
    )
