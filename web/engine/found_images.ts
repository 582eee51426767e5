import type { BundleSession } from './bundle_session.js';
import type { CoreHits } from '../core/core_types.js';
import { toImageInfo } from './image_infos.js';
import type { BoxXyxyPx, Hit } from '../core/types.js';

const partialPauseMs = 40;
const viewKinds = ['whole', 'tile', 'crop'] as const;

/** A hit whose record is not there yet. */
export interface Found {
  bundle: number;
  image: number;
  similarity: number | null;
  relevance: number | null;
  view: Hit['view'];
}

/** The hits of one bundle, and whether the query fits its images at all. */
export interface Answer {
  hits: Found[];
  found: boolean;
}
export function toAnswer(hits: CoreHits, bundle: number): Answer {
  const found = Array.from(hits.images, (image, index): Found => ({
    bundle,
    image,
    similarity: hits.similarities[index]!,
    relevance: hits.relevances[index] ?? null,
    view: {
      kind: viewKinds[hits.viewKinds[index]!] ?? 'whole',
      boxXyxyPx: [...hits.boxesXyxyPx.subarray(index * 4, index * 4 + 4)] as BoxXyxyPx,
    },
  }));
  return { hits: found, found: hits.found };
}

/** About as many images as are seen at once. */
export const seenAtOnce = 16;

/**
 * Reports the best hits as soon as their records are there, in order and without gaps. Those from
 * `patientFrom` on may come behind what a visitor sees at once.
 */
export async function fillRecords(
  sessions: BundleSession[],
  found: Found[],
  signal: AbortSignal,
  onMore: (hits: Hit[]) => void,
  patientFrom = Infinity,
): Promise<Hit[]> {
  const hits: (Hit | undefined)[] = found.map(() => undefined);
  let reported = 0;
  let reportedAt = performance.now();
  const report = () => {
    const gap = hits.indexOf(undefined);
    const tooSoon = performance.now() - reportedAt < partialPauseMs;
    if (gap <= reported || tooSoon || signal.aborted) return;
    reported = gap;
    reportedAt = performance.now();
    onMore(hits.slice(0, gap) as Hit[]);
  };
  await Promise.all(
    found.map(async ({ bundle, image, similarity, relevance, view }, index) => {
      const session = sessions[bundle]!;
      const record = await session.records.record(image, { isPatient: index >= patientFrom });
      const info = toImageInfo(record, session, bundle);
      const whole: BoxXyxyPx = [0, 0, info.widthPx, info.heightPx];
      const shown = view.boxXyxyPx.length === 4 ? view : { ...view, boxXyxyPx: whole };
      hits[index] = { ...info, similarity, relevance, view: shown };
      report();
    }),
  );
  signal.throwIfAborted();
  return hits as Hit[];
}
