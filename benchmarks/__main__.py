"""`python -m benchmarks [sizes] [REPS ...]`: nights of several sizes; other benchmarks are modules of their own.

Add here: another benchmark that `make benchmark` should run. Keep out: measuring (`sizes.py`). Nothing
here may fail on a slow machine; results go into `README.md` beside this file.
"""

import sys

from benchmarks.sizes import main

if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(arguments[1:] if arguments[:1] == ["sizes"] else arguments)
