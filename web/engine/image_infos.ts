import type { BundleSession } from './bundle_session.js';
import type { CoreRecord } from '../core/core_types.js';
import type { BoxXyxyPx, ImageInfo } from '../core/types.js';

/** A record with the names and addresses its bundle gives it. */
export function toImageInfo(record: CoreRecord, session: BundleSession, bundle: number): ImageInfo {
  const { classNames, datasets } = session.root;
  const dataset = datasets[record.dataset];
  const { thumbnail, detections, dataset: _, mediaUrl: __, ...rest } = record;
  return {
    ...rest,
    bundle,
    dataset: dataset?.slug ?? '',
    licence: dataset?.licence ?? '',
    mediaUrl: mediaUrl(record, dataset?.mediaBaseUrl ?? '', session),
    thumbnail: thumbnail && { ...thumbnail, bundle },
    detections: detections.map(({ classId, confidence, boxXyxyPx }) => ({
      classId,
      className: classNames[classId] ?? `#${classId}`,
      confidence,
      boxXyxyPx: boxXyxyPx as BoxXyxyPx,
    })),
  };
}

/** Only web addresses: what a bundle says must never become a script. */
function mediaUrl(record: CoreRecord, base: string, session: BundleSession): string | null {
  const path = record.path.split('/').map(encodeURIComponent).join('/');
  const written = record.mediaUrl || (base && base + path);
  const manifest = session.source.urlOf?.('manifest.json');
  if (!written) return null;
  try {
    const url = manifest ? new URL(written, manifest) : new URL(written);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
  } catch {
    return null;
  }
}
