import { h, icon, iconButton } from './dom.js';
import { percent, strings } from './strings.js';
import { applyTheme, currentTheme, nextTheme } from './theme.js';
import { filterCount, resultCounts } from './view_state.js';
import type { ViewState } from './view_state.js';

interface ToolbarActions {
  setCount(k: number): void;
  setMinRelevance(value: number): void;
  toggleBoxes(): void;
  toggleFilters(shown: boolean): void;
}

/** How many, how relevant, boxes or not. */
export class Toolbar {
  readonly element = h('div', { class: 'toolbar' });
  private readonly count = h('select', { id: 'count' });
  private readonly range = h('input', {
    type: 'range',
    id: 'least',
    min: 0,
    max: 1,
    step: 0.01,
  });
  private readonly rangeValue = h('output', { for: 'least' });
  private readonly boxes = h('button', {
    type: 'button',
    class: 'toggle',
    title: strings.boxesHint,
  });
  private readonly filters = h('button', {
    type: 'button',
    class: 'toggle filters-toggle',
    'aria-controls': 'facets',
    'aria-expanded': 'false',
  });

  constructor(
    private readonly actions: ToolbarActions,
    { hasBoxes }: { hasBoxes: boolean },
  ) {
    this.count.append(...resultCounts.map((k) => h('option', { value: k }, String(k))));
    this.count.addEventListener('change', () => actions.setCount(Number(this.count.value)));
    this.range.addEventListener('input', () => {
      this.rangeValue.textContent = percent(Number(this.range.value));
      actions.setMinRelevance(Number(this.range.value));
    });
    this.boxes.hidden = !hasBoxes;
    this.boxes.append(icon('boxes'), strings.boxes);
    this.boxes.addEventListener('click', () => actions.toggleBoxes());
    this.filters.addEventListener('click', () => {
      const shown = this.filters.getAttribute('aria-expanded') !== 'true';
      this.filters.setAttribute('aria-expanded', String(shown));
      this.actions.toggleFilters(shown);
    });
    this.element.append(
      this.filters,
      this.boxes,
      h('label', { class: 'setting' }, strings.howMany, this.count),
      h('label', { class: 'setting least' }, strings.atLeast, this.range, this.rangeValue),
    );
  }

  show(state: ViewState, bySimilarity: boolean): void {
    const { k, minRelevance, boxes } = state;
    if (![...this.count.options].some(({ value }) => value === String(k))) {
      this.count.append(h('option', { value: k }, String(k)));
    }
    this.count.value = String(k);
    this.range.value = String(minRelevance);
    this.range.disabled = !bySimilarity;
    this.rangeValue.textContent = percent(minRelevance);
    this.boxes.setAttribute('aria-pressed', String(boxes));
    const active = filterCount(state);
    const text = active > 0 ? strings.filtersActive(active) : strings.filters;
    this.filters.replaceChildren(icon('filter'), text);
  }
}

export function themeButton(): HTMLButtonElement {
  let theme = currentTheme();
  const button = iconButton('theme', strings.theme[theme], () => {
    theme = nextTheme(theme);
    applyTheme(theme);
    button.title = strings.theme[theme];
    button.setAttribute('aria-label', strings.theme[theme]);
  });
  return button;
}
