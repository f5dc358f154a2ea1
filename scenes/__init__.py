"""What the museum holds: model, rules, glTF assembly, use cases, and the ports that engines implement."""
