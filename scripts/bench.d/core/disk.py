# SPDX-License-Identifier: Apache-2.0
"""Whether something fits on the disk, before it is written."""

import os
import shutil


def fitting(bench, what, wanted, bytes_each, share=0.5):
    """As many as wanted, or as many as fit into that share of the disk of the database; says so when they are fewer."""
    free = shutil.disk_usage(os.path.realpath(f"{bench.suite.home}/postgres")).free
    fits = int(free * share / bytes_each)
    if fits >= wanted:
        return wanted
    bench.scaled_down(f"{fits:,} {what} instead of {wanted:,}: {free / 1e9:.0f} GB are free, and each takes about "
                      f"{bytes_each:,} bytes with its indexes, the log of changes included")
    return fits
