// Questions about rendered frames, with the answer known from the scenes.

const colours = ['red', 'blue', 'green', 'yellow', 'white', 'black', 'silver', 'orange', 'brown'];
const roadUsers = ['car', 'van', 'truck', 'bus', 'motorcycle', 'bicycle', 'pedestrian', 'dog'];
const classNames = [...roadUsers, 'traffic light', 'stop sign', 'cone'];
const minVisibility = 0.4;
const minHeightPx = 20;
const minMatchingFrames = 10;

const withArticle = (words) => (/^[aeiou]/.test(words) ? `an ${words}` : `a ${words}`);

const times = {
  day: ['in daylight', 'a street by day', 'during the day'],
  dusk: ['at dusk', 'a road in the evening'],
  night: ['at night', 'a street at night', 'a dark street'],
};
const weathers = {
  rain: ['in the rain', 'a rainy street', 'rain'],
  snow: ['snow', 'a snowy road', 'in the snow'],
  fog: ['fog', 'a foggy street', 'in thick fog'],
};
const conditions = [
  ...['dusk', 'night'].map((time) => [times[time][0], isAt(time)]),
  ...['rain', 'snow', 'fog'].map((weather) => [`in the ${weather}`, isIn(weather)]),
];

function isAt(time) {
  return (frame) => frame.time_of_day === time;
}
function isIn(weather) {
  return (frame) => frame.weather === weather;
}

// Whether a thing of that class, and colour if one is given, can be seen.
function shows(className, colour) {
  return ({ objects }) =>
    objects.some(
      ({ class_name: found, colour: painted, visibility, box_xyxy_px: [, y0, , y1] }) =>
        found === className &&
        (colour === undefined || painted === colour) &&
        visibility >= minVisibility &&
        y1 - y0 >= minHeightPx,
    );
}

const all =
  (...tests) =>
  (frame) =>
    tests.every((test) => test(frame));

function allQueries() {
  const queries = [];
  const add = (kind, text, matches) => queries.push({ kind, text, matches });
  for (const [time, texts] of Object.entries(times)) {
    for (const text of texts) add('single attribute', text, isAt(time));
  }
  for (const [weather, texts] of Object.entries(weathers)) {
    for (const text of texts) add('single attribute', text, isIn(weather));
  }
  classNames.forEach((name, i) => {
    add('single attribute', withArticle(name), shows(name));
    for (const other of classNames.slice(i + 1)) {
      const text = `${withArticle(name)} and ${withArticle(other)}`;
      add('two objects', text, all(shows(name), shows(other)));
    }
  });
  for (const name of roadUsers) {
    for (const colour of colours) {
      const thing = withArticle(`${colour} ${name}`);
      add('object + colour', thing, shows(name, colour));
      for (const [words, holds] of conditions) {
        add('object + colour + condition', `${thing} ${words}`, all(shows(name, colour), holds));
      }
    }
  }
  return queries;
}

// Every question that enough frames answer: [{kind, text, matching: Set of paths}].
export function answerableQueries(frames) {
  return allQueries()
    .map(({ kind, text, matches }) => ({
      ...{ kind, text },
      matching: new Set(frames.filter(matches).map(({ path }) => path)),
    }))
    .filter(({ matching }) => matching.size >= minMatchingFrames);
}
