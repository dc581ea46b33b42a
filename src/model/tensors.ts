import { Tensor } from 'onnxruntime-common';

export function indices(values: readonly number[]): Tensor {
  return vector(BigInt64Array.from(values, BigInt));
}

export function vector(values: BigInt64Array): Tensor {
  return new Tensor('int64', values, [values.length]);
}

export function floats(tensor: Tensor | undefined): Float32Array {
  return tensor!.data as Float32Array;
}
