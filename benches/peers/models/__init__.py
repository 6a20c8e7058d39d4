"""Waitline's workloads in simulators for Python: `python -m models TOOL SCENARIO CONTACTS SEED`."""
