type Child = Node | string | null | undefined | false;

/** An element with attributes and children. Strings become text, never markup. */
export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Record<string, string | boolean | number | null | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

export function svg<T extends keyof SVGElementTagNameMap>(
  tag: T,
  attributes: Record<string, string | number> = {},
  ...children: Node[]
): SVGElementTagNameMap[T] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

function setAttributes(
  element: Element,
  attributes: Record<string, string | boolean | number | null | undefined>,
): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

const icons = {
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm5 11.5L20 20',
  close: 'M6 6l12 12M18 6L6 18',
  image: 'M4 5h16v14H4ZM4 16l5-5 4 4 3-3 4 4M9 9h.01',
  left: 'M15 5l-7 7 7 7',
  right: 'M9 5l7 7-7 7',
  similar: 'M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4Zm6 6a5 5 0 1 1 0 10 5 5 0 0 1 0-10Z',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z',
  boxes: 'M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M8.5 8.5h7v7h-7Z',
  filter: 'M4 6h16M7 12h10M10 18h4',
  external: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  theme: 'M12 4a8 8 0 1 0 0 16ZM12 4a8 8 0 0 1 0 16',
} as const;

/** A line drawing of 24 × 24, hidden from screen readers. */
export function icon(name: keyof typeof icons): SVGSVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: icons[name] }),
  );
}

/** A button with a drawing; the label is read aloud and shown as a hint. */
export function iconButton(
  name: keyof typeof icons,
  label: string,
  onClick: (event: MouseEvent) => void,
): HTMLButtonElement {
  const button = h('button', { type: 'button', class: 'icon-button', title: label });
  button.setAttribute('aria-label', label);
  button.append(icon(name));
  button.addEventListener('click', onClick);
  return button;
}

const shownLength = 120;
const headLength = 3;
const tailLength = 15;
// Control characters and those that turn the direction of text.
const unseen = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A name from a bundle, fit to be shown: one line, no invisible tricks, not endless. */
export function tidy(name: string): string {
  const head = name.slice(0, shownLength * 2).replaceAll(unseen, '\ufffd');
  const letters = [...head];
  return letters.length > shownLength || name.length > head.length
    ? `${letters.slice(0, shownLength).join('')}…`
    : head;
}

/** Shortened in the middle, for names of a series differ at their ends. */
export function shorten(name: string): string {
  const letters = [...tidy(name)];
  if (letters.length <= headLength + tailLength + 1) return letters.join('');
  return `${letters.slice(0, headLength).join('')}…${letters.slice(-tailLength).join('')}`;
}

/** Tidy, and kept apart from the text around it whatever its direction. */
export function nameOf(name: string, className?: string): HTMLElement {
  return h('bdi', { class: className }, tidy(name));
}

export function fileName(path: string): string {
  return tidy(path.slice(path.lastIndexOf('/') + 1) || path);
}

/** What an image is called: its file, or its id where a bundle of vectors names no files. */
export function imageName({ path, imageId }: { path: string; imageId: string }): string {
  return fileName(path || imageId);
}
