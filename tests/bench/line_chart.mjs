// Draws curves as plain SVG: light background, one colour a series, names at the right.

const width = 950;
const height = 470;
const plot = { left: 76, right: 590, top: 74, bottom: 400 };
const font = 'font-family="system-ui, -apple-system, Segoe UI, sans-serif"';
// Ours first and strong; the others in quieter colours that differ in lightness too.
const ours = ['#c2410c', '#9333ea', '#be185d'];
const theirs = ['#1d4ed8', '#0f766e', '#64748b', '#a16207', '#0891b2', '#4d7c0f', '#7c7c7c'];
const dashes = ['', '6 3', '2 3', '8 3 2 3'];

const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const label = (x, y, text, extra = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${font} ${extra}>${escaped(text)}</text>`;

// Of the finest steps that leave room between the labels.
function logTicks(min, max) {
  const ticks = (steps) => {
    const found = [];
    for (let power = Math.floor(Math.log10(min)); 10 ** power <= max; ++power) {
      found.push(...steps.map((step) => Number((step * 10 ** power).toPrecision(2))));
    }
    return found.filter((tick) => tick >= min * 0.999 && tick <= max * 1.001);
  };
  const choices = [[1, 1.5, 2, 3, 4, 5, 7], [1, 2, 5], [1, 3], [1]].map(ticks);
  return choices.find(({ length }) => length <= 10) ?? choices.at(-1);
}

// One chart. axes: x {label, min, max, ticks, format?}, y {label, format?}, logarithmic.
// series: [{name, ours, points: [[x, y]]}], ours come first; points left of x.min are not drawn, and
// whose are all there is named with `absent` beside it.
export function lineChart({ title, subtitle, x, y, series, absent = 'not on the chart' }) {
  const seen = series
    .map((one) => ({ ...one, points: one.points.filter(([at]) => at >= x.min && at <= x.max) }))
    .sort((a, b) => Number(b.ours) - Number(a.ours));
  const values = seen.flatMap(({ points }) => points.map(([, value]) => value));
  const low = Math.min(...values) / 1.25;
  const high = Math.max(...values) * 1.25;
  const toX = (value) => plot.left + ((value - x.min) / (x.max - x.min)) * (plot.right - plot.left);
  const toY = (value) =>
    plot.bottom - (Math.log(value / low) / Math.log(high / low)) * (plot.bottom - plot.top);
  const show = (axis, value) => (axis.format ? axis.format(value) : value.toLocaleString('en'));

  const parts = [
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    label(24, 30, title, 'font-size="17" font-weight="600" fill="#111827"'),
    label(24, 51, subtitle, 'font-size="12" fill="#4b5563"'),
  ];
  for (const tick of logTicks(low, high)) {
    const at = toY(tick);
    parts.push(
      `<line x1="${plot.left}" x2="${plot.right}" y1="${at.toFixed(1)}" y2="${at.toFixed(1)}" stroke="#e5e7eb"/>`,
      label(
        plot.left - 8,
        at + 4,
        show(y, tick),
        'font-size="12" text-anchor="end" fill="#374151"',
      ),
    );
  }
  for (const tick of x.ticks) {
    const at = toX(tick);
    parts.push(
      `<line x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${plot.top}" y2="${plot.bottom}" stroke="#f1f3f5"/>`,
      label(
        at,
        plot.bottom + 18,
        show(x, tick),
        'font-size="12" text-anchor="middle" fill="#374151"',
      ),
    );
  }
  parts.push(
    `<path d="M${plot.left} ${plot.top}V${plot.bottom}H${plot.right}" fill="none" stroke="#9ca3af"/>`,
    label(
      (plot.left + plot.right) / 2,
      plot.bottom + 42,
      x.label,
      'font-size="13" text-anchor="middle" fill="#111827"',
    ),
    `<text transform="translate(18 ${(plot.top + plot.bottom) / 2}) rotate(-90)" ${font} font-size="13" text-anchor="middle" fill="#111827">${escaped(y.label)}</text>`,
  );

  const counts = { ours: 0, theirs: 0 };
  seen.forEach((one, i) => {
    const side = one.ours ? 'ours' : 'theirs';
    const palette = one.ours ? ours : theirs;
    const colour = palette[counts[side] % palette.length];
    // Ours may lie on one another; of the others there may be more than colours.
    const turn = one.ours ? counts.ours : Math.floor(counts.theirs / palette.length);
    const dash = dashes[turn % dashes.length];
    ++counts[side];
    const stroke = `stroke="${colour}" stroke-width="${one.ours ? 3.2 : 1.8}" stroke-dasharray="${dash}"`;
    const row = plot.top + 10 + i * 22;
    if (one.points.length === 0) {
      parts.push(label(644, row + 4, `${one.name}: ${absent}`, 'font-size="13" fill="#6b7280"'));
      return;
    }
    const path = one.points
      .map(([at, value], n) => `${n ? 'L' : 'M'}${toX(at).toFixed(1)} ${toY(value).toFixed(1)}`)
      .join('');
    parts.push(`<path d="${path}" fill="none" ${stroke} stroke-linejoin="round"/>`);
    for (const [at, value] of one.points) {
      parts.push(
        `<circle cx="${toX(at).toFixed(1)}" cy="${toY(value).toFixed(1)}" r="${one.ours ? 3.8 : 3}" fill="${colour}"/>`,
      );
    }
    parts.push(
      `<path d="M612 ${row}h24" ${stroke}/>`,
      `<circle cx="624" cy="${row}" r="3" fill="${colour}"/>`,
      label(
        644,
        row + 4,
        one.name,
        `font-size="13" fill="#111827" ${one.ours ? 'font-weight="600"' : ''}`,
      ),
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">\n${parts.join('\n')}\n</svg>\n`;
}
