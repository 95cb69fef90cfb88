import {
  type Button,
  type Checkbox,
  type Dropdown,
  provideVSCodeDesignSystem,
  type TextField,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { element } from './element';

// The only file that knows the toolkit.

export type { Button, Checkbox, Dropdown, TextField };

/** Defines the toolkit's elements that every page has. Before the first control is made. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeCheckbox(), vsCodeDropdown(), vsCodeOption());
}

export interface ButtonOptions {
  readonly appearance?: 'primary' | 'secondary';
  readonly title?: string;
  readonly onClick: () => void;
}

export function createButton(label: string, { appearance = 'secondary', title, onClick }: ButtonOptions): Button {
  const button = document.createElement('vscode-button') as Button;
  button.appearance = appearance;
  button.textContent = label;
  if (title !== undefined) button.title = title;
  button.addEventListener('click', () => {
    if (!button.disabled) onClick();
  });
  return button;
}

export function createCheckbox(label: Node | string, checked: boolean, onChange: (checked: boolean) => void): Checkbox {
  const checkbox = document.createElement('vscode-checkbox') as Checkbox;
  checkbox.append(label);
  checkbox.checked = checked;
  // `click` comes for mouse and keyboard alike, after the state changed; `change` also comes for changes from code.
  checkbox.addEventListener('change', () => onChange(checkbox.checked));
  return checkbox;
}

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

/** A labelled dropdown. */
export function createChoice<Value extends string>(
  label: string,
  choices: readonly Choice<Value>[],
  chosen: Value,
  onChange: (value: Value) => void,
): HTMLElement {
  const dropdown = document.createElement('vscode-dropdown') as Dropdown;
  dropdown.setAttribute('aria-label', label);
  for (const { value, label: text } of choices) {
    const option = document.createElement('vscode-option');
    option.setAttribute('value', value);
    if (value === chosen) option.setAttribute('selected', '');
    option.textContent = text;
    dropdown.append(option);
  }
  dropdown.addEventListener('change', () => {
    const choice = choices.find(({ value }) => value === dropdown.value);
    if (choice !== undefined) onChange(choice.value);
  });
  return element('div', { class: 'choice', children: [element('span', { class: 'label', text: label }), dropdown] });
}

/** A labelled slider. The toolkit has none; this one is the browser's, in the theme's colours (base.css). */
export function createSlider(
  label: string,
  value: number,
  { max, step, show }: { readonly max: number; readonly step: number; readonly show: (value: number) => string },
  onChange: (value: number) => void,
): HTMLElement {
  const input = element('input', { attributes: { type: 'range', min: '0', max: String(max), step: String(step) } });
  const shown = element('output', { class: 'number' });
  input.value = String(value);
  const tell = () => {
    const text = show(Number(input.value));
    shown.textContent = text;
    input.setAttribute('aria-valuetext', text);
  };
  tell();
  input.addEventListener('input', () => {
    tell();
    onChange(Number(input.value));
  });
  return element('label', {
    class: 'slider',
    children: [element('span', { class: 'label', text: label }), input, shown],
  });
}

/** A field for words. Only one page has it, so that only there it is in the bundle. */
export function createSearch(label: string, onInput: (text: string) => void): TextField {
  provideVSCodeDesignSystem().register(vsCodeTextField());
  const field = document.createElement('vscode-text-field') as TextField;
  field.placeholder = label;
  field.setAttribute('aria-label', label);
  field.addEventListener('input', () => onInput(field.value));
  return field;
}

/** The turning ring of work whose length is unknown. On one page, like the search. */
export function createProgressRing(): HTMLElement {
  provideVSCodeDesignSystem().register(vsCodeProgressRing());
  return document.createElement('vscode-progress-ring');
}
