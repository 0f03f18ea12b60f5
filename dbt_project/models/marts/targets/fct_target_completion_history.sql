-- Target completion as it was known at the end of every week, for the month and quarter that held it, where
-- a target was known then.
{{ target_completion('is_weekly and target_amount is not null') }}
