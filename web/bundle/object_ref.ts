/** An immutable object of a bundle, as the core names it (`native/bundle/object_ref.h`). */
export interface ObjectRef {
  /** Relative to the bundle, e.g. `objects/ab/abcd….codes`. */
  name: string;
  kind: number;
  compression: number;
  storedBytes: number;
  rawBytes: number;
  sha256: string;
}
