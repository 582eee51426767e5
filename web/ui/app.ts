import { isAbort } from '../bundle/errors.js';
import type { SearchEngine } from '../engine/sightline.js';
import type { BoxXyxyPx, BundleInfo, Hit, ImageInfo, SearchResult } from '../core/types.js';
import type { BoxChoice } from './box_overlay.js';
import { engineQuery } from './engine_query.js';
import { EmptyResults } from './empty_results.js';
import { FacetPanel } from './facet_panel.js';
import { acceptImages } from './image_drop.js';
import { Lightbox } from './lightbox.js';
import type { Notices } from './notices.js';
import { PageLayout } from './page_layout.js';
import { ResultsGrid } from './results_grid.js';
import { SearchBox } from './search_box.js';
import type { Readable } from './search_box.js';
import { StandInNotice } from './stand_in_notice.js';
import { strings } from './strings.js';
import { firstEncoderChoice } from './text_encoder_choice.js';
import { ThumbnailImages } from './thumbnail_images.js';
import { Toolbar } from './toolbar.js';
import {
  filterOf,
  formatState,
  isListing,
  parseState,
  sameSearch,
  toggled,
  withRange,
} from './view_state.js';
import type { ViewState } from './view_state.js';

const typingPauseMs = 90;
// Where a bank answers what is typed first, the text model's bytes are not to be in the way of the
// images. A text that is not in the bank asks for the model at once.
const modelPauseMs = 2000;
const noFilter = { chosen: {}, ranges: {} };
const noQuery = { text: '', file: null, similarTo: null, region: null, showAll: false };

function readableBy(bundles: readonly BundleInfo[]): Readable {
  return {
    texts: bundles.some(
      ({ encoderBytes, phraseCount, examples }) =>
        encoderBytes.text > 0 || phraseCount > 0 || examples.length > 0,
    ),
    imageFiles: bundles.some(({ encoderBytes }) => encoderBytes.vision > 0),
  };
}

/** The page's one state and everything that follows from it. */
export class App {
  private state: ViewState;
  private search: AbortController | null = null;
  private typing: ReturnType<typeof setTimeout> | undefined;
  private readonly thumbnails: ThumbnailImages;
  private readonly box: SearchBox;
  private readonly toolbar: Toolbar;
  private readonly grid: ResultsGrid;
  private readonly facets: FacetPanel;
  private readonly lightbox: Lightbox;
  private readonly layout: PageLayout;
  private readonly standIn: StandInNotice;
  private readonly empty: EmptyResults;
  private readonly readable: Readable;
  private encoder = firstEncoderChoice();
  /** False while a text is being typed. */
  private settled = true;

  constructor(
    private readonly engine: SearchEngine,
    private readonly notices: Notices,
  ) {
    this.state = parseState(location.hash);
    this.thumbnails = new ThumbnailImages(engine);
    const showThumbnail = (picture: HTMLImageElement, image: ImageInfo, signal?: AbortSignal) =>
      void this.thumbnails.show(picture, image, signal);
    this.readable = readableBy(engine.bundles);
    this.box = new SearchBox(
      {
        type: (text, settled) => this.type(text, settled),
        prepare: () => void this.prepareText(),
        suggest: (text) => engine.suggest(text),
        chooseImage: (file) => this.searchByFile(file),
        clear: () => this.update(noQuery, true),
      },
      this.readable,
    );
    const classNames = engine.bundles.flatMap((bundle) => bundle.classNames);
    const hasBoxes = classNames.length > 0;
    this.toolbar = new Toolbar(
      {
        setCount: (k) => this.update({ k }, true),
        setMinRelevance: (minRelevance) => this.update({ minRelevance }),
        toggleBoxes: () => this.toggleBoxes(),
        toggleFilters: (shown) => this.layout.showFilters(shown),
      },
      { hasBoxes },
    );
    this.grid = new ResultsGrid(
      {
        linkTo: (hit) => formatState({ ...this.state, image: hit.imageId }) || '#',
        open: (hit) => this.update({ image: hit.imageId }, true),
        findSimilar: (hit) => this.findSimilar(hit.imageId, null),
        showThumbnail,
      },
      (key, hit) => this.gridKey(key, hit),
    );
    this.facets = new FacetPanel(classNames, {
      toggle: (field, value) => this.toggleFacet(field, value),
      setRange: (field, range) => this.update(withRange(this.state, field, range), true),
      toggleClassBoxes: (name) => this.toggleClassBoxes(name),
      clear: () => this.update(noFilter, true),
    });
    this.lightbox = new Lightbox({
      close: () => this.update({ image: null }),
      step: (step) => this.step(step),
      open: ({ imageId }) => this.update({ image: imageId }),
      toggleBoxes: () => this.toggleBoxes(),
      findSimilar: (imageId, region) => this.findSimilar(imageId, region),
      showThumbnail,
      // Of an image in no sequence nothing is asked: finding it by its id may be a large fetch.
      sequence: async (image) => (image.sequence ? engine.sequence(image.imageId) : [image]),
      hasBoxes: () => hasBoxes,
      canSearchRegions: () => engine.bundles.some(({ encoderBytes }) => encoderBytes.vision > 0),
    });
    this.standIn = new StandInNotice(this.textModelBytes, {
      loadModel: () => this.loadTextModel(),
      clear: () => this.update(noQuery, true),
    });
    this.empty = new EmptyResults({
      relax: () => this.update({ ...noFilter, minRelevance: 0 }, true),
      showAll: () => this.update({ showAll: true }, true),
      search: (text) => this.type(text, true),
    });
    this.layout = new PageLayout(engine, {
      notices,
      box: this.box.element,
      toolbar: this.toolbar.element,
      grid: this.grid.element,
      facets: this.facets.element,
      lightbox: this.lightbox.element,
      tryExample: (text) => this.type(text, true),
      standIn: this.standIn.element,
      empty: this.empty.element,
    });
  }

  start(): void {
    acceptImages((file) => this.searchByFile(file));
    addEventListener('popstate', () => this.follow(parseState(location.hash)));
    this.showState();
    void this.runSearch();
    void this.showLightbox();
  }

  /** Changes the state, the address and whatever depends on what changed. */
  private update(change: Partial<ViewState>, newHistoryEntry = false): void {
    const next = { ...this.state, ...change };
    const address = location.pathname + location.search + formatState(next);
    if (newHistoryEntry && formatState(next) !== formatState(this.state)) {
      history.pushState(null, '', address);
    } else {
      history.replaceState(null, '', address);
    }
    this.follow(next);
  }

  private follow(next: ViewState): void {
    const last = this.state;
    this.state = next;
    const boxesOf = ({ boxes, hiddenClasses }: ViewState) => [boxes, ...hiddenClasses].join('\n');
    if (boxesOf(last) !== boxesOf(next)) this.grid.drawBoxes(this.boxChoice());
    this.showState();
    if (!sameSearch(last, next)) void this.runSearch();
    const filterText = (state: ViewState) => JSON.stringify(filterOf(state));
    if (filterText(last) !== filterText(next)) void this.showFacets();
    if (last.image !== next.image) void this.showLightbox();
  }

  /** What of the state can be asked: no text where nothing reads it, as a link may want. */
  private get asked(): ViewState {
    return this.readable.texts ? this.state : { ...this.state, text: '' };
  }

  private showState(): void {
    const state = this.asked;
    const byImage = state.similarTo !== null || state.file !== null;
    this.box.showText(state.text);
    if (!byImage) this.box.showImage(null);
    this.toolbar.show(state, !isListing(state));
    this.facets.showChoice(state);
    this.layout.showQuery(state.text, byImage);
    if (this.lightbox.imageId !== null && state.image !== null) void this.showLightbox();
  }

  private boxChoice(): BoxChoice {
    return { shown: this.state.boxes, hiddenClasses: new Set(this.state.hiddenClasses) };
  }

  private type(input: string, settled: boolean): void {
    const text = input.trim();
    clearTimeout(this.typing);
    const change = () => {
      this.settled = settled;
      this.update({ ...noQuery, text }, settled);
    };
    if (text === this.state.text && !settled) return;
    // What was under way answers an older text; it must not appear any more.
    this.search?.abort();
    if (settled) change();
    else this.typing = setTimeout(change, typingPauseMs);
  }

  private get textModelBytes(): number {
    return this.engine.bundles.reduce((sum, { encoderBytes }) => sum + encoderBytes.text, 0);
  }

  private loadTextModel(): void {
    this.encoder = 'auto';
    void this.runSearch();
  }

  /** Suggestions first: they are small and wanted with the first letter. */
  private async prepareText(): Promise<void> {
    await this.engine.suggest('').catch(() => []);
    const hasBank = this.engine.bundles.every(({ phraseCount }) => phraseCount > 0);
    if (hasBank) await new Promise((resolve) => setTimeout(resolve, modelPauseMs));
    if (this.textModelBytes === 0 || this.encoder === 'none') return;
    // A failure is told when a search needs the encoder.
    await this.engine.warm('text').catch(() => this.notices.stopProgress());
  }

  private async runSearch(): Promise<void> {
    this.search?.abort();
    const controller = new AbortController();
    this.search = controller;
    const { signal } = controller;
    this.notices.clearError();
    this.layout.setBusy(true);
    try {
      const query = await engineQuery(this.asked, this.engine, this.thumbnails, this.box);
      signal.throwIfAborted();
      const { encoder, settled } = this;
      for await (const result of this.engine.search({ ...query, encoder, settled, signal })) {
        if (signal.aborted) return;
        this.showResult(result);
      }
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      this.grid.clear();
      this.standIn.hide();
      this.notices.fail(error, strings.retry, () => void this.runSearch());
      this.notices.say('');
    } finally {
      if (this.search === controller) this.layout.setBusy(false);
    }
  }

  private showResult(result: SearchResult): void {
    const { hits, complete, eligibleCount, timings } = result;
    const { asked } = this;
    const { text } = this.state;
    this.grid.show(result, this.boxChoice(), asked.text);
    if (text === asked.text) this.standIn.show(result, text);
    else this.standIn.showWordless(text);
    void this.showEmpty(result);
    if (!complete) return;
    if (this.facets.isEmpty) void this.showFacets();
    this.notices.say(
      hits.length === 0
        ? strings.nothingFound
        : isListing(asked)
          ? strings.browseStatus(hits.length, eligibleCount)
          : strings.resultStatus(hits.length, eligibleCount, timings.searchMs),
    );
  }

  private async showEmpty({ hits, complete, found, needsEncoder }: SearchResult): Promise<void> {
    this.empty.hide();
    const { text } = this.state;
    if (!complete || hits.length > 0 || needsEncoder) return;
    if (found) return this.empty.showFiltered();
    const nearest = await this.engine.suggest(text, { count: 3 }).catch(() => []);
    if (this.state.text === text) this.empty.showUnfit(text, nearest);
  }

  private async showFacets(): Promise<void> {
    const { chosen, ranges } = this.state;
    try {
      const facets = await this.engine.facets({ filter: filterOf(this.state) });
      if (chosen === this.state.chosen && ranges === this.state.ranges)
        this.facets.show(facets, this.state);
    } catch {
      // The search, which waits for the same bytes, tells what is wrong.
    }
  }

  private async showLightbox(): Promise<void> {
    const { image } = this.state;
    if (image === null) return this.lightbox.hide();
    const found = this.grid.hit(image) ?? (await this.engine.get([image]).catch(() => []))[0];
    if (this.state.image !== image) return;
    if (!found) return this.update({ image: null });
    const near = (step: 1 | -1) => this.grid.neighbor(image, step) !== null;
    this.lightbox.show(found, this.boxChoice(), near(-1), near(1));
  }

  private step(step: 1 | -1): void {
    const next = this.grid.neighbor(this.state.image ?? '', step);
    if (next) this.update({ image: next.imageId });
  }

  private gridKey(key: string, hit: Hit): void {
    if (key === 'b') this.toggleBoxes();
    if (key === 's') this.findSimilar(hit.imageId, null);
  }

  private findSimilar(imageId: string, region: BoxXyxyPx | null): void {
    this.update({ ...noQuery, similarTo: imageId, region, image: null }, true);
    scrollTo({ top: 0 });
  }

  private searchByFile(file: File): void {
    this.update({ ...noQuery, file, image: null });
  }

  private toggleBoxes(): void {
    this.update({ boxes: !this.state.boxes });
  }

  private toggleFacet(field: string, value: string): void {
    this.update({ chosen: toggled(this.state.chosen, field, value) }, true);
  }

  private toggleClassBoxes(name: string): void {
    const { hiddenClasses } = this.state;
    const isHidden = hiddenClasses.includes(name);
    const others = hiddenClasses.filter((other) => other !== name);
    this.update({ hiddenClasses: isHidden ? others : [...others, name] });
  }
}
