// Average precision of a detector at an overlap of 0.5, by 101 levels of recall as COCO does it.

function overlap([ax0, ay0, ax1, ay1], [bx0, by0, bx1, by1]) {
  const width = Math.min(ax1, bx1) - Math.max(ax0, bx0);
  const height = Math.min(ay1, by1) - Math.max(ay0, by0);
  if (width <= 0 || height <= 0) return 0;
  const area = (ax1 - ax0) * (ay1 - ay0) + (bx1 - bx0) * (by1 - by0) - width * height;
  return (width * height) / area;
}

function bestOverlap(box, truths) {
  let best = { value: 0, truth: null };
  for (const truth of truths) {
    const value = overlap(box, truth.box);
    if (value > best.value) best = { value, truth };
  }
  return best;
}

// One class. images: [{truths: [{box, counted}], detections: [{box, confidence}]}]. Truths that are
// not counted are neither asked for nor punished when found. null where none is counted.
export function averagePrecision(images) {
  const outcomes = [];
  let total = 0;
  for (const { truths, detections } of images) {
    const counted = truths.filter((truth) => truth.counted);
    total += counted.length;
    const taken = new Set();
    for (const { box, confidence } of [...detections].sort((a, b) => b.confidence - a.confidence)) {
      const free = (list) => list.filter((truth) => !taken.has(truth));
      const { value, truth } = bestOverlap(box, free(counted));
      if (value >= 0.5) {
        taken.add(truth);
        outcomes.push({ confidence, right: true });
      } else if (bestOverlap(box, free(truths)).value < 0.5) {
        outcomes.push({ confidence, right: false });
      }
    }
  }
  if (total === 0) return null;
  outcomes.sort((a, b) => b.confidence - a.confidence);
  let right = 0;
  const curve = outcomes.map((outcome, i) => {
    right += outcome.right ? 1 : 0;
    return { recall: right / total, precision: right / (i + 1) };
  });
  for (let i = curve.length - 2; i >= 0; --i) {
    curve[i].precision = Math.max(curve[i].precision, curve[i + 1].precision);
  }
  let sum = 0;
  for (let level = 0; level <= 100; ++level) {
    sum += curve.find(({ recall }) => recall >= level / 100)?.precision ?? 0;
  }
  return sum / 101;
}

export function mean(values) {
  return values.length === 0 ? NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}
