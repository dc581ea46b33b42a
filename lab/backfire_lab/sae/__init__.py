"""A sparse autoencoder on the residual stream of the embedded model. Each step is a command of its own; lab/results/sae/README.md has them."""
