"""The ways of executions along their topology."""
