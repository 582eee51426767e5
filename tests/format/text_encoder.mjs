// The packed text encoder, written from native/FORMAT.md, section 15, alone. Slow and plain: every
// operation is rounded to float32 by itself.
import { ByteCursor, check } from './byte_cursor.mjs';

const f = Math.fround;
const constants = (...values) => values.map(f);

function halfToFloat(half) {
  const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023];
  check(exponent !== 31, 'a half that is not finite');
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const halves = (cursor, count) => cursor.list(count, 2, () => halfToFloat(cursor.u16()));
const floats = (cursor, count) => cursor.list(count, 4, cursor.f32);
const readNorm = (cursor, width) => ({
  gain: floats(cursor, width),
  bias: floats(cursor, width),
});

// A matrix with its integer weights spread out: rows of [columns].
function readMatrix(cursor, rows, columns) {
  const format = cursor.u8();
  cursor.u8();
  const inputMax = cursor.u16();
  check(cursor.u32() === rows && cursor.u32() === columns, 'matrix: another size');
  check(format === 4 || format === 8, `matrix: ${format} bits`);
  const scales = floats(cursor, rows);
  const bias = halves(cursor, rows);
  const blocks = columns / 32;
  const blockScales = format === 4 ? cursor.take(rows * blocks) : null;
  const codes = cursor.take((rows * columns * format) / 8);
  const weights = Array.from({ length: rows }, (_, row) =>
    Int32Array.from({ length: columns }, (_, column) => {
      const place = row * columns + column;
      if (format === 8) return (codes[place] << 24) >> 24;
      const block = row * blocks + (column >> 5);
      const pair = codes[block * 16 + (column & 15)];
      return (((column & 16) === 0 ? pair & 15 : pair >> 4) - 8) * blockScales[block];
    }),
  );
  return { inputMax, scales, bias, weights };
}

export function parseEnds(bytes, { width, contextLength, embeddingDim }) {
  const cursor = new ByteCursor(bytes, 'ends');
  const ends = {
    positions: halves(cursor, contextLength * width),
    norm: readNorm(cursor, width),
    projection: readMatrix(cursor, embeddingDim, width),
  };
  cursor.end();
  return ends;
}

export function parseLayer(bytes, { width, hiddenWidth }) {
  const cursor = new ByteCursor(bytes, 'layer');
  const layer = {
    attentionNorm: readNorm(cursor, width),
    queriesKeysValues: readMatrix(cursor, 3 * width, width),
    output: readMatrix(cursor, width, width),
    mlpNorm: readNorm(cursor, width),
    up: readMatrix(cursor, hiddenWidth, width),
    down: readMatrix(cursor, width, hiddenWidth),
  };
  cursor.end();
  return layer;
}

// One row of an object of tokens.
export function readToken(bytes, rowCount, row, width) {
  const cursor = new ByteCursor(bytes, 'tokens');
  const scales = floats(cursor, rowCount);
  const codes = cursor.take(rowCount * width);
  cursor.end();
  return Array.from({ length: width }, (_, i) => {
    const code = (codes[row * width + i] << 24) >> 24;
    return f(code * scales[row]);
  });
}

const expFactors = constants(
  ...[1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1],
  5.0000001201e-1,
);
function exp(value) {
  const x = Math.min(Math.max(value, -87), 88);
  const n = f(f(f(x * f(1.44269504)) + 12582912) - 12582912);
  const r = f(f(x - f(n * f(0.693359375))) - f(n * f(-2.1219444e-4)));
  const p = expFactors.reduce((sum, factor) => f(f(sum * r) + factor));
  return f(f(f(f(p * f(r * r)) + r) + 1) * 2 ** n);
}

const erfFactors = constants(1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592);
function erf(x) {
  const t = f(1 / f(1 + f(f(0.3275911) * Math.abs(x))));
  const p = erfFactors.reduce((sum, factor) => f(f(sum * t) + factor));
  const value = f(1 - f(f(p * t) * exp(-f(x * x))));
  return x < 0 ? -value : value;
}

const activations = {
  1: (x) => f(x / f(1 + exp(f(f(-1.702) * x)))),
  2: (x) => f(f(0.5 * x) * f(1 + erf(f(x * f(0.70710678))))),
};

function sum(count, term) {
  const lanes = new Float32Array(16);
  for (let i = 0; i < count; ++i) lanes[i % 16] += term(i);
  for (let width = 8; width >= 1; width /= 2) {
    for (let i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

function normalize(row, { gain, bias }, epsilon) {
  const scale = f(1 / row.length);
  const mean = f(sum(row.length, (i) => row[i]) * scale);
  const centred = row.map((value) => f(value - mean));
  const variance = f(sum(row.length, (i) => f(centred[i] * centred[i])) * scale);
  const inverse = f(1 / f(Math.sqrt(f(variance + epsilon))));
  return centred.map((value, i) => f(f(f(value * inverse) * gain[i]) + bias[i]));
}

function multiply({ inputMax, scales, bias, weights }, input) {
  const largest = input.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const inverse = largest > 0 ? f(inputMax / largest) : 0;
  const codes = input.map((value) => {
    const u = Math.min(Math.max(f(value * inverse), -inputMax), inputMax);
    return f(f(u + 12582912) - 12582912);
  });
  const inputScale = f(largest / inputMax);
  return weights.map((row, r) => {
    const total = codes.reduce((all, code, i) => all + code * row[i], 0);
    return f(f(f(total) * f(scales[r] * inputScale)) + bias[r]);
  });
}

function attend(query, keys, values, headCount) {
  const dim = query.length / headCount;
  const scale = f(1 / f(Math.sqrt(dim)));
  const mixed = [];
  for (let begin = 0; begin < query.length; begin += dim) {
    const scores = keys.map((key) =>
      f(sum(dim, (i) => f(query[begin + i] * key[begin + i])) * scale),
    );
    const most = Math.max(...scores);
    const exps = scores.map((score) => exp(f(score - most)));
    const total = exps.reduce((all, value) => f(all + value), 0);
    const weights = exps.map((value) => f(value / total));
    for (let i = begin; i < begin + dim; ++i) {
      mixed.push(values.reduce((all, value, j) => f(all + f(weights[j] * value[i])), 0));
    }
  }
  return mixed;
}

const add = (a, b) => a.map((value, i) => f(value + b[i]));

// tokens: the rows of the ids up to the end token.
export function embed(shape, ends, layers, tokens) {
  const { width, headCount, normEpsilon } = shape;
  let rows = tokens.map((token, t) =>
    token.map((value, i) => f(value + ends.positions[t * width + i])),
  );
  for (const layer of layers) {
    const joined = rows.map((row) =>
      multiply(layer.queriesKeysValues, normalize(row, layer.attentionNorm, normEpsilon)),
    );
    const keys = joined.map((row) => row.slice(width, 2 * width));
    const values = joined.map((row) => row.slice(2 * width));
    rows = rows.map((row, t) => {
      const seen = [keys.slice(0, t + 1), values.slice(0, t + 1)];
      const mixed = attend(joined[t].slice(0, width), ...seen, headCount);
      const middle = add(row, multiply(layer.output, mixed));
      const hidden = multiply(layer.up, normalize(middle, layer.mlpNorm, normEpsilon));
      return add(middle, multiply(layer.down, hidden.map(activations[shape.activation])));
    });
  }
  const y = multiply(ends.projection, normalize(rows.at(-1), ends.norm, normEpsilon));
  const inverse = f(1 / f(Math.sqrt(sum(y.length, (i) => f(y[i] * y[i])))));
  return Float32Array.from(y, (value) => {
    const scaled = f(f(value * inverse) * 32767);
    return f(Math.trunc(f(scaled + (scaled < 0 ? -0.5 : 0.5))) / 32767);
  });
}
