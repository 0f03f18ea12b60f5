-- Every metric in one table. Adding a metric is one file, int_metric__<name>.sql, in this folder.
{{ union_metrics() }}
