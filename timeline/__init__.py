"""When: dates, uncertainty, intervals. Standard library only, imports nothing of ours, does no I/O."""
