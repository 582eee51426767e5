import { SightlineError } from '../bundle/errors.js';
import type { GetOptions } from '../bundle/source.js';
import { publishedFile } from '../encoder/model_file.js';
import { packedEncoderObjects, tokenDirectory } from '../encoder/packed_text_encoder.js';
import { ortWasmUrl, readAsset } from '../core/asset_files.js';
import type { BundleSession } from './bundle_session.js';
import { fetchChecked, storedBytes } from '../core/checked_objects.js';
import type { ObjectRef } from '../bundle/object_ref.js';
import { LoadingReport } from '../core/loading.js';
import type { OnLoading } from '../core/loading.js';
import type { DownloadState } from '../core/types.js';

/** So much is read to tell a visitor the size of a download. */
const maxRecordsBytes = 512 << 10;
const lockName = 'sightline-download';

/** Keeps whole bundles for a time without network: what is kept already is not fetched again. */
export class BundleDownload {
  constructor(
    private readonly sessions: BundleSession[],
    private readonly onLoading: OnLoading,
  ) {}

  /** What of the bundles is kept here. */
  static async state(sessions: BundleSession[]): Promise<DownloadState> {
    const state = { storedBytes: 0, totalBytes: 0, isLowerBound: false, complete: true };
    for (const session of sessions) {
      // What names further objects: too much of it is not read just to tell a size, and nothing of a
      // text model, which the visitor may not want.
      const { records, indexes } = session.root;
      const listing = [...records, ...indexes.flatMap(({ cells }) => cells)];
      const kept = await keptNames(session);
      const isKept = ({ name }: ObjectRef) => kept.has(name);
      const readsRecords = storedBytes(listing) <= maxRecordsBytes || listing.every(isKept);
      const readsTokens = tokenDirectory(session.textEncoder).every(isKept);
      const objects = readsRecords
        ? await allObjects(session, { readsTokens })
        : coreObjects(session);
      const there = objects.filter(({ name }) => kept.has(name));
      state.totalBytes += storedBytes(objects);
      state.storedBytes += storedBytes(there);
      const isWhole = readsRecords && readsTokens;
      state.isLowerBound ||= !isWhole;
      state.complete &&= isWhole && there.length === objects.length;
    }
    return state;
  }

  /** One tab at a time; rejects with `busy` in the others. */
  run(signal: AbortSignal): Promise<DownloadState> {
    const locks = globalThis.navigator?.locks;
    if (!locks) return this.fetchAll(signal);
    return locks.request(lockName, { ifAvailable: true }, (lock) => {
      if (!lock) throw new SightlineError('busy', 'another tab is downloading already');
      return this.fetchAll(signal);
    }) as unknown as Promise<DownloadState>;
  }

  private async fetchAll(signal: AbortSignal): Promise<DownloadState> {
    await globalThis.navigator?.storage?.persist?.().catch(() => false);
    await this.checkSpace();
    const lists = await Promise.all(this.sessions.map((session) => allObjects(session)));
    const report = new LoadingReport('download', storedBytes(lists.flat()), this.onLoading);
    if (this.sessions.some(needsOnnxRuntime)) {
      await readAsset(ortWasmUrl(), { keep: true, signal });
    }
    for (const [index, session] of this.sessions.entries()) {
      const kept = await keptNames(session);
      const keep = (ref: ObjectRef) =>
        keepObject(session, ref, kept, { signal, onBytes: report.file() });
      await Promise.all(lists[index]!.map(keep));
    }
    const state = await BundleDownload.state(this.sessions);
    report.finish();
    if (!state.complete) {
      throw new SightlineError(
        'too_large',
        'the browser refuses to store all of it; free some space or allow storage for this site',
      );
    }
    return state;
  }

  private async checkSpace(): Promise<void> {
    const wanted = this.sessions.reduce(
      (sum, session) => sum + session.info().encoderBytes.text,
      0,
    );
    const { quota, usage } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
    if (quota !== undefined && usage !== undefined && quota - usage < wanted) {
      throw new SightlineError('too_large', 'there is too little space left in the browser');
    }
  }
}

/** What is kept already is read from there, and so checked again. */
async function keepObject(
  { core, source }: BundleSession,
  ref: ObjectRef,
  kept: Set<string>,
  options: GetOptions,
): Promise<void> {
  const check = (bytes: Uint8Array) => {
    core.unpackObject(ref, bytes);
    return bytes;
  };
  const stored = await fetchChecked(source, ref, check, options);
  if (!kept.has(ref.name)) await source.keep?.(ref.name, stored);
}

async function keptNames({ source }: BundleSession): Promise<Set<string>> {
  return (await source.keptNames?.()) ?? new Set();
}

function needsOnnxRuntime({ root, textEncoder }: BundleSession): boolean {
  const { model } = root;
  const readsTexts = !textEncoder && publishedFile(model, 'text') !== undefined;
  return readsTexts || publishedFile(model, 'vision') !== undefined;
}

/** Of two encoders of text, the one that is used. */
function coreObjects({ root, rootRef, indexObjects, textEncoder }: BundleSession): ObjectRef[] {
  const paged = root.indexes.flatMap(({ cells, transform }) => [...cells, ...transform]);
  const { model, records, facetObjects, examples, suggestions } = root;
  const text = textEncoder?.allObjects() ?? publishedFile(model, 'text')?.parts ?? [];
  const vision = publishedFile(model, 'vision')?.parts ?? [];
  const index = [...indexObjects, ...paged, ...facetObjects];
  const shown = [...examples, ...suggestions, ...records];
  return [rootRef, ...index, ...shown, ...model.tokenizer, ...text, ...vision];
}

/** What the cells of a paged index refer to. */
async function cellPieces({ core, source, root }: BundleSession): Promise<ObjectRef[]> {
  const cells = root.indexes.flatMap((index) => index.cells);
  const read = (ref: ObjectRef) =>
    fetchChecked(source, ref, (stored) => core.readCellPieces(core.unpackObject(ref, stored)));
  return (await Promise.all(cells.map(read))).flat();
}

/**
 * The phrase bank, where no text model answers without network. Otherwise its pages are kept as they
 * are asked for, and the model answers the other phrases.
 */
async function bankPages({ core, source, root, texts }: BundleSession): Promise<ObjectRef[]> {
  if (texts.hasEncoder) return [];
  const pages = root.phraseDirectories.map((ref) =>
    fetchChecked(source, ref, (stored) => core.readPhrasePages(core.unpackObject(ref, stored))),
  );
  return [...root.phraseDirectories, ...(await Promise.all(pages)).flat()];
}

/** Every object of the bundle once; reads all records, for they name the thumbnails. */
async function allObjects(
  session: BundleSession,
  { readsTokens = true } = {},
): Promise<ObjectRef[]> {
  const { source, textEncoder } = session;
  if (textEncoder && readsTokens) await packedEncoderObjects(source, textEncoder);
  const objects = new Map(coreObjects(session).map((ref) => [ref.name, ref]));
  for (const ref of await bankPages(session)) objects.set(ref.name, ref);
  for (const ref of await cellPieces(session)) objects.set(ref.name, ref);
  const pieces = await Promise.all(session.root.records.map((ref) => session.records.piece(ref)));
  const gone = new Set(session.root.removed);
  pieces.flat().forEach(({ thumbnail }, image) => {
    if (thumbnail && !gone.has(image)) objects.set(thumbnail.object.name, thumbnail.object);
  });
  return [...objects.values()];
}
