-- Open amount due in the current quarter at the end of the period / what was still to be booked for the
-- quarter's revenue target. Nothing left to book: null, the target is met.
{{ of_the_quarters_gap('pipeline_coverage', 'sum(due.amount)') }}
