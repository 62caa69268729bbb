-- Straight from the rows of the source file: every invoice of 30 days, settled in full on one day.
SELECT customerID AS customer_code,
       CASE WHEN due >= $day THEN 'not_due' WHEN DATE_DIFF('day', due, $day) <= 30 THEN '1_30'
            WHEN DATE_DIFF('day', due, $day) <= 60 THEN '31_60' WHEN DATE_DIFF('day', due, $day) <= 90 THEN '61_90'
            WHEN DATE_DIFF('day', due, $day) <= 180 THEN '91_180' WHEN DATE_DIFF('day', due, $day) <= 365 THEN '181_365'
            ELSE 'over_365' END AS bucket,
       CAST(SUM(cents) AS BIGINT) AS open_minor
FROM (
    SELECT customerID, STRPTIME(InvoiceDate, '%m/%d/%Y')::DATE AS issued, STRPTIME(DueDate, '%m/%d/%Y')::DATE AS due,
           STRPTIME(SettledDate, '%m/%d/%Y')::DATE AS settled, CAST(ROUND(CAST(InvoiceAmount AS DECIMAL(18, 2)) * 100) AS BIGINT) AS cents
    FROM source
)
WHERE issued <= $day AND settled > $day
GROUP BY customer_code, bucket ORDER BY customer_code, bucket
