import type { Facet } from '../core/types.js';
import { h, iconButton, tidy } from './dom.js';
import { strings, time } from './strings.js';
import { anyNumber } from './view_state.js';
import type { NumberRange } from './view_state.js';

type NumberFacet = Extract<Facet, { type: 'number' }>;
type SetRange = (field: string, range: NumberRange) => void;

/**
 * From and to for each facet of numbers. A control stays the same element as long as there is its
 * facet, so that the focus and what is half typed survive whatever the answers change.
 */
export class RangeFilters {
  readonly element = h('div', { class: 'ranges' });
  private readonly controls = new Map<string, RangeControl>();

  constructor(private readonly setRange: SetRange) {}

  show(facets: Facet[], rangeOf: (field: string) => NumberRange): void {
    const fields = new Set<string>();
    for (const facet of facets) {
      if (facet.type !== 'number') continue;
      const range = rangeOf(facet.field);
      const isOnly = !(facet.min < facet.max) && range.from === null && range.to === null;
      if (isOnly) continue;
      fields.add(facet.field);
      this.control(facet.field).show(facet, range);
    }
    for (const [field, { element }] of this.controls) element.hidden = !fields.has(field);
    this.element.hidden = fields.size === 0;
  }

  private control(field: string): RangeControl {
    const known = this.controls.get(field);
    if (known) return known;
    const control = new RangeControl(field, this.setRange);
    this.controls.set(field, control);
    this.element.append(control.element);
    return control;
  }
}

class RangeControl {
  readonly element: HTMLElement;
  private readonly from: RangeEnd;
  private readonly to: RangeEnd;
  private readonly clear: HTMLButtonElement;
  /** A field of time shows no placeholder: the least and the most stand below. */
  private readonly extent: HTMLElement;

  constructor(field: string, setRange: SetRange) {
    const isTime = field === 'timestamp_s';
    const apply = () => setRange(field, { from: this.from.value, to: this.to.value });
    this.from = new RangeEnd(isTime, strings.from, apply);
    this.to = new RangeEnd(isTime, strings.to, apply);
    const title = tidy(strings.facetTitle(field));
    this.clear = iconButton('close', strings.clearRange(title), () => {
      this.from.input.focus();
      setRange(field, anyNumber);
    });
    const extentId = isTime ? 'extent-of-time' : null;
    this.extent = h('p', { class: 'extent', id: extentId, hidden: !isTime });
    this.element = h(
      'fieldset',
      { class: isTime ? 'facet range range-time' : 'facet range', 'aria-describedby': extentId },
      h('legend', {}, title),
      this.from.element,
      this.to.element,
      this.extent,
      this.clear,
    );
  }

  show({ min, max }: NumberFacet, { from, to }: NumberRange): void {
    const [least, most] = shownBounds(min, max);
    this.from.show(from, least, [least, most]);
    this.to.show(to, most, [least, most]);
    this.extent.textContent = `${timeText(least)} – ${timeText(most)}`;
    this.clear.hidden = from === null && to === null;
  }
}

/** One field of a range; null where it is empty. Times are Unix times, written in UTC. */
class RangeEnd {
  readonly element: HTMLLabelElement;
  readonly input: HTMLInputElement;
  private shown: number | null = null;

  constructor(
    private readonly isTime: boolean,
    label: string,
    apply: () => void,
  ) {
    this.input = isTime
      ? h('input', { type: 'datetime-local', step: 1 })
      : h('input', { type: 'number', step: 'any' });
    this.element = h('label', {}, h('span', {}, label), this.input);
    this.input.addEventListener('input', () => this.showWhetherEmpty());
    this.input.addEventListener('change', () => {
      if (this.value === this.shown) return;
      this.shown = this.value;
      apply();
    });
  }

  get value(): number | null {
    const { value } = this.input;
    const number = this.isTime ? Date.parse(`${value}Z`) / 1000 : Number(value);
    return value === '' || !Number.isFinite(number) ? null : number;
  }

  /** Follows the state, leaving alone what is being typed. */
  show(value: number | null, hint: number, [least, most]: [number, number]): void {
    if (value !== this.shown) this.input.value = value === null ? '' : this.text(value);
    this.shown = value;
    this.showWhetherEmpty();
    if (!Number.isFinite(least + most)) return;
    this.input.min = this.text(least);
    this.input.max = this.text(most);
    this.input.placeholder = this.text(hint);
  }

  private showWhetherEmpty(): void {
    this.input.classList.toggle('unset', this.input.value === '');
  }

  private text(value: number): string {
    if (!this.isTime) return String(value);
    const date = new Date(value * 1000);
    return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 19);
  }
}

/** Round numbers between which [min, max] lies, with about three digits of what lies between. */
export function shownBounds(min: number, max: number): [number, number] {
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(max - min)));
  if (!(decimals <= 12)) return [min, max];
  const scale = 10 ** decimals;
  return [Math.floor(min * scale) / scale, Math.ceil(max * scale) / scale];
}

function timeText(timestampS: number): string {
  return time(timestampS).slice(0, 'YYYY-MM-DD hh:mm'.length);
}
