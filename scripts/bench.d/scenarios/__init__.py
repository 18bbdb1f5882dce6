# SPDX-License-Identifier: Apache-2.0
"""The scenarios, one to a file; `bench.py` lists them."""
