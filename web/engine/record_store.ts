import type { Source } from '../bundle/source.js';
import { fetchChecked } from '../core/checked_objects.js';
import type { ObjectRef } from '../bundle/object_ref.js';
import type { Core, CoreRecord, Searcher } from '../core/core_types.js';

// More than one search of a paged bundle refines.
const keptPieces = 1024;

/** Records of images, fetched piece by piece; the pieces used last stay. */
export class RecordStore {
  private readonly pieces = new Map<string, Promise<CoreRecord[]>>();
  /** Ends the patience of a piece that is on its way. */
  private readonly hurries = new Map<string, () => void>();

  constructor(
    private readonly core: Core,
    private readonly source: Source,
    private readonly searcher: Searcher,
    private readonly add: (objects: ObjectRef[]) => Promise<void>,
  ) {}

  /** isPatient: it may come behind what a visitor sees at once. */
  async record(image: number, { isPatient = false } = {}): Promise<CoreRecord> {
    await this.add(this.searcher.missingForRecord(image));
    const { piece, position } = this.searcher.findRecord(image);
    return (await this.piece(piece, isPatient))[position]!;
  }

  /** Keeps the records of a piece that was fetched for its codes. */
  offer(ref: ObjectRef, stored: Uint8Array): void {
    const records = Promise.resolve(stored).then(() =>
      this.core.readRecords(ref, this.core.unpackObject(ref, stored)),
    );
    records.catch(() => this.pieces.delete(ref.name));
    this.keep(ref.name, records);
  }

  private keep(name: string, records: Promise<CoreRecord[]>): void {
    this.pieces.delete(name);
    this.pieces.set(name, records);
    if (this.pieces.size > keptPieces) this.pieces.delete(this.pieces.keys().next().value!);
  }

  /** Not abortable: another search may wait for the same piece. */
  piece(ref: ObjectRef, isPatient = false): Promise<CoreRecord[]> {
    const { name } = ref;
    if (!isPatient) this.hurries.get(name)?.();
    const known = this.pieces.get(name);
    const records = known ?? this.fetchPiece(ref, isPatient);
    this.keep(name, records);
    if (!known) records.catch(() => this.pieces.delete(name));
    return records;
  }

  private fetchPiece(ref: ObjectRef, isPatient: boolean): Promise<CoreRecord[]> {
    const later = isPatient
      ? new Promise<void>((resolve) => this.hurries.set(ref.name, resolve))
      : undefined;
    return fetchChecked(
      this.source,
      ref,
      (stored) => this.core.readRecords(ref, this.core.unpackObject(ref, stored)),
      { later },
    ).finally(() => this.hurries.delete(ref.name));
  }
}
