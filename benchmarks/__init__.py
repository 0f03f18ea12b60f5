"""Speed and memory, measured by hand: `make benchmark`. Never part of the test suite."""
