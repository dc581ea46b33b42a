import { bytes, integer, message, text } from './protobuf.js';

/** Numbers of fields and types as onnx.proto has them. */
export const inModel = { irVersion: 1, graph: 7, opset: 8 } as const;
export const inGraph = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
export const inNode = { input: 1, output: 2, name: 3, operator: 4, attribute: 5, domain: 7 } as const;
export const inAttribute = { name: 1, graph: 6 } as const;
export const inTensor = { dims: 1, type: 2, name: 8, raw: 9 } as const;
export const elementType = { float: 1, int32: 6, int64: 7 } as const;
const attributeType = { int: 2 } as const;

export function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number>> = {},
): Uint8Array {
  return message(
    inGraph.node,
    ...inputs.map((name) => text(inNode.input, name)),
    text(inNode.output, output),
    text(inNode.operator, operator),
    ...Object.entries(attributes).map(([name, value]) =>
      message(inNode.attribute, text(1, name), integer(3, value), integer(20, attributeType.int)),
    ),
  );
}

export function tensor(
  name: string,
  type: (typeof elementType)[keyof typeof elementType],
  dims: readonly number[],
  data: Float32Array | BigInt64Array,
): Uint8Array {
  return message(
    inGraph.initializer,
    ...dims.map((size) => integer(inTensor.dims, size)),
    integer(inTensor.type, type),
    text(inTensor.name, name),
    bytes(inTensor.raw, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );
}

/** An input or output of a graph; a dimension is a size or a name. */
export function port(
  place: typeof inGraph.input | typeof inGraph.output,
  name: string,
  type: (typeof elementType)[keyof typeof elementType],
  dims: readonly (number | string)[],
): Uint8Array {
  const sizes = dims.map((size) => message(1, typeof size === 'number' ? integer(1, size) : text(2, size)));
  return message(place, text(1, name), message(2, message(1, integer(1, type), message(2, ...sizes))));
}

export function model(header: readonly Uint8Array[], name: string, parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([...header, message(inModel.graph, text(inGraph.name, name), ...parts)]);
}

/** IR version and operator set of a model that uses standard operators only. */
export const plainHeader: readonly Uint8Array[] = [
  integer(inModel.irVersion, 10),
  message(inModel.opset, text(1, ''), integer(2, 21)),
];
