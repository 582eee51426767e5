// What all benchmarks share: where they write, how they run programs, how they print.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(fileURLToPath(import.meta.url), '../../..');
export const folder = join(root, 'build/bench');

// "Intel(R) …, 2 cores, 8 GB, Linux 6.1, Node 20.19.0"
export function machine() {
  const [cpu] = os.cpus();
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GB`;
  const system = `${os.type()} ${os.release()}`;
  return [cpu.model, `${os.cpus().length} cores`, memory, system, `Node ${process.versions.node}`]
    .map((part) => part.trim())
    .join(', ');
}

// Runs a program and returns what it printed; what it says on stderr is passed on where asked.
export function run(program, args, { showProgress = false } = {}) {
  if (program !== process.execPath && !existsSync(program)) {
    throw new Error(`no ${program}; run npm run build, or npm test for the benchmark programs`);
  }
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', showProgress ? 'inherit' : 'pipe'],
  });
  if (error) throw error;
  if (status !== 0) {
    throw new Error(
      `${program} ${args.slice(0, 2).join(' ')}: ${status ?? signal}\n${stderr ?? ''}`,
    );
  }
  return stdout;
}

// Prints rows of strings below a heading, the first column to the left.
export function printTable(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  for (const row of rows) {
    const cells = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
    );
    console.log(cells.join('  ').trimEnd());
  }
}

// The same rows as a table of README.md.
export function printMarkdown(rows) {
  const widths = rows[0].map((_, i) => Math.max(3, ...rows.map((row) => row[i].length)));
  const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  console.log([line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n'));
}

// What the benchmark programs print: one JSON object a line.
export const readLines = (text) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

// A command held to one core where the system can: [program, arguments].
export function oneCore([program, ...args]) {
  const taskset = '/usr/bin/taskset';
  return existsSync(taskset) ? [taskset, ['-c', '0', program, ...args]] : [program, args];
}

export function writePlot(name, svg) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.svg`);
  writeFileSync(path, svg);
  console.log(`\ndrawn in ${path}`);
}

export function writeResult(name, result) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.json`);
  writeFileSync(path, `${JSON.stringify({ machine: machine(), ...result }, null, 2)}\n`);
  console.log(`\nwritten to ${path}`);
}
