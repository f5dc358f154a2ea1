"""Files in, tiles out: readers, the sandbox around them, and the tasks that tile."""
