"""Files in, tiles out: readers, the sandbox around them, and the tasks that tile."""

PACKAGES = ("pipeline", "scenes", "tiling", "timeline")
"""of ours, that the child of the sandbox loads"""
MANIFEST = "manifest.json"
"""the file in which that child tells of the tiles that it made"""
