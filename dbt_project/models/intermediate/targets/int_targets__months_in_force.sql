-- Monthly targets in force per judged day: declared, else summed from the scopes below.
{{ targets_in_force('month') }}
