"""Ground truth: what does training on one text teach? See __main__.py for the command."""
