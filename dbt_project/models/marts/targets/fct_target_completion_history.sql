-- Target completion as it was known on every Sunday, for the month and quarter that held it, where a target
-- was known then.
{{ target_completion('is_weekly and target_amount is not null') }}
