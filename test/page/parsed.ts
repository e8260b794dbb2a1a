import { type DefaultTreeAdapterMap, parse } from "parse5";

type Node = DefaultTreeAdapterMap["node"];
type Element = DefaultTreeAdapterMap["element"];

/** An element as a browser's parser sees it. */
export interface Parsed {
  tag: string;
  attributes: Record<string, string>;
  /** All text in it. */
  text: string;
}

/** Every element of a page, in the order of the document. */
export function elementsOf(html: string): Parsed[] {
  const found: Parsed[] = [];
  visit(parse(html), (element) => {
    found.push({
      tag: element.tagName,
      attributes: Object.fromEntries(element.attrs.map(({ name, value }) => [name, value])),
      text: textOf(element),
    });
  });
  return found;
}

function visit(node: Node, seen: (element: Element) => void): void {
  if ("tagName" in node) seen(node);
  if ("childNodes" in node) for (const child of node.childNodes) visit(child, seen);
}

function textOf(node: Node): string {
  if ("value" in node) return node.value;
  return "childNodes" in node ? node.childNodes.map(textOf).join("") : "";
}

/** What could run a script or ask another host: handlers, styles, foreign addresses, and elements that load something. */
export function runnable(html: string): string[] {
  return elementsOf(html).flatMap(({ tag, attributes }) => [
    ...(/^(iframe|object|embed|base|style|img|foreignobject)$/i.test(tag) ? [tag] : []),
    ...(tag === "script" && attributes["src"] === undefined ? ["script"] : []),
    ...Object.entries(attributes).flatMap(([name, value]) => {
      const isRun = /^(on.*|style|srcdoc|http-equiv)$/i.test(name);
      const leadsAway = /^(href|src|action|xlink:href)$/.test(name) && !/^(\/(?!\/)|#)/.test(value);
      return isRun || leadsAway ? [`${tag} ${name}=${value}`] : [];
    }),
  ]);
}

/** Text as a reader sees it. */
export function visibleText(html: string): string {
  const body = elementsOf(html).find(({ tag }) => tag === "body");
  return (body?.text ?? "").replaceAll(/\s+/g, " ");
}
