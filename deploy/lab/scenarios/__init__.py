"""Failures that span components, and the names and verdicts that a profile's failures share."""
