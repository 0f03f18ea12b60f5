"""The generated sample company: a believable sales organisation with planted risks.

Add here: nothing but what others may import. Keep out: what a real company's night needs. Modules: `names` with `words_zh` and `words_en`,
`worlds` (companies unlike the shipped one), `time_axis` (workdays), `organisation` and `upheavals`
(people), `deals` (opportunities), `customers`, `orders`, `contacts` (leads and activities), `plan`
(targets), `risks`, `planting` and `labels` (what goes wrong, where, and how it is told), `company` (the
whole), `frames` and `customer_frames` (tables), `writing`, `workbooks` and `target_sheets` (files).
"""

from pipelines.sample.company import SampleCompany, generate
from pipelines.sample.writing import frames_to_csv, write_sample

__all__ = ["SampleCompany", "frames_to_csv", "generate", "write_sample"]
