"""Measures. Two things are compared in one run and the ratio is given: the machine may be shared and noisy."""
