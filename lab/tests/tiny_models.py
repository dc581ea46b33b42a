"""Models of every supported shape with random weights, a few hundred kilobytes each, in the form that transformers saves."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import (
    Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig, LlamaForCausalLM,
    PreTrainedModel, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM,
)  # fmt: skip

import tiny_tokenizers

LLAMA3_ROPE = {
    "rope_type": "llama3", "rope_theta": 5000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}  # fmt: skip
# Head size other than hidden / heads, grouped heads, odd numbers of layers: what a graph could take for granted is not so.
SIZES = dict(
    hidden_size=96, intermediate_size=160, num_hidden_layers=6, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
    max_position_embeddings=2048,
)  # fmt: skip
GEMMA = dict(query_pre_attn_scalar=40, sliding_window=7)
SHAPES: dict[str, tuple] = {
    "llama": (LlamaForCausalLM, LlamaConfig, dict(tie_word_embeddings=False, rope_parameters=LLAMA3_ROPE), "llama3"),
    "llama-tied": (LlamaForCausalLM, LlamaConfig, dict(tie_word_embeddings=True, num_key_value_heads=4), "llama3"),
    "gemma2": (Gemma2ForCausalLM, Gemma2Config, dict(attn_logit_softcapping=2.0, final_logit_softcapping=3.0, **GEMMA), "gemma"),
    "gemma3": (
        Gemma3ForCausalLM,
        Gemma3TextConfig,
        dict(
            layer_types=["sliding_attention", "sliding_attention", "full_attention"] * 2,
            rope_parameters={
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
                "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
            },
            **GEMMA,
        ),
        "gemma",
    ),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config, dict(tie_word_embeddings=True, head_dim=32), "qwen"),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config, dict(tie_word_embeddings=False), "qwen"),
}


def save_model(name: str, folder: Path, **changes) -> PreTrainedModel:
    """Writes a model's folder with tokenizer; returns the model, in evaluation mode."""
    model_class, config_class, own, tokenizer = SHAPES[name]
    size = tiny_tokenizers.save(tokenizer, folder)
    torch.manual_seed(sum(map(ord, name)))
    config = config_class(**{**SIZES, "vocab_size": size + 9, **own, **changes})
    model = model_class._from_config(config, attn_implementation="eager").eval()
    with torch.no_grad():
        for parameter in model.parameters():
            # Norms and biases start where they could be left out unseen, and small weights would leave every tanh linear.
            spread = 0.3 if parameter.dim() == 1 else 1.5 / parameter.shape[1] ** 0.5
            start = parameter if parameter.dim() == 1 else 0
            parameter.copy_(start + spread * torch.randn_like(parameter))
    model.save_pretrained(folder)
    return model


def edit_json(path: Path, **changes) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
