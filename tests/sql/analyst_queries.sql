-- How many conversations did we have on each day of this month?
SELECT day, count(*) AS conversations
FROM silver.conversations
WHERE month = date_trunc('month', current_date)
GROUP BY day
ORDER BY day;

-- How long did texters wait last week, at the median and for the slowest tenth?
SELECT median(wait_seconds) AS p50, quantile_cont(wait_seconds, 0.9) AS p90
FROM silver.conversations
WHERE day BETWEEN current_date - INTERVAL 7 DAYS AND current_date - 1;

-- Which hours of the day are busiest?
SELECT hour, count(*) AS n, round(100.0 * n / sum(count(*)) OVER (), 1) AS share
FROM silver.conversations
GROUP BY hour
ORDER BY n DESC;

-- What share of conversations is abandoned before somebody accepts, by channel?
SELECT
  channel,
  count(*) FILTER (WHERE outcome = 'abandoned') AS abandoned,
  count(*) AS all_conversations,
  abandoned / all_conversations AS share
FROM silver.conversations
GROUP BY channel;

-- How does each week compare with the week before?
WITH weekly AS (
  SELECT date_trunc('week', day) AS week, count(*) AS n
  FROM silver.conversations
  GROUP BY ALL
)
SELECT week, n, n - lag(n) OVER (ORDER BY week) AS change, round(n / lag(n) OVER (ORDER BY week) - 1, 3) AS growth
FROM weekly
ORDER BY week;

-- Seven-day moving average of volume
SELECT day, partner, avg(conversations) OVER (
    PARTITION BY partner ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW
  ) AS moving
FROM gold.volume_daily
ORDER BY partner, day;

-- The three longest conversations of each counselor
SELECT counselor_id, conversation_id, duration_seconds / 60 AS minutes
FROM silver.conversations
WHERE counselor_id IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY counselor_id ORDER BY duration_seconds DESC NULLS LAST) <= 3;

-- What topics come up most often?
SELECT topic, count(*) AS n
FROM (SELECT unnest(topics) AS topic FROM silver.conversations)
GROUP BY topic
ORDER BY n DESC
LIMIT 20;

-- Conversations about both loneliness and grief
SELECT conversation_id, day, topics
FROM silver.conversations
WHERE list_contains(topics, 'loneliness') AND 'grief' IN topics;

-- Risk by topic, as a cross table with fixed columns
PIVOT (SELECT unnest(topics) AS topic, risk_level FROM silver.conversations WHERE risk_level IS NOT NULL)
ON risk_level IN (0, 1, 2, 3, 4)
USING count(*)
GROUP BY topic
ORDER BY topic;

-- Outcomes by month, as a cross table
PIVOT silver.conversations ON outcome USING count(*) GROUP BY month ORDER BY month;

-- The same with shares instead of counts
WITH outcomes AS (
  SELECT month, outcome, count(*)::DOUBLE / sum(count(*)) OVER (PARTITION BY month) AS share
  FROM silver.conversations
  GROUP BY month, outcome
)
PIVOT outcomes ON outcome USING first(share) GROUP BY month ORDER BY month;

-- Median and slowest waits in one long table for a chart
UNPIVOT (SELECT day, wait_p50, wait_p90 FROM gold.queue_wait WHERE partner = 'home')
ON wait_p50, wait_p90
INTO NAME measure VALUE seconds;

-- Every measure of the daily volume in long form
SELECT * FROM gold.volume_daily UNPIVOT (value FOR measure IN (conversations, answered, abandoned, texters, messages));

-- What is in the conversations table?
DESCRIBE silver.conversations;

-- What do its columns look like?
SUMMARIZE silver.conversations;

-- What may I read?
SHOW TABLES;

-- Why is this slow?
EXPLAIN SELECT counselor_id, count(*) FROM silver.conversations GROUP BY 1;

-- Where does the time go?
EXPLAIN ANALYZE
SELECT date_trunc('month', queued_at), approx_count_distinct(texter_key)
FROM silver.conversations
GROUP BY 1;

-- What columns would this give me?
DESCRIBE SELECT day, avg(rating) AS rating FROM silver.conversations GROUP BY day;

-- Distribution of the ratings of last quarter
SUMMARIZE SELECT rating, wait_seconds FROM silver.conversations WHERE day >= DATE '2026-07-01';

-- Conversations in buckets of fifteen minutes on one evening
SELECT time_bucket(INTERVAL '15 minutes', queued_at) AS bucket, count(*) AS n
FROM silver.conversations
WHERE queued_at >= TIMESTAMP '2026-10-31 22:00:00' AND queued_at < TIMESTAMP '2026-11-01 06:00:00'
GROUP BY bucket
ORDER BY bucket;

-- Weekday pattern
SELECT dayname(day) AS weekday, isodow(day) AS number, count(*) AS n, avg(wait_seconds) AS wait
FROM silver.conversations
GROUP BY ALL
ORDER BY number;

-- Heat map of weekday and hour
SELECT dayofweek(day) AS dow, hour, count(*) AS n
FROM silver.conversations
GROUP BY dow, hour
ORDER BY dow, hour;

-- Days without a single conversation from the partner
SELECT d.day
FROM generate_series(DATE '2026-01-01', DATE '2026-11-30', INTERVAL 1 DAY) AS s(moment)
CROSS JOIN LATERAL (SELECT s.moment::DATE AS day) d
LEFT JOIN silver.partner_conversations p ON p.day = d.day
WHERE p.day IS NULL;

-- A calendar joined to the volume, so that quiet days show as zero
WITH RECURSIVE calendar(day) AS (
  SELECT DATE '2026-11-01'
  UNION ALL
  SELECT (day + INTERVAL 1 DAY)::DATE FROM calendar WHERE day < DATE '2026-11-30'
)
SELECT c.day, coalesce(v.conversations, 0) AS conversations
FROM calendar c
LEFT JOIN gold.volume_daily v ON v.day = c.day AND v.partner = 'home'
ORDER BY c.day;

-- Who covered the night shifts in October?
SELECT v.team, count(DISTINCT s.volunteer_id) AS volunteers, sum(s.hours) AS hours
FROM silver.shifts s
JOIN silver.volunteers v USING (volunteer_id)
WHERE s.month = DATE '2026-10-01' AND hour(s.starts_at) NOT BETWEEN 6 AND 21
GROUP BY v.team;

-- Volunteers who never had a shift
SELECT v.volunteer_id, v.joined_on
FROM silver.volunteers v
WHERE NOT EXISTS (SELECT 1 FROM silver.shifts s WHERE s.volunteer_id = v.volunteer_id)
  AND v.left_on IS NULL;

-- The same as an anti join
SELECT v.volunteer_id FROM silver.volunteers v ANTI JOIN silver.shifts s USING (volunteer_id);

-- On whose shift did each conversation fall?
SELECT c.conversation_id, s.shift_id
FROM silver.conversations c
ASOF JOIN silver.shifts s ON c.counselor_id = s.volunteer_id AND c.accepted_at >= s.starts_at
WHERE c.accepted_at < s.ends_at;

-- The last shift before each conversation, also where there is none
SELECT c.counselor_id, c.accepted_at, s.starts_at, c.accepted_at - s.starts_at AS into_shift
FROM silver.conversations c
ASOF LEFT JOIN silver.shifts s ON s.volunteer_id = c.counselor_id AND s.starts_at <= c.accepted_at
WHERE c.day = DATE '2026-11-20';

-- Planned hours against hours in conversation
SELECT s.volunteer_id, sum(s.hours) AS planned, any_value(a.hours) AS talking, talking / nullif(planned, 0) AS load
FROM silver.shifts s
LEFT JOIN gold.counselor_activity a ON a.counselor_id = s.volunteer_id AND a.month = s.month
WHERE s.month = '2026-10-01'
GROUP BY s.volunteer_id
HAVING sum(s.hours) > 4
ORDER BY load DESC NULLS LAST;

-- Counselors above the average of their team
SELECT a.counselor_id, v.team, a.rating
FROM gold.counselor_activity a
JOIN silver.volunteers v ON v.volunteer_id = a.counselor_id
WHERE a.rating > (
  SELECT avg(b.rating)
  FROM gold.counselor_activity b
  JOIN silver.volunteers w ON w.volunteer_id = b.counselor_id
  WHERE w.team = v.team
);

-- Totals by partner and month, with subtotals
SELECT partner, date_trunc('month', day) AS month, sum(conversations) AS n
FROM gold.volume_daily
GROUP BY ROLLUP (partner, date_trunc('month', day))
ORDER BY partner NULLS LAST, month NULLS LAST;

-- All combinations of channel and outcome, with margins that say what they are
SELECT
  CASE WHEN grouping(channel) = 1 THEN 'all channels' ELSE channel END AS channel,
  CASE WHEN grouping(outcome) = 1 THEN 'all outcomes' ELSE outcome END AS outcome,
  count(*) AS n
FROM silver.conversations
GROUP BY CUBE (channel, outcome);

-- By month, by channel, and altogether
SELECT month, channel, count(*) AS n
FROM silver.conversations
GROUP BY GROUPING SETS ((month), (channel), ());

-- Retention curves, one column per month since joining
PIVOT gold.retention ON months_since IN (0, 1, 2, 3, 6, 12) USING max(active / cohort_size) GROUP BY cohort;

-- Median number of months that a cohort keeps half of its people
SELECT cohort, max(months_since) FILTER (WHERE active * 2 >= cohort_size) AS half_life
FROM gold.retention
GROUP BY cohort
ORDER BY cohort;

-- Did waits get longer on days with more volume?
SELECT corr(v.conversations, w.wait_p50) AS r, regr_slope(w.wait_p50, v.conversations) AS slope, regr_r2(w.wait_p50, v.conversations) AS r2
FROM gold.volume_daily v
JOIN gold.queue_wait w USING (day, partner);

-- Days on which the slowest tenth waited more than ten minutes
FROM gold.queue_wait
SELECT day, partner, wait_p90 / 60 AS minutes
WHERE wait_p90 > 600
ORDER BY ALL;

-- How many texters come back within thirty days?
WITH visits AS (
  SELECT texter_key, day, lead(day) OVER (PARTITION BY texter_key ORDER BY queued_at) AS next_day
  FROM silver.conversations
  WHERE texter_key IS NOT NULL
)
SELECT count_if(next_day - day <= 30) / count(*) AS back_within_30_days
FROM visits;

-- How many conversations do texters have with us?
SELECT n, count(*) AS texters
FROM (SELECT texter_key, count(*) AS n FROM silver.conversations GROUP BY texter_key)
GROUP BY n
ORDER BY n;

-- Do people who come back often wait longer?
SELECT
  CASE WHEN n = 1 THEN 'once' WHEN n <= 3 THEN 'a few times' ELSE 'often' END AS how_often,
  avg(wait) AS wait
FROM (SELECT texter_key, count(*) AS n, avg(wait_seconds) AS wait FROM silver.conversations GROUP BY 1) t
GROUP BY 1;

-- High risk by local hour
SELECT hour, avg((risk_level >= 3)::INT) AS share_high, count(risk_level) AS assessed
FROM silver.conversations
GROUP BY hour
HAVING count(risk_level) >= 20
ORDER BY hour;

-- Did conversations with high risk wait longer than the others?
SELECT
  quantile_cont(wait_seconds, [0.5, 0.9, 0.99]) FILTER (risk_level >= 3) AS high,
  quantile_cont(wait_seconds, [0.5, 0.9, 0.99]) FILTER (risk_level < 3) AS other
FROM silver.conversations;

-- Percentiles in the way the textbook writes them
SELECT channel, percentile_cont(0.5) WITHIN GROUP (ORDER BY wait_seconds) AS median_wait, mode() WITHIN GROUP (ORDER BY rating) AS usual_rating
FROM silver.conversations
GROUP BY channel;

-- Histogram of waits in minutes
SELECT floor(wait_seconds / 60)::INT AS minute, count(*) AS n, bar(count(*), 0, 500, 30) AS chart
FROM silver.conversations
WHERE wait_seconds IS NOT NULL
GROUP BY 1
ORDER BY 1;

-- Histogram of ratings as a map
SELECT month, histogram(rating) AS ratings FROM silver.conversations GROUP BY month;

-- Own line and partner side by side
SELECT 'home' AS line, count(*) AS n, avg(wait_seconds) AS wait FROM silver.conversations
UNION ALL
SELECT partner, count(*), avg(wait_seconds) FROM silver.partner_conversations GROUP BY partner;

-- Both lines as one, columns by name
SELECT day, outcome, wait_seconds, channel FROM silver.conversations
UNION ALL BY NAME
SELECT day, outcome, wait_seconds, topic FROM silver.partner_conversations;

-- Days on which we had conversations and the partner had none
SELECT day FROM silver.conversations
EXCEPT
SELECT day FROM silver.partner_conversations
ORDER BY day;

-- Counselors who work for both lines
SELECT counselor_id FROM silver.conversations
INTERSECT
SELECT counselor_id FROM silver.partner_conversations;

-- A small random sample for checking by hand
SELECT conversation_id, day, outcome, topics
FROM silver.conversations
USING SAMPLE reservoir(50 ROWS) REPEATABLE (42);

-- One percent of the messages' lengths
SELECT avg(characters) FROM silver.messages TABLESAMPLE 1 PERCENT (bernoulli);

-- Ten conversations by chance
SELECT conversation_id FROM silver.conversations ORDER BY random() LIMIT 10;

-- How long are messages, by author?
SELECT author, avg(characters) AS mean, stddev(characters) AS spread, max(characters) AS longest
FROM silver.messages
GROUP BY author;

-- How many messages carry a replaced phone number or name?
SELECT
  count(*) FILTER (WHERE text LIKE '%[PHONE]%') AS phones,
  count(*) FILTER (WHERE contains(text, '[NAME]')) AS names,
  count(*) AS messages
FROM silver.messages
WHERE sent_at >= now() - INTERVAL 30 DAY;

-- Which greetings do counselors use first?
SELECT lower(regexp_extract(text, '^(hi|hello|hey|good (morning|evening))', 0, 'i')) AS greeting, count(*) AS n
FROM (
  FROM silver.messages
  WHERE author = 'counselor'
  QUALIFY row_number() OVER (PARTITION BY conversation_id ORDER BY sent_at) = 1
)
GROUP BY greeting;

-- First message of the counselor in each conversation
SELECT conversation_id, arg_min(text, sent_at) AS first_message
FROM silver.messages
WHERE author = 'counselor'
GROUP BY conversation_id
LIMIT 100;

-- A conversation as one text, in order
SELECT string_agg(author || ': ' || text, chr(10) ORDER BY sent_at) AS transcript
FROM silver.messages
WHERE conversation_id = 123;

-- Do counselors ask open questions?
SELECT avg(CASE WHEN regexp_matches(text, '^(how|what)\b.*\?', 'i') THEN 1 ELSE 0 END) AS share
FROM silver.messages
WHERE author = 'counselor' AND text SIMILAR TO '.*[?].*';

-- Texts with a percent sign in them
SELECT count(*) FROM silver.messages WHERE text LIKE '%\%%' ESCAPE '\';

-- How many words do texters write per message?
SELECT avg(len(string_split(trim(text), ' '))) AS words
FROM silver.messages
WHERE author = 'texter';

-- Words that texters use most
SELECT word, count(*) AS n
FROM (SELECT unnest(regexp_split_to_array(lower(text), '[^a-z'']+')) AS word FROM silver.messages WHERE author = 'texter')
WHERE length(word) > 3
GROUP BY word
ORDER BY n DESC
LIMIT 50;

-- Topics in capitals, sorted, without those that say nothing
SELECT conversation_id, list_sort(list_transform(list_filter(topics, lambda t: t <> 'other'), lambda t: upper(t))) AS topics
FROM silver.conversations
WHERE len(topics) > 1;

-- The same as a comprehension
SELECT conversation_id, [upper(t) FOR t IN topics IF t <> 'other'] AS topics
FROM silver.conversations;

-- The topics of a conversation in one cell, for a spreadsheet
SELECT conversation_id, list_reduce(topics, lambda a, b: a || ', ' || b) AS topics, array_to_string(topics, ', ') AS again
FROM silver.conversations
WHERE len(topics) > 0;

-- Pairs of topics that come together
SELECT least(a.topic, b.topic) AS one, greatest(a.topic, b.topic) AS other, count(*) AS n
FROM (SELECT conversation_id, unnest(topics) AS topic FROM silver.conversations) a
JOIN (SELECT conversation_id, unnest(topics) AS topic FROM silver.conversations) b
  ON a.conversation_id = b.conversation_id AND a.topic < b.topic
GROUP BY ALL
ORDER BY n DESC;

-- One record per counselor with everything in it, for a notebook
SELECT {'counselor': counselor_id, 'months': list({'month': month, 'n': conversations} ORDER BY month)} AS record
FROM gold.counselor_activity
GROUP BY counselor_id;

-- The best month of each counselor, from a struct
SELECT counselor_id, best.month, best.n
FROM (
  SELECT counselor_id, max_by({'month': month, 'n': conversations}, conversations) AS best
  FROM gold.counselor_activity
  GROUP BY counselor_id
);

-- The daily figures as JSON, for a web page
SELECT json_group_array(json_object('day', day, 'n', conversations, 'answered', answered)) AS data
FROM gold.volume_daily
WHERE partner = 'home' AND day >= current_date - 30;

-- JSON there and back
SELECT json_extract_string(to_json(c), '$.outcome') AS outcome, count(*) AS n
FROM silver.conversations c
GROUP BY 1;

-- With arrows
SELECT j ->> '$.channel' AS channel, (j -> 'rating')::INT AS rating
FROM (SELECT to_json({'channel': channel, 'rating': rating}) AS j FROM silver.conversations);

-- Everything but the identifiers
SELECT * EXCLUDE (texter_key, counselor_id) FROM silver.conversations WHERE day = CURRENT_DATE - 1;

-- Waits in minutes instead of seconds
SELECT * REPLACE (round(wait_seconds / 60, 1) AS wait_seconds) FROM silver.conversations LIMIT 100;

-- Means of all the second columns
SELECT avg(COLUMNS('.*_seconds')) FROM silver.conversations;

-- How many values are missing in every column?
SELECT count(*) - count(COLUMNS(*)) FROM silver.conversations;

-- Rank of each day among the busiest
SELECT day, conversations, rank() OVER (ORDER BY conversations DESC) AS place, ntile(10) OVER w AS tenth, percent_rank() OVER w AS pr
FROM gold.volume_daily
WHERE partner = 'home'
WINDOW w AS (ORDER BY conversations)
ORDER BY place;

-- Cumulative volume within the year
SELECT day, sum(conversations) OVER (PARTITION BY year(day) ORDER BY day) AS so_far
FROM gold.volume_daily
WHERE partner = 'home';

-- Compare each day with the same weekday of the last four weeks
SELECT day, conversations, avg(conversations) OVER (
    ORDER BY day RANGE BETWEEN INTERVAL 28 DAYS PRECEDING AND INTERVAL 1 DAY PRECEDING
  ) AS usual
FROM gold.volume_daily
WHERE partner = 'home';

-- Sessions: conversations of a texter that begin within a day of the last one belong together
WITH marked AS (
  SELECT texter_key, queued_at,
    CASE WHEN queued_at - lag(queued_at) OVER w <= INTERVAL 1 DAY THEN 0 ELSE 1 END AS starts
  FROM silver.conversations
  WINDOW w AS (PARTITION BY texter_key ORDER BY queued_at)
),
episodes AS (
  SELECT *, sum(starts) OVER (PARTITION BY texter_key ORDER BY queued_at ROWS UNBOUNDED PRECEDING) AS episode
  FROM marked
)
SELECT texter_key, episode, min(queued_at) AS first, max(queued_at) AS last, count(*) AS conversations
FROM episodes
GROUP BY ALL;

-- Gaps in the roster of more than two hours
SELECT ends_at AS gap_from, next_start AS gap_to
FROM (SELECT ends_at, lead(starts_at) OVER (ORDER BY starts_at) AS next_start FROM silver.shifts)
WHERE next_start - ends_at > INTERVAL '2 hours';

-- How many counselors were on shift when each conversation was queued?
SELECT c.conversation_id, c.wait_seconds, (
    SELECT count(*) FROM silver.shifts s WHERE c.queued_at BETWEEN s.starts_at AND s.ends_at
  ) AS on_shift
FROM silver.conversations c
WHERE c.day = DATE '2026-11-02';

-- The latest conversation of each channel
SELECT DISTINCT ON (channel) channel, conversation_id, queued_at
FROM silver.conversations
ORDER BY channel, queued_at DESC;

-- The first three conversations of each day, laterally
SELECT d.day, f.conversation_id, f.queued_at
FROM (SELECT DISTINCT day FROM silver.conversations) d,
  LATERAL (SELECT conversation_id, queued_at FROM silver.conversations c WHERE c.day = d.day ORDER BY queued_at LIMIT 3) f;

-- Ends of conversations in New York time
SELECT conversation_id, closed_at AT TIME ZONE 'America/New_York' AS local_end, strftime(closed_at, '%A %H:%M') AS written
FROM silver.conversations
WHERE closed_at IS NOT NULL;

-- Response latency by month, with a label
SELECT monthname(day) || ' ' || year(day) AS label, avg(latency_p50) AS latency
FROM gold.response_latency
GROUP BY label, date_trunc('month', day)
ORDER BY date_trunc('month', day);

-- Tenure of volunteers, in years and in words
SELECT volunteer_id, date_diff('month', joined_on, coalesce(left_on, current_date)) AS months, age(joined_on) AS since
FROM silver.volunteers
ORDER BY joined_on;

-- Which team loses people fastest?
SELECT team, count(left_on) / count(*) AS left_share, avg(left_on - joined_on) AS days_stayed
FROM silver.volunteers
GROUP BY team
HAVING count(*) > 10
ORDER BY left_share DESC;

-- What was refused by our contracts, newest first?
FROM gold.rejected ORDER BY newest_refusal DESC;

-- Late deliveries in percent
SELECT period, sum(late) * 100.0 / sum(delivered) AS late_percent
FROM gold.deliveries
GROUP BY period
HAVING late_percent > 1
ORDER BY period;

-- Whole table of ratings, as in the dashboard
TABLE gold.ratings_monthly;

-- Two thresholds to compare against, as a little table
SELECT t.name, count(*) AS days
FROM gold.queue_wait w
JOIN (VALUES ('five minutes', 300), ('ten minutes', 600)) AS t(name, seconds) ON w.wait_p90 <= t.seconds
GROUP BY t.name;

-- A/B: did the new greeting of November change ratings? Difference and a rough standard error
WITH halves AS (
  SELECT day >= DATE '2026-11-01' AS after, avg(rating) AS m, var_samp(rating) AS v, count(rating) AS n
  FROM silver.conversations
  GROUP BY 1
)
SELECT a.m - b.m AS difference, sqrt(a.v / a.n + b.v / b.n) AS standard_error
FROM halves a, halves b
WHERE a.after AND NOT b.after;

-- A stable half of the conversations for evaluation, the other half for training
SELECT conversation_id, hash(conversation_id) % 2 = 0 AS training
FROM silver.conversations;

-- Features for a model of no-shows: shifts per weekday and volunteer, one column each
SELECT * FROM (
  SELECT volunteer_id, dayname(starts_at) AS weekday, shift_id FROM silver.shifts
)
PIVOT (count(shift_id) FOR weekday IN ('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'));

-- Outliers: conversations longer than three standard deviations above the mean
WITH s AS MATERIALIZED (SELECT avg(duration_seconds) AS m, stddev_pop(duration_seconds) AS sd FROM silver.conversations)
SELECT conversation_id, duration_seconds
FROM silver.conversations, s
WHERE duration_seconds > s.m + 3 * s.sd;

-- How concentrated is the work? Share of conversations taken by the busiest tenth of counselors
SELECT sum(conversations) FILTER (WHERE tenth = 1) / sum(conversations) AS share
FROM (SELECT counselor_id, sum(conversations) AS conversations, ntile(10) OVER (ORDER BY sum(conversations) DESC) AS tenth
      FROM gold.counselor_activity GROUP BY counselor_id);

-- Try to read odd ratings as numbers
SELECT try_cast(rating AS VARCHAR) AS written, try_cast('4,5' AS DOUBLE) AS comma, ifnull(rating, -1) AS filled
FROM silver.conversations
LIMIT 5;

-- What would a table of waits by day and channel hold?
SUMMARIZE PIVOT silver.conversations ON channel IN ('sms', 'web') USING median(wait_seconds) GROUP BY day;
