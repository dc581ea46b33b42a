export const maskModes = ['mask', 'drop'] as const;
export type MaskMode = (typeof maskModes)[number];

export interface CopyCounts {
  rows: number;
  /** Rows with something to mask. */
  masked: number;
  dropped: number;
  /** Rows that are no JSON object, and so stand there without the new field. */
  bare: number;
}

export interface CopyOptions {
  readonly path: string;
  readonly mode: MaskMode;
  /** Name of the new field under `mask`. */
  readonly field: string;
  readonly write: (data: Uint8Array) => Promise<void>;
}
