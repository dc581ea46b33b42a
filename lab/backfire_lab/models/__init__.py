"""Packs of other models than the embedded one."""
