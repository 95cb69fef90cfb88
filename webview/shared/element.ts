export interface ElementOptions {
  readonly class?: string;
  readonly text?: string;
  readonly title?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly (Node | string)[];
}

/** Makes an element. Text goes in as text, never as HTML, so nothing from a run can become markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  options: ElementOptions = {},
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (options.class !== undefined) made.className = options.class;
  if (options.text !== undefined) made.textContent = options.text;
  if (options.title !== undefined) made.title = options.title;
  for (const [name, value] of Object.entries(options.attributes ?? {})) made.setAttribute(name, value);
  if (options.children !== undefined) made.append(...options.children);
  return made;
}

/** Writes text only when it differs, so that a selection in it and a screen reader are left in peace. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** A line for screen readers: what is put in is spoken when the reader is free. */
export function createAnnouncer(): { readonly root: HTMLElement; announce(text: string): void } {
  const root = element('div', { class: 'for-screen-readers', attributes: { role: 'status', 'aria-live': 'polite' } });
  return { root, announce: text => setText(root, text) };
}

/** A line above the page that says what happened, aloud too. */
export function createNotice(announce: (text: string) => void) {
  const root = element('p', { class: 'notice' });
  return {
    root,
    clear() {
      if (root.textContent === '') return;
      setText(root, '');
      // So that the same words are spoken when they come again.
      announce('');
    },
    show({ severity, text }: { readonly severity: string; readonly text: string }) {
      root.dataset.severity = severity;
      setText(root, text);
      announce(text);
    },
  };
}
