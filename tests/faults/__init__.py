"""A museum that is killed, runs out of room, is lied to by its disk and loses power, at every point where that can be.

`make faults` runs the campaigns (`python -m tests.faults`), `test_faults` a few points of each.
"""
