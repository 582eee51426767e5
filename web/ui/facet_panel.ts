import type { Facet, FacetValue } from '../core/types.js';
import { classStyle } from './class_style.js';
import { h, icon, shorten, svg, tidy } from './dom.js';
import { RangeFilters } from './range_filters.js';
import { strings } from './strings.js';
import { filterCount, rangeOf } from './view_state.js';
import type { NumberRange, ViewState } from './view_state.js';

const fieldOrder = ['class', 'dataset', 'sequence', 'camera'];
const shownValues = 8;

export type FacetChoice = Pick<ViewState, 'chosen' | 'ranges' | 'hiddenClasses'>;

interface FacetActions {
  toggle(field: string, value: string): void;
  setRange(field: string, range: NumberRange): void;
  toggleClassBoxes(className: string): void;
  clear(): void;
}

/** Everything images can be filtered by: checkboxes with counts, ranges of numbers. */
export class FacetPanel {
  readonly element = h('section', { class: 'facets', 'aria-label': strings.filters, id: 'facets' });
  private readonly values = h('div', { class: 'values' });
  private readonly ranges: RangeFilters;
  private readonly open = new Set<string>();
  private facets: Facet[] = [];
  private choice: FacetChoice = { chosen: {}, ranges: {}, hiddenClasses: [] };

  constructor(
    private readonly classNames: string[],
    private readonly actions: FacetActions,
  ) {
    this.ranges = new RangeFilters((field, range) => actions.setRange(field, range));
    this.element.append(this.values, this.ranges.element);
  }

  get isEmpty(): boolean {
    return this.facets.length === 0;
  }

  show(facets: Facet[], choice: FacetChoice): void {
    this.facets = facets;
    const { chosen, ranges, hiddenClasses } = choice;
    this.choice = { chosen, ranges, hiddenClasses };
    this.render();
  }

  showChoice(choice: FacetChoice): void {
    const { chosen, ranges, hiddenClasses } = this.choice;
    const isSame = chosen === choice.chosen && ranges === choice.ranges;
    if (isSame && hiddenClasses === choice.hiddenClasses) return;
    this.show(this.facets, choice);
  }

  private render(): void {
    const focused = (document.activeElement as HTMLElement | null)?.dataset['key'];
    const active = filterCount(this.choice);
    const clear = h('button', { type: 'button', class: 'quiet', hidden: active === 0 });
    clear.textContent = strings.clearFilters;
    clear.addEventListener('click', () => this.actions.clear());
    const rank = ({ field }: Facet) => (fieldOrder.indexOf(field) + 1 || 99) - 1;
    const groups = [...this.facets]
      .sort((a, b) => rank(a) - rank(b))
      .map((facet) => this.group(facet))
      .filter((group) => group !== null);
    this.values.replaceChildren(h('header', {}, h('h2', {}, strings.filters), clear), ...groups);
    this.ranges.show(this.facets, (field) => rangeOf(this.choice, field));
    const same = [...this.element.querySelectorAll<HTMLElement>('[data-key]')];
    if (focused) same.find(({ dataset }) => dataset['key'] === focused)?.focus();
  }

  private group(facet: Facet): HTMLElement | null {
    if (facet.type === 'number') return null;
    const { field, values } = facet;
    const chosen = this.choice.chosen[field] ?? [];
    const isChosen = ({ value }: FacetValue) => chosen.includes(value);
    const sorted = values
      .filter((entry) => entry.count > 0 || isChosen(entry))
      .sort((a, b) => b.count - a.count || a.value.localeCompare(b.value));
    const isOnly = sorted.length < 2 && chosen.length === 0 && facet.type === 'category';
    if (sorted.length === 0 || isOnly) return null;
    const all = this.open.has(field);
    const shown = sorted.filter((entry, index) => all || index < shownValues || isChosen(entry));
    const list = h('ul', {}, ...shown.map((entry) => this.row(field, entry, isChosen(entry))));
    const title = tidy(strings.facetTitle(field));
    return h(
      'fieldset',
      { class: `facet facet-${facet.type}` },
      h('legend', {}, title),
      list,
      sorted.length > shownValues && this.moreButton(field, sorted.length, all),
    );
  }

  private moreButton(field: string, total: number, all: boolean): HTMLButtonElement {
    const button = h('button', { type: 'button', class: 'quiet', 'data-key': `more ${field}` });
    button.textContent = all ? strings.showFewer : strings.showAll(total);
    button.setAttribute('aria-expanded', String(all));
    button.addEventListener('click', () => {
      if (all) this.open.delete(field);
      else this.open.add(field);
      this.render();
    });
    return button;
  }

  private row(field: string, { value, count }: FacetValue, chosen: boolean): HTMLLIElement {
    const box = h('input', { type: 'checkbox', 'data-key': `${field} ${value}` });
    box.checked = chosen;
    box.addEventListener('change', () => this.actions.toggle(field, value));
    const classId = field === 'class' ? this.classNames.indexOf(value) : -1;
    const row = h(
      'li',
      {},
      h(
        'label',
        {},
        box,
        classId >= 0 && swatch(classId),
        valueName(value),
        h('span', { class: 'count' }, String(count)),
      ),
    );
    if (classId >= 0) row.append(this.eyeButton(value));
    return row;
  }

  private eyeButton(className: string): HTMLButtonElement {
    const shown = !this.choice.hiddenClasses.includes(className);
    const label = strings.hideBoxesOf(tidy(className));
    const button = h('button', {
      type: 'button',
      class: 'eye',
      title: label,
      'aria-label': label,
      'aria-pressed': String(shown),
      'data-key': `eye ${className}`,
    });
    button.append(icon('eye'));
    button.addEventListener('click', () => this.actions.toggleClassBoxes(className));
    return button;
  }
}

function valueName(value: string): HTMLElement {
  const shown = shorten(value || strings.unnamedValue);
  return h('bdi', { class: 'value', title: shown === value ? null : tidy(value) }, shown);
}

function swatch(classId: number): SVGSVGElement {
  const line = svg('rect', { class: 'line', x: 3, y: 3, width: 18, height: 10 });
  return svg(
    'svg',
    { viewBox: '0 0 24 16', class: `swatch box ${classStyle(classId)}`, 'aria-hidden': 'true' },
    line,
  );
}
