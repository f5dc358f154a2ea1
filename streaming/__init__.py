"""The wire protocol `chronotope.v1`, Sans-I/O. Standard library only; sees content ids, sizes and priorities, never tiles."""
