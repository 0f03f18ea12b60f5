-- What each metric is called, its unit and which side hurts, as the yml beside its model says.
{{ metric_definitions() }}
