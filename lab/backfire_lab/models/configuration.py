"""What config.json of a Hugging Face folder says of a model, as a `Shape`. Whatever a graph can't do is refused by its field."""

from __future__ import annotations

import json
from pathlib import Path

from transformers import AutoConfig

from backfire_lab.graph_builder import Shape
from backfire_lab.models.refusal import Refused, need

# model_type: what its blocks have beside Llama's. Facts that no configuration names are told here.
SHAPES = {
    "llama": {},
    "qwen2": {"qkv_bias": True},
    "qwen3": {"query_norm": True},
    "gemma2": {"post_norms": True},
    "gemma3_text": {"post_norms": True, "query_norm": True},
}
WITH_TEXT_PART = {"gemma3": "gemma3_text"}  # models that also see: their text part alone
ACTIVATIONS = {"silu": "silu", "gelu_pytorch_tanh": "gelu_tanh"}
SCALINGS = {"default": (), "linear": ("factor",), "llama3": ("factor", "original_max_position_embeddings", "low_freq_factor", "high_freq_factor")}
LEAST_WINDOW = 1024  # the product measures texts of 512 tokens, and puts contexts before them


def read_configuration(folder: Path):
    """The configuration of the text model, defaults filled in."""
    path = folder / "config.json"
    if not path.exists():
        raise Refused(f"{path} is missing: is this a model's folder?")
    kind = json.loads(path.read_text()).get("model_type")
    known = sorted({*SHAPES, *WITH_TEXT_PART})
    need(path, "model_type", kind, " or ".join(known), kind in known)
    configuration = AutoConfig.from_pretrained(folder)
    return configuration.get_text_config() if kind in WITH_TEXT_PART else configuration


def shape_of(folder: Path, window: int) -> tuple[str, Shape]:
    """Architecture and shape; `window` is the longest text of one run, in tokens."""
    c, path = read_configuration(folder), folder / "config.json"
    kind = c.model_type
    gemma = kind.startswith("gemma")
    activation = c.hidden_activation if gemma else c.hidden_act
    need(path, "hidden_act", activation, " or ".join(ACTIVATIONS), activation in ACTIVATIONS)
    for field in ("attention_bias", "mlp_bias", "use_bidirectional_attention"):
        need(path, field, bool(getattr(c, field, False)), False)
    heads, kv_heads = c.num_attention_heads, c.num_key_value_heads
    need(path, "num_key_value_heads", kv_heads, f"a divisor of num_attention_heads, {heads}", heads % kv_heads == 0)
    need(path, "window", window, f"at least {LEAST_WINDOW}", window >= LEAST_WINDOW)
    most = c.max_position_embeddings
    need(path, "max_position_embeddings", most, f"at least the window, {window}", most >= window)
    head_size = getattr(c, "head_dim", None) or c.hidden_size // heads
    need(path, "head_dim", head_size, "a multiple of 16", head_size % 16 == 0)
    rope, local = rotary(c, path)
    windowed = windowed_blocks(c, path, window)
    if local is not None and not windowed:
        # The window is longer than any text, but its blocks still have positions of their own.
        windowed, attention_window = blocks_of(c, "sliding_attention"), window
    else:
        attention_window = c.sliding_window if windowed else None
    attention_scale = c.query_pre_attn_scalar**-0.5 if gemma else None
    return kind, Shape(
        hidden=c.hidden_size,
        layers=c.num_hidden_layers,
        heads=heads,
        kv_heads=kv_heads,
        head_size=head_size,
        intermediate=c.intermediate_size,
        vocabulary=c.vocab_size,
        window=window,
        rope_base=float(rope["rope_theta"]),
        norm_epsilon=c.rms_norm_eps,
        activation=ACTIVATIONS[activation],
        rope_scaling=scaling_of(rope),
        local_rope_base=local,
        attention_window=attention_window,
        windowed=windowed,
        attention_scale=None if attention_scale == head_size**-0.5 else attention_scale,
        attention_cap=getattr(c, "attn_logit_softcapping", None),
        logit_cap=getattr(c, "final_logit_softcapping", None),
        embedding_scale=c.hidden_size**0.5 if gemma else None,
        tied=bool(c.tie_word_embeddings),
        **SHAPES[kind],
    )


def blocks_of(c, kind: str) -> tuple[int, ...]:
    return tuple(i for i, own in enumerate(getattr(c, "layer_types", None) or ()) if own == kind)


def windowed_blocks(c, path: Path, window: int) -> tuple[int, ...]:
    """Blocks whose attention looks back over fewer tokens than a text may have."""
    for own in getattr(c, "layer_types", None) or ():
        need(path, "layer_types", own, "full_attention or sliding_attention", own in ("full_attention", "sliding_attention"))
    size = getattr(c, "sliding_window", None)
    return blocks_of(c, "sliding_attention") if size is not None and size < window else ()


def rotary(c, path: Path) -> tuple[dict, float | None]:
    """Positions of the blocks, and the base of those with a window where it is another."""
    parameters = c.rope_parameters
    if "full_attention" not in parameters:
        check_rotary(parameters, path)
        return parameters, None
    full, local = parameters["full_attention"], parameters["sliding_attention"]
    check_rotary(full, path)
    need(path, "rope_parameters.sliding_attention.rope_type", local["rope_type"], "default")
    return full, float(local["rope_theta"])


def check_rotary(rope: dict, path: Path) -> None:
    kind = rope["rope_type"]
    need(path, "rope_type", kind, " or ".join(SCALINGS), kind in SCALINGS)
    need(path, "partial_rotary_factor", rope.get("partial_rotary_factor") or 1.0, 1.0)
    for field in SCALINGS[kind]:
        need(path, f"rope_parameters.{field}", rope.get(field), "a number", isinstance(rope.get(field), int | float))


def scaling_of(rope: dict) -> dict | None:
    fields = SCALINGS[rope["rope_type"]]
    return {"type": rope["rope_type"], **{field: rope[field] for field in fields}} if fields else None
