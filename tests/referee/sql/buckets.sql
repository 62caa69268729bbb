-- The buckets of ageing.sql, one row for each account and bucket of the default scheme, by due day.
WITH settled AS (
    SELECT debit_id, CAST(SUM(amount_minor) AS BIGINT) AS settled_minor FROM allocations
    WHERE allocated_on <= $day GROUP BY debit_id
),
planned AS (
    SELECT item_id, due_on, amount_minor,
           CAST(SUM(amount_minor) OVER (PARTITION BY item_id ORDER BY due_on, amount_minor
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS upto_minor
    FROM instalments
),
parts AS (
    SELECT i.account_id AS account_id, DATE_DIFF('day', COALESCE(p.due_on, i.due_on), $day) AS dpd_days,
           CASE WHEN p.item_id IS NULL THEN i.amount_minor - COALESCE(s.settled_minor, 0)
                ELSE LEAST(GREATEST(p.upto_minor - COALESCE(s.settled_minor, 0), 0), p.amount_minor) END AS open_minor
    FROM items AS i
    LEFT JOIN settled AS s ON i.item_id = s.debit_id
    LEFT JOIN planned AS p ON i.item_id = p.item_id
    WHERE i.is_debit AND i.issued_on <= $day
)
SELECT account_id,
       CASE WHEN dpd_days <= 0 THEN 'not_due' WHEN dpd_days <= 30 THEN '1_30' WHEN dpd_days <= 60 THEN '31_60'
            WHEN dpd_days <= 90 THEN '61_90' WHEN dpd_days <= 180 THEN '91_180' WHEN dpd_days <= 365 THEN '181_365'
            ELSE 'over_365' END AS bucket,
       CAST(SUM(open_minor) AS BIGINT) AS open_minor
FROM parts WHERE open_minor > 0
GROUP BY account_id, bucket ORDER BY account_id, bucket
