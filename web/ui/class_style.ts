const toneCount = 8;
const dashCount = 4;

/** CSS classes that give a detector category its colour and its line pattern. */
export function classStyle(classId: number): string {
  return `tone-${classId % toneCount} dash-${(classId * 3 + Math.floor(classId / toneCount)) % dashCount}`;
}
