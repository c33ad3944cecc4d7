-- Messages as they were sent: each once, with contact details and names replaced by typed placeholders.
-- Rules replace what gives itself away by its form or by the words before it; a name without either stays.
CREATE STREAMING TABLE silver.messages
COMMENT 'One row per message of a conversation. Delivered twice, the first delivery counts. Phone numbers, e-mail and web addresses and names that people introduce are replaced by [PHONE], [EMAIL], [URL], [NAME]. characters: length before that. Times are UTC.'
TBLPROPERTIES (
  'owner' = 'data_engineering',
  'event.time' = 'sent_at',
  'deduplicate.key' = 'message_id',
  'deduplicate.first' = 'position',
  'expect.known_author' = "DROP author IN ('texter', 'counselor', 'system')",
  'expect.not_from_the_future' = 'WARN sent_at <= ingested_at'
) AS
SELECT
  message_id,
  conversation_id,
  sent_at,
  author,
  channel,
  CASE
    WHEN text RLIKE '[0-9@]|www[.]|://|[Nn]ame|[Cc]all me|I( a|.)?m [A-Z]|[Tt]his is [A-Z]' THEN
      regexp_replace(
        regexp_replace(
          regexp_replace(
            regexp_replace(text, '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+[.][A-Za-z]{2,}', '[EMAIL]'),
            '(https?://|www[.])[^ ]+', '[URL]'),
          '([+][0-9]{1,2}[ .-]?)?([(]?[0-9]{3,5}[)]?[ .-]?)[0-9]{3}[ .-]?[0-9]{3,4}', '[PHONE]'),
        '([Mm]y name(?:.s| is)|[Cc]all me|I.m|I am|[Tt]his is) [A-Z][a-z]+( [A-Z][a-z]+)?', '$1 [NAME]')
    ELSE text
  END AS text,
  length(text) AS characters,
  _position AS position,
  _ingested_at AS ingested_at
FROM STREAM bronze.messages;
