-- Yearly targets in force per judged day: declared for the year, else the sum of the scope's quarters if
-- all are told, else summed from the scopes below.
{{ targets_in_force('year', 'quarter', 4) }}
