-- Every delivered message, de-identified, with whether it breaks a rule of the table.
{{ config(materialized='ephemeral') }}
SELECT
  message_id,
  conversation_id,
  sent_at,
  author,
  channel,
  CASE
    WHEN regexp_matches(text, '[0-9@]|www[.]|://|[Nn]ame|[Cc]all me|I( a|.)?m [A-Z]|[Tt]his is [A-Z]') THEN
      regexp_replace(
        regexp_replace(
          regexp_replace(
            regexp_replace(text, '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+[.][A-Za-z]{2,}', '[EMAIL]', 'g'),
            '(https?://|www[.])[^ ]+', '[URL]', 'g'),
          '([+][0-9]{1,2}[ .-]?)?([(]?[0-9]{3,5}[)]?[ .-]?)[0-9]{3}[ .-]?[0-9]{3,4}', '[PHONE]', 'g'),
        '([Mm]y name(?:.s| is)|[Cc]all me|I.m|I am|[Tt]his is) [A-Z][a-z]+( [A-Z][a-z]+)?', '\1 [NAME]', 'g')
    ELSE text
  END AS text,
  length(text) AS characters,
  _position AS position,
  _ingested_at AS ingested_at,
  CASE WHEN author IN ('texter', 'counselor', 'system') THEN '' ELSE 'known_author' END AS _rule
FROM {{ source('bronze', 'messages') }}
