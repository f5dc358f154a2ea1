"""The wire of `chronotope.v1`, Sans-I/O: bytes in, events out, and the other way round. docs/protocol.md describes it.

Nothing here knows tiles, scenes or sockets: a chunk is a digest and a length, a node is a number.
"""
