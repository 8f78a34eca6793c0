"""The verbs and the truths of which failures are written: small values, put together in hamon.lab.failures."""
