type Content = Node | string | undefined;

/** An element with a class and content; strings become text nodes, so that no text of a corpus is ever markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  ...content: readonly Content[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  made.append(...content.filter((each) => each !== undefined));
  return made;
}

/** `+0.123`, with a true minus sign: values of one column line up. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

export function fixed(value: number, digits = 2): string {
  return value.toFixed(digits).replace('-', '−');
}
