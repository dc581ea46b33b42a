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

/** The head of a table: a cell for each column. */
export function tableHead(
  names: readonly string[],
  classOf: (index: number) => string = () => '',
): HTMLTableSectionElement {
  const cells = names.map((name, index) => {
    const cell = element('th', classOf(index), name);
    cell.scope = 'col';
    return cell;
  });
  return element('thead', '', element('tr', '', ...cells));
}

/** `+0.123`, with a true minus sign: values of one column line up. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

export function fixed(value: number, digits = 2): string {
  return value.toFixed(digits).replace('-', '−');
}
