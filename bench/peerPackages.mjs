// Stays a file of its own beside bench/node_modules, so that these names are looked up there and not in the product's packages.
export const loadTransformers = () => import('@huggingface/transformers');
export const loadLlama = () => import('node-llama-cpp');
export const loadRipgrep = () => import('@vscode/ripgrep');
