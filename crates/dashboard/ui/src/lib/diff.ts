/** How two texts differ, line by line: Myers' shortest way from one to the other, given up where it becomes long. */

export interface DiffLine {
  kind: "same" | "added" | "removed";
  text: string;
  /** Line numbers from 1; which side it is on depends on the kind. */
  before?: number;
  after?: number;
}

/** Beyond so many differences, what is between the common ends is shown as replaced. */
const MOST_STEPS = 1_500;

export function diff(before: string[], after: string[]): DiffLine[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const shorter = Math.min(before.length, after.length) - head;
  while (tail < shorter && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  const lines: DiffLine[] = [];
  const same = (at: number, to: number) =>
    lines.push({ kind: "same", text: before[at] ?? "", before: at + 1, after: to + 1 });
  for (let at = 0; at < head; at += 1) same(at, at);
  for (const [kind, x, y] of steps(a, b)) {
    if (kind === "same") same(head + x, head + y);
    else if (kind === "removed") lines.push({ kind, text: a[x] ?? "", before: head + x + 1 });
    else lines.push({ kind, text: b[y] ?? "", after: head + y + 1 });
  }
  for (let at = tail; at > 0; at -= 1) same(before.length - at, after.length - at);
  return lines;
}

type Step = [DiffLine["kind"], number, number];

/** How far each diagonal reached after so many changes: diagonal `k` stands at `k + d + 1`. */
type Reach = Int32Array;

const at = (reach: Reach, d: number, k: number): number => reach[k + d + 1] ?? 0;

/** Whether the way to diagonal `k` comes from above: a line was added. */
const isFromAbove = (reach: Reach, d: number, k: number): boolean =>
  k === -d || (k !== d && at(reach, d, k - 1) < at(reach, d, k + 1));

/** The way through the grid, from its end backwards. */
function steps(a: string[], b: string[]): Step[] {
  const traces = search(a, b);
  if (!traces) return replaced(a, b);
  const found: Step[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = traces.length - 1; d >= 0; d -= 1) {
    const reach = traces[d] ?? new Int32Array();
    const k = x - y;
    const isDown = isFromAbove(reach, d, k);
    const from = isDown ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : at(reach, d, from);
    const fromY = d === 0 ? 0 : fromX - from;
    while (x > fromX && y > fromY && a[x - 1] === b[y - 1]) {
      x -= 1;
      y -= 1;
      found.push(["same", x, y]);
    }
    if (d === 0) break;
    found.push(isDown ? ["added", x, fromY] : ["removed", fromX, y]);
    [x, y] = [fromX, fromY];
  }
  return found.reverse();
}

/** What was reached before each number of changes; undefined where there are too many of them. */
function search(a: string[], b: string[]): Reach[] | undefined {
  const traces: Reach[] = [];
  let before: Reach = new Int32Array(3);
  for (let d = 0; d <= Math.min(a.length + b.length, MOST_STEPS); d += 1) {
    traces.push(before);
    const next = new Int32Array(2 * d + 5);
    for (let k = -d; k <= d; k += 2) {
      let x = isFromAbove(before, d, k) ? at(before, d, k + 1) : at(before, d, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      next[k + d + 2] = x;
      if (x >= a.length && x - k >= b.length) return traces;
    }
    before = next;
  }
  return undefined;
}

const replaced = (a: string[], b: string[]): Step[] => [
  ...a.map((_, x): Step => ["removed", x, 0]),
  ...b.map((_, y): Step => ["added", a.length, y]),
];

export interface Gap {
  kind: "gap";
  count: number;
}

/** Only what changed, with some lines around it. */
export function folded(lines: DiffLine[], around = 3): (DiffLine | Gap)[] {
  const isNear = new Uint8Array(lines.length);
  lines.forEach((line, at) => {
    if (line.kind !== "same") isNear.fill(1, Math.max(0, at - around), at + around + 1);
  });
  const shown: (DiffLine | Gap)[] = [];
  let hidden = 0;
  lines.forEach((line, at) => {
    if (!isNear[at]) {
      hidden += 1;
      return;
    }
    if (hidden > 0) shown.push({ kind: "gap", count: hidden });
    hidden = 0;
    shown.push(line);
  });
  if (hidden > 0 && shown.length > 0) shown.push({ kind: "gap", count: hidden });
  return shown;
}
