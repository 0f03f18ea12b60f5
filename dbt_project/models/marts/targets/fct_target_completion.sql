-- Target completion as of tonight: every month, quarter and year since the data start.
{{ target_completion('is_latest') }}
