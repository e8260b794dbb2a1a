/** A policy as a point: checks for an upload, and how late its end is seen. */
export interface Point {
  name: string;
  checks: number;
  latePercent: number;
  isOwn: boolean;
}

const [WIDTH, HEIGHT] = [720, 440];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 32, 40, 48];
const CHECKS = [1, 10, 100, 1000, 10_000];
const PERCENT = [0.01, 0.1, 1, 10, 100];

/** An SVG with logarithmic axes. It has its own colours for a dark page. */
export function plot(title: string, points: Point[]): string {
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
${CHECKS.map((value) => vertical(value)).join("\n")}
${PERCENT.map((value) => horizontal(value)).join("\n")}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">checks for one upload (mean)</text>
<text transform="translate(14 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">seen late, % of its time (mean)</text>
${points.map(dot).join("\n")}
</svg>
`;
}

function dot({ name, checks, latePercent, isOwn }: Point): string {
  const [x, y] = [xOf(checks), yOf(latePercent)];
  return `<circle class="${isOwn ? "own" : "other"}" cx="${x}" cy="${y}" r="${isOwn ? 7 : 5}"/><text x="${x + 10}" y="${y + 4}"${isOwn ? ' font-weight="600"' : ""}>${name}</text>`;
}

function vertical(checks: number): string {
  const x = xOf(checks);
  return `<path class="grid" d="M${x} ${TOP}V${HEIGHT - BOTTOM}"/><text x="${x}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${checks}</text>`;
}

function horizontal(percent: number): string {
  const y = yOf(percent);
  return `<path class="grid" d="M${LEFT} ${y}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${percent}</text>`;
}

function xOf(checks: number): number {
  return rounded(LEFT + share(checks, CHECKS) * (WIDTH - LEFT - RIGHT));
}

function yOf(percent: number): number {
  return rounded(HEIGHT - BOTTOM - share(percent, PERCENT) * (HEIGHT - TOP - BOTTOM));
}

function share(value: number, ticks: number[]): number {
  const [from, to] = [Math.log(ticks[0] ?? 1), Math.log(ticks.at(-1) ?? 1)];
  return (Math.log(value) - from) / (to - from);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
