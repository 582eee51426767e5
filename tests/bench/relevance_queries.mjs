// Queries that fit rendered streets, and queries that fit nothing. Made by other rules and seeds than
// those the indexer calibrates with (indexer/phrases/nonsense_phrases.cpp).
import { answerableQueries } from './streets_queries.mjs';

const eachKind = 50;

function dice(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const pickFrom = (roll) => (items) => items[roll(items.length)];
const times = (count, make) => Array.from({ length: count }, make);

const keyRows = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'];
const offTopic =
  `a bowl of soup|chocolate cake recipe|income tax form|quantum field theory|penguins on ice
  |grand piano concert|stock market crash|how to cook pasta|wedding dress|kubernetes cluster|roman emperor
  |love letter|cells under a microscope|a plate of sushi|tropical island|elephants in the savanna
  |astronaut on the moon|chess board|ballet dancer|medieval castle|bedroom with a lamp|newborn baby
  |giraffe|submarine|violin lesson|laptop on a desk|cup of coffee|birthday party|fireworks|waterfall
  |volcano eruption|poker cards|dentist|goldfish|strawberry jam|spreadsheet|python programming
  |mortgage rates|philosophy of mind|electric guitar|jellyfish|solar eclipse|kitchen sink|cathedral organ
  |knitting pattern|pirate ship|the meaning of life|orchestra|dinosaur skeleton|cheese and wine`
    .split('|')
    .map((text) => text.trim());

/** [{kind, text}], 50 of each kind. */
export function nonsenseQueries() {
  const roll = dice(20_260_411);
  const pick = pickFrom(roll);
  const mash = () => {
    const row = pick(keyRows);
    return times(4 + roll(7), () => pick([...row])).join('');
  };
  const syllable = () =>
    pick([...'bdfgklmnprstvz']) + pick([...'aeiou']) + pick(['', '', 'n', 'x', 'rt']);
  const invented = () => times(2 + roll(3), syllable).join('');
  const signs = () =>
    pick([
      () => times(3 + roll(8), () => roll(10)).join(''),
      () => times(3 + roll(6), () => pick([...'!?#$%&*+/=@^~'])).join(''),
      () => times(2 + roll(5), () => String.fromCodePoint(0x3042 + roll(80))).join(''),
      () => times(1 + roll(3), () => String.fromCodePoint(0x1f600 + roll(70))).join(''),
      () => times(3 + roll(5), () => String.fromCodePoint(0x430 + roll(32))).join(''),
    ])();
  const phrase = (make) => times(1 + roll(3), make).join(' ');
  return [
    ...times(eachKind, () => ({ kind: 'keyboard mash', text: phrase(mash) })),
    ...times(eachKind, () => ({ kind: 'invented words', text: phrase(invented) })),
    ...times(eachKind, () => ({ kind: 'digits, signs, other scripts', text: phrase(signs) })),
    ...offTopic.slice(0, eachKind).map((text) => ({ kind: 'off topic', text })),
  ];
}

/** [{kind, text}]: questions that ten frames or more answer, and captions of single frames. */
export function realQueries(frames) {
  const pick = pickFrom(dice(7_310_007));
  const half = 2 * eachKind;
  const questions = answerableQueries(frames).map(({ text }) => text);
  const captions = frames.flatMap((frame) => frame.captions ?? []);
  const draw = (texts) => {
    const chosen = new Set();
    while (chosen.size < Math.min(half, new Set(texts).size)) chosen.add(pick(texts));
    return [...chosen];
  };
  return [
    ...draw(questions).map((text) => ({ kind: 'questions', text })),
    ...draw(captions).map((text) => ({ kind: 'captions', text })),
  ];
}
