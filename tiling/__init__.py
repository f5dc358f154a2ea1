"""Where and how fine: tile mathematics on arrays and bytes passed in. No I/O."""
