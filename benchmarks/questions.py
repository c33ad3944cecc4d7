"""The questions of the dash benchmark: what dashboards ask of gold, and two that go to silver.conversations.

An analyst may ask all of them. Rows come in an order of their own keys, so that two answers can be compared."""

TABLES = (
    "gold.volume_daily", "gold.volume_hourly", "gold.queue_wait", "gold.conversation_length", "gold.response_latency",
    "gold.risk_daily", "gold.topics_monthly", "gold.ratings_monthly", "gold.counselor_activity", "gold.retention",
    "silver.conversations",
)  # fmt: skip

GOLD = {
    "volume by day": """
        SELECT day, sum(conversations) AS conversations, sum(answered) AS answered FROM gold.volume_daily
        WHERE day >= DATE '2026-08-01' GROUP BY day ORDER BY day""",
    "messages by partner and month": """
        SELECT partner, date_trunc('month', day) AS month, sum(messages) AS messages FROM gold.volume_daily
        GROUP BY ALL ORDER BY partner, month""",
    "wait of the last quarter": """
        SELECT day, wait_p50, wait_p90 FROM gold.queue_wait
        WHERE partner = 'home' AND day >= DATE '2026-08-01' ORDER BY day""",
    "longest waits": """
        SELECT day, partner, wait_p90 FROM gold.queue_wait ORDER BY wait_p90 DESC NULLS LAST, day, partner LIMIT 10""",
    "busiest hours": """
        SELECT hour, sum(conversations) AS conversations FROM gold.volume_hourly GROUP BY hour ORDER BY hour""",
    "abandonment and length by month": """
        SELECT date_trunc('month', w.day) AS month, avg(w.abandonment) AS abandonment, avg(l.minutes_p50) AS minutes
        FROM gold.queue_wait w JOIN gold.conversation_length l ON w.day = l.day AND w.partner = l.partner
        GROUP BY month ORDER BY month""",
    "latency of the last quarter": """
        SELECT day, latency_p50, latency_p90 FROM gold.response_latency
        WHERE day >= DATE '2026-08-01' ORDER BY day""",
    "topics": """
        SELECT topic, sum(conversations) AS conversations FROM gold.topics_monthly
        GROUP BY topic ORDER BY conversations DESC, topic LIMIT 10""",
    "high risk of the last weeks": """
        SELECT sum(high) / sum(assessed) AS share, sum(critical) AS critical FROM gold.risk_daily
        WHERE day >= DATE '2026-10-03'""",
    "ratings by month": """
        SELECT month, sum(rating * ratings) / sum(ratings) AS rating FROM gold.ratings_monthly
        GROUP BY month ORDER BY month""",
    "counselors by month": """
        SELECT month, count(*) AS counselors, sum(hours) AS hours, median(conversations) AS conversations
        FROM gold.counselor_activity GROUP BY month ORDER BY month""",
    "retention": """
        SELECT cohort, months_since, active, active / cohort_size AS share FROM gold.retention
        ORDER BY cohort, months_since""",
}
SILVER = {
    "conversations by month and outcome": """
        SELECT month, outcome, count(*) AS conversations, count(DISTINCT texter_key) AS texters,
          avg(wait_seconds) AS wait
        FROM silver.conversations GROUP BY month, outcome ORDER BY month, outcome""",
    "wait by hour": """
        SELECT hour, quantile_cont(wait_seconds, 0.5) AS wait_p50, quantile_cont(wait_seconds, 0.9) AS wait_p90
        FROM silver.conversations WHERE risk_level >= 2 GROUP BY hour ORDER BY hour""",
}
QUESTIONS = GOLD | SILVER
NOTHING = "SELECT 1 AS one"
LITTLE = "SELECT count(*) AS months FROM gold.ratings_monthly"  # of a table as small as tables get

HOSTILE = {
    "a join that never ends": "SELECT count(*) FROM range(10000000000) a, range(10000000000) b WHERE a.range % 7 = 3",
    "a recursion that never ends": """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n""",
    "a list of everything": """
        SELECT length(list(a.conversation_id || b.conversation_id || c.day))
        FROM silver.conversations a, silver.conversations b, silver.conversations c""",
    "a text that doubles": """
        WITH RECURSIVE t(i, s) AS (SELECT 1, 'x' UNION ALL SELECT i + 1, s || s FROM t WHERE i < 60)
        SELECT length(s) FROM t""",
    "groups without end": "SELECT range, count(*) FROM range(100000000000) GROUP BY range",
    "sorting everything": "SELECT range FROM range(100000000000) ORDER BY hash(range)",
    "an answer without end": """
        SELECT a.*, b.* FROM silver.conversations a, silver.conversations b, silver.conversations c""",
    "a very wide row": "SELECT list_transform(range(400000000), lambda x: x::VARCHAR || 'x') AS wide",
}
