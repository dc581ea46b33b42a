import * as ort from 'onnxruntime-node';

/** `bothWays`: the graph multiplies by a matrix and by its transpose, for each of which the runtime would keep a copy packed its way. */
export function openSession(
  path: string,
  threads: number | undefined,
  bothWays = false,
): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(path, {
    graphOptimizationLevel: 'all',
    // Without the arena, buffers of a long run go back to the system: it keeps the process under its bound.
    enableCpuMemArena: false,
    // Without a pattern, each tensor is a block of its own: one block for all of a run would be mapped and cleared anew each time.
    enableMemPattern: false,
    // Each session has threads of its own; those of one must not spin while the next one runs.
    extra: { session: { force_spinning_stop: '1', ...(bothWays ? { disable_prepacking: '1' } : {}) } },
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  });
}

export function indices(values: readonly number[]): ort.Tensor {
  return vector(BigInt64Array.from(values, BigInt));
}

export function vector(values: BigInt64Array): ort.Tensor {
  return new ort.Tensor('int64', values, [values.length]);
}

export function floats(tensor: ort.Tensor | undefined): Float32Array {
  return tensor!.data as Float32Array;
}
