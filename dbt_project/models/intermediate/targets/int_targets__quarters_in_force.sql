-- Quarterly targets in force per judged day: declared for the quarter, else the sum of the scope's
-- months if all are told, else summed from the scopes below.
{{ targets_in_force('quarter', 'month', 3) }}
