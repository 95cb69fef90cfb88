/** Stacks longer than this are written run by run: the search for the shortest pattern grows with the cube of the length. */
const longestSearched = 160;

/** The shortest pattern that lays out this stack: `(local * 5, global) * 4, local * 2`. */
export function writePattern(stack: readonly string[]): string {
  return stack.length > longestSearched ? runsOf(stack).join(', ') : searchPattern(stack);
}

function runsOf(stack: readonly string[]): readonly string[] {
  const runs: { readonly name: string; times: number }[] = [];
  for (const name of stack) {
    const last = runs.at(-1);
    if (last?.name === name) last.times++;
    else runs.push({ name, times: 1 });
  }
  return runs.map(({ name, times }) => (times === 1 ? name : `${name} * ${times}`));
}

/** The shortest text of a stretch. */
interface Best {
  readonly text: string;
  /** Its length, were all names equally long. */
  readonly cost: number;
  readonly isName: boolean;
}

/** What a name costs, whatever its length: a repeated name is clearer than the name twice. */
const nameCost = 10;

/** Shortest texts of all stretches, short ones first: two next to each other, or one repeated. */
function searchPattern(stack: readonly string[]): string {
  const best = new Map<number, Best>();
  const at = (start: number, end: number): Best =>
    best.get(start * (stack.length + 1) + end) ?? { text: '', cost: 0, isName: false };
  for (let length = 1; length <= stack.length; length++) {
    for (let start = 0; start + length <= stack.length; start++) {
      const end = start + length;
      let found: Best = {
        text: stack[start] ?? '',
        cost: length === 1 ? nameCost : Number.POSITIVE_INFINITY,
        isName: true,
      };
      for (const period of periodsOf(stack, start, length)) {
        const unit = at(start, start + period);
        const times = ` * ${length / period}`;
        const cost = unit.cost + times.length + (unit.isName ? 0 : 2);
        if (cost < found.cost)
          found = { text: `${unit.isName ? unit.text : `(${unit.text})`}${times}`, cost, isName: false };
      }
      for (let middle = end - 1; middle > start; middle--) {
        const [left, right] = [at(start, middle), at(middle, end)];
        const cost = left.cost + right.cost + 2;
        if (cost < found.cost) found = { text: `${left.text}, ${right.text}`, cost, isName: false };
      }
      best.set(start * (stack.length + 1) + end, found);
    }
  }
  return at(0, stack.length).text;
}

/** Lengths after which a stretch repeats itself, short ones first. */
function periodsOf(stack: readonly string[], start: number, length: number): readonly number[] {
  const periods: number[] = [];
  for (let period = 1; period <= length / 2; period++) {
    if (length % period !== 0) continue;
    let repeats = true;
    for (let index = start; repeats && index + period < start + length; index++)
      repeats = stack[index] === stack[index + period];
    if (repeats) periods.push(period);
  }
  return periods;
}
