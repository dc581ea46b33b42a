import {
  type Dropdown,
  provideVSCodeDesignSystem,
  type RadioGroup,
  type TextArea,
  type TextField,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeRadio,
  vsCodeRadioGroup,
  vsCodeTextArea,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';

/** The panel's controls. The toolkit is archived upstream: this is the one file to change for another. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodeRadio(),
    vsCodeRadioGroup(),
    vsCodeTextArea(),
    vsCodeTextField(),
  );
}

export function button(
  text: string,
  look: 'primary' | 'secondary',
  onClick: () => void,
  options: { readonly name?: string; readonly disabled?: boolean } = {},
): HTMLElement {
  const element = document.createElement('vscode-button');
  if (options.name !== undefined) element.setAttribute('aria-label', options.name);
  if (options.disabled === true) element.setAttribute('disabled', '');
  element.setAttribute('appearance', look);
  element.textContent = text;
  element.addEventListener('click', onClick);
  return element;
}

/** A choice of one among several; `onChoose` gets the value that a person chose. */
export function dropdown(
  name: string,
  options: readonly { readonly value: string; readonly text: string }[],
  chosen: string,
  onChoose: (value: string) => void,
): HTMLElement {
  const element = document.createElement('vscode-dropdown');
  element.setAttribute('aria-label', name);
  for (const { value, text } of options) {
    const option = document.createElement('vscode-option');
    option.setAttribute('value', value);
    if (value === chosen) option.setAttribute('selected', '');
    option.textContent = text;
    element.append(option);
  }
  element.addEventListener('change', () => onChoose((element as unknown as Dropdown).value));
  return element;
}

/** A choice of one among few, all in sight. */
export function radioGroup<Value extends string>(
  name: string,
  options: readonly { readonly value: Value; readonly text: string }[],
  chosen: Value,
  onChoose: (value: Value) => void,
): HTMLElement {
  const element = document.createElement('vscode-radio-group');
  element.setAttribute('aria-label', name);
  element.setAttribute('value', chosen);
  for (const { value, text } of options) {
    const radio = document.createElement('vscode-radio');
    radio.setAttribute('value', value);
    radio.textContent = text;
    element.append(radio);
  }
  element.addEventListener('change', () => {
    const value = (element as unknown as RadioGroup).value as Value;
    if (value !== chosen) onChoose((chosen = value));
  });
  return element;
}

/** Chooses as a person does: whoever listens is told. */
export function chooseRadio(group: HTMLElement, value: string): void {
  (group as unknown as RadioGroup).value = value;
}

/** `onInput` gets the text with each key. */
export function textField(label: string, onInput: (text: string) => void): HTMLElement {
  const element = document.createElement('vscode-text-field');
  element.textContent = label;
  element.addEventListener('input', () => onInput((element as unknown as TextField).value));
  return element;
}

/** Several lines; `textOf` reads them. */
export function textArea(label: string, rows: number, maxLength: number): HTMLElement {
  const element = document.createElement('vscode-text-area');
  element.textContent = label;
  element.setAttribute('rows', String(rows));
  element.setAttribute('maxlength', String(maxLength));
  element.setAttribute('resize', 'vertical');
  return element;
}

export function textOf(area: HTMLElement): string {
  return (area as unknown as TextArea).value;
}
