"""Text of our own for tests that need a little of it."""

PROSE = "The harbour of the town is open in summer, and a boat goes to the island.\n"
