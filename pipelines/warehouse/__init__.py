"""The night's database: raw files bound as tables, company and told tables, how dbt is called.

Add here: what stands in the private warehouse before and while dbt builds.
Keep out: models (`dbt_project/`), what readers read (`publishing/`).
"""
