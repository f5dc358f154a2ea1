"""Adapters to engines: SQLite, the local disk, notices inside one process. They implement `scenes.ports`."""
