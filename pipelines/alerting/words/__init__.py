"""What is said of a warning: values as they stand in a sentence, the sentences, the row of an episode.

Add here: a sentence about a warning; its text stands in the catalogues (`pipelines/language/`).
Keep out: deciding anything.
"""
