"""The paper's experiment on the embedded model. See __main__.py for the commands."""
