SELECT *, current_timestamp AS _rejected_at FROM {{ ref('checked_messages') }} WHERE _rule <> ''
