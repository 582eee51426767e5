import type { Source } from '../bundle/source.js';
import { fetchChecked } from './checked_objects.js';
import type { Core, CoreRecord, ObjectRef, Searcher } from './core_types.js';

const keptPieces = 256;

/** Records of images, fetched piece by piece; the pieces used last stay. */
export class RecordStore {
  private readonly pieces = new Map<string, Promise<CoreRecord[]>>();

  constructor(
    private readonly core: Core,
    private readonly source: Source,
    private readonly searcher: Searcher,
  ) {}

  async record(image: number): Promise<CoreRecord> {
    const { piece, position } = this.searcher.findRecord(image);
    return (await this.piece(piece))[position]!;
  }

  /** Not abortable: another search may wait for the same piece. */
  piece(ref: ObjectRef): Promise<CoreRecord[]> {
    const known = this.pieces.get(ref.name);
    const records =
      known ??
      fetchChecked(this.source, ref, (stored) =>
        this.core.readRecords(this.core.unpackObject(ref, stored)),
      );
    this.pieces.delete(ref.name);
    this.pieces.set(ref.name, records);
    if (!known) records.catch(() => this.pieces.delete(ref.name));
    if (this.pieces.size > keptPieces) this.pieces.delete(this.pieces.keys().next().value!);
    return records;
  }
}
