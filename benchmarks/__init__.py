"""Speed and memory, measured by `make bench`: whole runs, compared within one call."""
