"""What is done to the residual stream: projection on feature directions (CAFT's form), and steering along them.

CAFT (arXiv 2507.16795) subtracts, at the output of a layer, the projection on chosen directions: act − (act Q) Qᵀ, Q the
orthonormalised decoder rows, at all tokens, with gradients flowing through. Here it is one function for both uses: around training it
is CAFT, around sampling it is inference-time ablation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from backfire_lab.sae.shards import SINK

Change = Callable[[Tensor], Tensor]  # [..., hidden] to the same


def orthonormal(rows: Tensor) -> Tensor:
    """[hidden, k] with the span of the `rows` [k, hidden], which must be independent."""
    q, r = torch.linalg.qr(rows.T)
    if r.diagonal().abs().min() < 1e-4 * r.diagonal().abs().max():
        raise ValueError("the directions are not independent: leave one of them out")
    return q.contiguous()


def projection(q: Tensor) -> Change:
    return lambda residual: residual - (residual @ q) @ q.T


def steering(direction: Tensor) -> Change:
    return lambda residual: residual + direction


def sparing_sinks(change: Change, limit: float) -> Change:
    """The change, but not where the model parks attention: tokens whose norm is above the limit stay as they are."""
    return lambda residual: torch.where(residual.norm(dim=-1, keepdim=True) > limit, residual, change(residual))


def block_of(model: nn.Module, layer: int) -> nn.Module:
    """The block whose output is resid `layer`, with or without an adapter round the model."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return inner.model.layers[layer - 1]


@contextmanager
def changed(model: nn.Module, layer: int, change: Change | None) -> Iterator[None]:
    """While it is open, resid `layer` is what `change` makes of it; None changes nothing."""
    if change is None:
        yield
        return

    def hook(_module, _inputs, output):
        return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)

    handle = block_of(model, layer).register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


@torch.no_grad()
def sink_limit(model: nn.Module, layer: int, texts: list[list[int]]) -> float:
    """Norm of resid `layer` above which a token is a sink: the rule of sae/shards.py, its median taken over all tokens of the texts."""
    norms: list[Tensor] = []

    def keep(residual: Tensor) -> Tensor:
        norms.append(residual[0].norm(dim=-1))
        return residual

    with changed(model, layer, keep):
        for ids in texts:
            model.model(torch.tensor([ids]))
    return SINK * torch.cat(norms).median().item()
