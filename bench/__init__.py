"""Benchmarks: each prints figures of one run."""
