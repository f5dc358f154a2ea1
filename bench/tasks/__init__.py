"""One module a task: `run()` yields (contender, input, metric, value, unit)."""
