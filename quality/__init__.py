"""What good data means: suites, volume, freshness, reconciliation, and the gate before publishing.

Add here: a judgement about data. Keep out: fetching it from a source (`pipelines/sources`), mending
it (dbt), and judgements about the business (alert rules). README.md says which check lives where.
"""
