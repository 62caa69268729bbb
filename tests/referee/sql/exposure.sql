-- By account: bills held, bills that can come back, retention money open, advances not applied; from the definitions.
WITH last AS (
    SELECT b.item_id, b.matures_on, coalesce(
        (SELECT e.event FROM bill_events e WHERE e.item_id = b.item_id AND e."on" <= $day
         ORDER BY e."on" DESC, array_position(['received', 'endorsed', 'discounted', 'presented', 'paid', 'bounced', 'returned'], e.event::VARCHAR) DESC
         LIMIT 1)::VARCHAR, 'received') AS state
    FROM bills b
), bill AS (
    SELECT i.account_id,
        CASE WHEN state IN ('received', 'presented') THEN i.amount_minor ELSE 0 END AS held,
        CASE WHEN state IN ('endorsed', 'discounted') AND $day <= matures_on + $recourse::INTEGER THEN i.amount_minor ELSE 0 END AS recourse
    FROM last JOIN items i USING (item_id) WHERE i.issued_on <= $day
), used AS (
    SELECT item_id, sum(minor) AS minor FROM (
        SELECT debit_id AS item_id, amount_minor AS minor FROM allocations WHERE allocated_on <= $day
        UNION ALL SELECT credit_id, credit_minor FROM allocations WHERE allocated_on <= $day
    ) GROUP BY item_id
), part AS (
    SELECT i.account_id, p.is_retention, p.amount_minor,
        coalesce(u.minor, 0) - (sum(p.amount_minor) OVER (PARTITION BY p.item_id ORDER BY p.due_on, coalesce(p.is_retention, false), p.amount_minor
            ROWS UNBOUNDED PRECEDING) - p.amount_minor) AS reached
    FROM instalments p JOIN items i USING (item_id) LEFT JOIN used u USING (item_id) WHERE i.issued_on <= $day
), every AS (
    SELECT account_id, held, recourse, 0 AS retention, 0 AS advance FROM bill
    UNION ALL SELECT account_id, 0, 0, amount_minor - least(greatest(reached, 0), amount_minor), 0 FROM part WHERE is_retention
    UNION ALL SELECT i.account_id, 0, 0, 0, i.amount_minor - coalesce(u.minor, 0) FROM items i LEFT JOIN used u USING (item_id)
        WHERE i.payment_method = 'advance' AND i.issued_on <= $day
)
SELECT account_id, CAST(sum(held) AS BIGINT) AS h, CAST(sum(recourse) AS BIGINT) AS r, CAST(sum(retention) AS BIGINT) AS t, CAST(sum(advance) AS BIGINT) AS a
FROM every GROUP BY account_id HAVING h <> 0 OR r <> 0 OR t <> 0 OR a <> 0 ORDER BY account_id
