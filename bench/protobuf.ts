/** As much of the protobuf wire format as ONNX files need: varints and length-delimited fields are read and written. */

export interface Field {
  readonly number: number;
  /** Content of a length-delimited field; empty for all others. */
  readonly content: Uint8Array;
  /** The field as it stands in the message, tag and all. */
  readonly raw: Uint8Array;
}

export function readFields(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError('the message ends inside a field');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const start = at;
    const tag = varint();
    let content = new Uint8Array();
    switch (tag & 7) {
      case 0:
        varint();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        content = new Uint8Array(message.subarray(at, at + length));
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new RangeError(`wire type ${tag & 7} is not part of protobuf 3`);
    }
    fields.push({ number: Math.floor(tag / 8), content, raw: message.subarray(start, at) });
  }
  return fields;
}

export function integer(number: number, value: number): Uint8Array {
  return Uint8Array.from([...varintBytes(number * 8), ...varintBytes(value)]);
}

export function bytes(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([
    Uint8Array.from([...varintBytes(number * 8 + 2), ...varintBytes(content.length)]),
    content,
  ]);
}

export function text(number: number, content: string): Uint8Array {
  return bytes(number, Buffer.from(content, 'utf8'));
}

export function message(number: number, ...fields: readonly Uint8Array[]): Uint8Array {
  return bytes(number, Buffer.concat(fields));
}

/** Non-negative integers up to 2^53. */
function varintBytes(value: number): number[] {
  const out: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) out.push((left % 128) | 128);
  out.push(left);
  return out;
}
