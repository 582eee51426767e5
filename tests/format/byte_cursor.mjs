// Little-endian reading with bounds (native/FORMAT.md, section 1).

export class FormatError extends Error {}

export function check(condition, message) {
  if (!condition) throw new FormatError(message);
}

export class ByteCursor {
  constructor(bytes, part) {
    this.bytes = bytes;
    this.part = part;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = 0;
  }
  get remaining() {
    return this.bytes.length - this.offset;
  }
  take(size) {
    check(size <= this.remaining, `${this.part}: the bytes end at ${this.bytes.length}`);
    this.offset += size;
    return this.bytes.subarray(this.offset - size, this.offset);
  }
  number(size, method) {
    this.take(size);
    return this.view[method](this.offset - size, true);
  }
  u8 = () => this.number(1, 'getUint8');
  u16 = () => this.number(2, 'getUint16');
  u32 = () => this.number(4, 'getUint32');
  u64 = () => this.number(8, 'getBigUint64');
  f32 = () => this.number(4, 'getFloat32');
  f64 = () => this.number(8, 'getFloat64');
  string = () => new TextDecoder().decode(this.take(this.u16()));
  // count values; elementBytes is the least that each takes, so that a hostile count allocates nothing.
  list(count, elementBytes, read) {
    check(count * elementBytes <= this.remaining, `${this.part}: ${count} values do not fit`);
    return Array.from({ length: count }, read);
  }
  end() {
    check(this.remaining === 0, `${this.part}: ${this.remaining} bytes follow the end`);
  }
}
