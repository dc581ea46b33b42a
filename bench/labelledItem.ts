/** A labelled text of a corpus, as far as the programs here read it. `payload_span` is in UTF-16 code units. */
export interface LabelledItem {
  readonly id: string;
  readonly source: string;
  readonly path: string;
  readonly label: 'warned' | 'safe' | 'direct';
  readonly text: string;
  readonly payload_span: readonly [number, number] | null;
  readonly hard?: boolean;
}
