"""The night's tables made by Spark, on this machine or on a cluster: the second engine.

Add here: what only Spark needs. Keep out: what both engines share (`pipelines/warehouse/`). Nothing here
imports pyspark before a night asks for it: it is an extra that needs Java.
"""
