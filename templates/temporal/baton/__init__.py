"""Runs a pipeline that Baton compiled, as durable workflows of Temporal."""
