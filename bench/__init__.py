"""Figures beside a peer or a limit: `make bench` appends rows to bench/results/<task>.csv."""
