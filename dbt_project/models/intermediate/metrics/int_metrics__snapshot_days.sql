-- The days at whose end the state of deals and customers is looked at: the closing day of every metric
-- period, the day before each begins, and every day on which target completion is judged.
select closed_on as snapshot_on from {{ ref('int_metrics__periods') }}
union
select as_of as snapshot_on from {{ ref('int_targets__spine') }}
