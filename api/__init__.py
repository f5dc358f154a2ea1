"""The doors: HTTP, GraphQL, WebSocket, command line, and the wiring of everything behind them."""
