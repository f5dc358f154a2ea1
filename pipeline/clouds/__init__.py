"""Clouds of points: readers of scans behind one interface, and the tasks that tile them."""
