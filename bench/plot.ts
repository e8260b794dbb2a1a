export interface Point {
  name: string;
  x: number;
  y: number;
  isOwn: boolean;
}

export interface Axis {
  text: string;
  /** The first and the last one are its ends. */
  ticks: number[];
}

const [WIDTH, HEIGHT] = [720, 440];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 32, 40, 48];

/** An SVG with logarithmic axes. It has its own colours for a dark page. */
export function plot(title: string, { x, y }: { x: Axis; y: Axis }, points: Point[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .grid { stroke: #d1d9e0; }
  .other { fill: #6e7781; }
  .own { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .grid { stroke: #3d444d; }
    .other { fill: #9198a1; }
    .own { fill: #4493f8; }
  }
</style>
<text x="${LEFT}" y="20" font-weight="600">${title}</text>
${x.ticks.map((value) => vertical(value, x)).join("\n")}
${y.ticks.map((value) => horizontal(value, y)).join("\n")}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${x.text}</text>
<text transform="translate(14 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${y.text}</text>
${points.map((point) => dot(point, x, y)).join("\n")}
</svg>
`;
}

function dot({ name, x, y, isOwn }: Point, along: Axis, up: Axis): string {
  const [cx, cy] = [xOf(x, along), yOf(y, up)];
  return `<circle class="${isOwn ? "own" : "other"}" cx="${cx}" cy="${cy}" r="${isOwn ? 7 : 5}"/><text x="${cx + 10}" y="${cy + 4}"${isOwn ? ' font-weight="600"' : ""}>${name}</text>`;
}

function vertical(value: number, axis: Axis): string {
  const x = xOf(value, axis);
  return `<path class="grid" d="M${x} ${TOP}V${HEIGHT - BOTTOM}"/><text x="${x}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${value}</text>`;
}

function horizontal(value: number, axis: Axis): string {
  const y = yOf(value, axis);
  return `<path class="grid" d="M${LEFT} ${y}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${value}</text>`;
}

function xOf(value: number, axis: Axis): number {
  return rounded(LEFT + share(value, axis) * (WIDTH - LEFT - RIGHT));
}

function yOf(value: number, axis: Axis): number {
  return rounded(HEIGHT - BOTTOM - share(value, axis) * (HEIGHT - TOP - BOTTOM));
}

function share(value: number, { ticks }: Axis): number {
  const [from, to] = [Math.log(ticks[0] ?? 1), Math.log(ticks.at(-1) ?? 1)];
  return (Math.log(value) - from) / (to - from);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
