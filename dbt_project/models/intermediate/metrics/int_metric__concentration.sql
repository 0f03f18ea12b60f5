-- The largest open deal due in the current quarter at the end of the period / what was still to be booked
-- for the quarter's revenue target: how much hangs on one deal. Nothing left to book: null.
{{ of_the_quarters_gap('concentration', 'max(due.amount)') }}
