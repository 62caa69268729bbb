-- By currency and month end of table month_ends: sales with VAT, what is open, what is overdue.
WITH parts AS (
    SELECT i.item_id AS item_id, a.currency AS currency, i.issued_on AS issued_on, COALESCE(p.due_on, i.due_on) AS due_on,
           i.amount_minor AS whole_minor, COALESCE(p.amount_minor, i.amount_minor) AS part_minor,
           COALESCE(p.upto_minor, i.amount_minor) AS upto_minor
    FROM items AS i JOIN accounts AS a ON i.account_id = a.account_id
    LEFT JOIN (
        SELECT item_id, due_on, amount_minor,
               CAST(SUM(amount_minor) OVER (PARTITION BY item_id ORDER BY due_on, amount_minor
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS upto_minor
        FROM instalments
    ) AS p ON i.item_id = p.item_id
    WHERE i.is_debit
),
settled AS (
    SELECT m.day AS day, al.debit_id AS debit_id, CAST(SUM(al.amount_minor) AS BIGINT) AS settled_minor
    FROM month_ends AS m JOIN allocations AS al ON al.allocated_on <= m.day GROUP BY m.day, al.debit_id
),
open_parts AS (
    SELECT m.day AS day, p.currency AS currency, p.due_on AS due_on,
           LEAST(GREATEST(p.upto_minor - COALESCE(s.settled_minor, 0), 0), p.part_minor) AS open_minor
    FROM month_ends AS m JOIN parts AS p ON p.issued_on <= m.day
    LEFT JOIN settled AS s ON s.day = m.day AND s.debit_id = p.item_id
),
opened AS (
    SELECT day, currency, CAST(SUM(open_minor) AS BIGINT) AS open_minor,
           CAST(SUM(CASE WHEN due_on < day THEN open_minor ELSE 0 END) AS BIGINT) AS overdue_minor
    FROM open_parts GROUP BY day, currency
),
sold AS (
    SELECT m.day AS day, a.currency AS currency,
           CAST(SUM(CASE WHEN i.kind = 'credit_note' THEN -i.amount_minor ELSE i.amount_minor END) AS BIGINT) AS sales_minor
    FROM month_ends AS m
    JOIN items AS i ON i.issued_on > m.begins AND i.issued_on <= m.day
    JOIN accounts AS a ON i.account_id = a.account_id
    WHERE i.kind IN ('invoice', 'debit_note', 'credit_note') GROUP BY m.day, a.currency
)
SELECT c.currency AS currency, m.day AS day, COALESCE(s.sales_minor, 0) AS sales_minor,
       COALESCE(o.open_minor, 0) AS open_minor, COALESCE(o.overdue_minor, 0) AS overdue_minor
FROM month_ends AS m CROSS JOIN (SELECT DISTINCT currency FROM accounts) AS c
LEFT JOIN sold AS s ON s.day = m.day AND s.currency = c.currency
LEFT JOIN opened AS o ON o.day = m.day AND o.currency = c.currency
ORDER BY c.currency, m.day
