-- Ageing as of $day, written from the definition: for each open debit item, or open instalment of one,
-- its days and bucket; for each account the sums. Portable SQL, no function of the product.
WITH effective AS (
    SELECT debit_id, credit_id, amount_minor, credit_minor FROM allocations WHERE allocated_on <= $day
),
settled AS (
    SELECT debit_id, CAST(SUM(amount_minor) AS BIGINT) AS settled_minor FROM effective GROUP BY debit_id
),
used AS (
    SELECT credit_id, CAST(SUM(credit_minor) AS BIGINT) AS used_minor FROM effective GROUP BY credit_id
),
opened AS (
    SELECT i.item_id AS item_id, i.account_id AS account_id, i.issued_on AS issued_on, i.due_on AS due_on,
           i.amount_minor AS amount_minor, COALESCE(s.settled_minor, 0) AS settled_minor, i.disputed_minor AS undated_minor
    FROM items AS i LEFT JOIN settled AS s ON i.item_id = s.debit_id
    WHERE i.is_debit AND i.issued_on <= $day AND i.amount_minor <> COALESCE(s.settled_minor, 0)
),
disputed AS (
    SELECT item_id, CAST(SUM(amount_minor) AS BIGINT) AS dated_minor FROM disputes
    WHERE opened_on <= $day AND (closed_on IS NULL OR closed_on > $day) GROUP BY item_id
),
planned AS (
    SELECT item_id, due_on, amount_minor,
           CAST(SUM(amount_minor) OVER (PARTITION BY item_id ORDER BY due_on, amount_minor
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS upto_minor
    FROM instalments
),
parts AS (
    SELECT o.item_id AS item_id, o.account_id AS account_id, o.issued_on AS issued_on,
           COALESCE(p.due_on, o.due_on) AS due_on,
           CASE WHEN p.item_id IS NULL THEN o.amount_minor - o.settled_minor
                ELSE LEAST(GREATEST(p.upto_minor - o.settled_minor, 0), p.amount_minor) END AS open_minor
    FROM opened AS o LEFT JOIN planned AS p ON o.item_id = p.item_id
),
item_disputes AS (
    SELECT o.account_id AS account_id,
           LEAST(o.undated_minor + COALESCE(d.dated_minor, 0), o.amount_minor - o.settled_minor) AS disputed_minor
    FROM opened AS o LEFT JOIN disputed AS d ON o.item_id = d.item_id
),
by_account AS (
    SELECT account_id,
           CAST(SUM(open_minor) AS BIGINT) AS open_minor,
           CAST(SUM(CASE WHEN due_on < $day THEN open_minor ELSE 0 END) AS BIGINT) AS overdue_minor
    FROM parts WHERE open_minor > 0 GROUP BY account_id
),
unapplied AS (
    SELECT i.account_id AS account_id, CAST(SUM(i.amount_minor - COALESCE(u.used_minor, 0)) AS BIGINT) AS unapplied_minor
    FROM items AS i LEFT JOIN used AS u ON i.item_id = u.credit_id
    WHERE NOT i.is_debit AND i.issued_on <= $day GROUP BY i.account_id
),
disputes_by_account AS (
    SELECT account_id, CAST(SUM(disputed_minor) AS BIGINT) AS disputed_minor FROM item_disputes GROUP BY account_id
)
SELECT a.account_id AS account_id, COALESCE(b.open_minor, 0) AS open_minor, COALESCE(b.overdue_minor, 0) AS overdue_minor,
       COALESCE(u.unapplied_minor, 0) AS unapplied_minor, COALESCE(d.disputed_minor, 0) AS disputed_minor
FROM accounts AS a
LEFT JOIN by_account AS b ON a.account_id = b.account_id
LEFT JOIN unapplied AS u ON a.account_id = u.account_id
LEFT JOIN disputes_by_account AS d ON a.account_id = d.account_id
WHERE COALESCE(b.open_minor, 0) <> 0 OR COALESCE(u.unapplied_minor, 0) <> 0
ORDER BY a.account_id
