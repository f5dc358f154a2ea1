/** Building elements. Styles go through CSSOM or classes, never through `style` attributes: the pages' CSP forbids them. */

export type Child = Node | string | null | undefined | false;

type Properties = Record<string, unknown> & { class?: string };

/** An element with properties (`class`, `on…` handlers, attributes) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = String(value);
    else if (name.startsWith("on") && typeof value === "function") {
      element.addEventListener(name.slice(2).toLowerCase(), value as EventListener);
    } else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child): child is Node | string => child != null && child !== false));
  return element;
}

export function replace(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...children.filter((child): child is Node | string => child != null && child !== false));
}

const KEPT = new Set(
  "P BR EM STRONG I B A UL OL LI BLOCKQUOTE SUP SUB CITE Q ABBR SPAN".split(" "),
);

/**
 * A curator's text as nodes. The server sanitises; this is the second lock: only plain text marks and web links pass,
 * whatever a server of another version sends.
 */
export function richText(html: string): DocumentFragment {
  const result = document.createDocumentFragment();
  const copy = (from: Node, to: Node): void => {
    for (const child of from.childNodes) {
      if (child instanceof Text) to.appendChild(document.createTextNode(child.data));
      if (!(child instanceof HTMLElement)) continue;
      if (!KEPT.has(child.tagName)) {
        if (!["SCRIPT", "STYLE", "TEMPLATE"].includes(child.tagName)) copy(child, to);
        continue;
      }
      const element = document.createElement(child.tagName);
      const link = child.getAttribute("href");
      if (element instanceof HTMLAnchorElement && link !== null && /^https?:\/\//.test(link)) {
        element.href = link;
        element.rel = "noopener noreferrer";
        element.target = "_blank";
      }
      const language = child.getAttribute("lang");
      if (language) element.lang = language;
      copy(child, element);
      to.appendChild(element);
    }
  };
  copy(new DOMParser().parseFromString(html, "text/html").body, result);
  return result;
}

const PATHS: Record<string, string> = {
  play: "M8 5.5v13l11-6.5z",
  pause: "M7 5.5h3.5v13H7zM13.5 5.5H17v13h-3.5z",
  back: "M14.5 5.5 8 12l6.5 6.5",
  up: "M5.5 14.5 12 8l6.5 6.5",
  down: "M5.5 9.500 12 16l6.500-6.500",
  next: "M9.5 5.5 16 12l-6.5 6.5",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  orbit: "M12 8.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8zM3.2 14.2c-1.4-2 1.6-5.2 6.6-7.1s9.700-1.800 11 .2-1.600 5.200-6.600 7.100-9.700 1.800-11-.2z",
  walk: "M13.200 3.600a1.600 1.600 0 1 1 0 3.200 1.600 1.600 0 0 1 0-3.200zM8 20.500l2.500-5.500M10.500 15l3 1.500.8 4M10.500 15l1.300-6 3.200 3 2.500.6M11.800 9l-3.300 1.600-.7 2.900",
  read: "M12 7c-1.800-1.300-4.200-1.800-7.500-1.800v12.600c3.300 0 5.700.5 7.500 1.800 1.800-1.300 4.200-1.800 7.500-1.800V5.200C16.200 5.200 13.800 5.700 12 7zM12 7v12.600",
  list: "M8.500 6.500h11M8.500 12h11M8.500 17.500h11M4.500 6.500h.01M4.500 12h.01M4.500 17.500h.01",
  tour: "M5 20V4.500M5 5h11.500l-2.200 3.500 2.200 3.500H5",
  people: "M9 5.500a2.800 2.800 0 1 1 0 5.600 2.800 2.800 0 0 1 0-5.600zM3.500 19c0-3.300 2.300-5.400 5.500-5.400s5.500 2.100 5.500 5.400M16.500 7.200a2.200 2.200 0 1 1 0 4.400M17 14.200c2.200.300 3.500 2 3.500 4.300",
  fork: "M12 20v-6M12 14c0-4-5-3.500-5-8.500M12 14c0-4 5-3.500 5-8.500M4.800 7.500 7 5l2.200 2.500M14.800 7.500 17 5l2.200 2.500",
  headset: "M4 8.500h16a1 1 0 0 1 1 1V15a2 2 0 0 1-2 2h-3.500l-2-2.400h-3L8.500 17H5a2 2 0 0 1-2-2V9.500a1 1 0 0 1 1-1z",
  undo: "M8.500 6 4.500 10l4 4M5 10h9a5 5 0 0 1 0 10h-3",
  redo: "M15.500 6l4 4-4 4M19 10h-9a5 5 0 0 0 0 10h3",
  table: "M3.500 11.500h17M6 11.500v8M18 11.500v8M9 8.500l3-4 3 4z",
  info: "M12 11v6M12 7.500h.01M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17z",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700l-1.200 1.200M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700l1.200-1.200",
  ruler: "M3.500 15.500 15.500 3.500l5 5-12 12zM7 12l2 2M10 9l2.500 2.500M13 6l2 2",
  target: "M12 3.500v5M12 15.500v5M3.500 12h5M15.500 12h5M12 12h.01",
  study: "M4 19.500h16M6.500 16V9.500M12 16V5M17.500 16v-4",
  eye: "M2.500 12S6 5.800 12 5.800 21.500 12 21.500 12 18 18.200 12 18.200 2.500 12 2.500 12zM12 9.300a2.700 2.700 0 1 0 0 5.400 2.700 2.700 0 0 0 0-5.400z",
};

const FILLED = new Set(["play", "pause"]);

export function icon(name: keyof typeof PATHS & string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", FILLED.has(name) ? "icon icon-filled" : "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name] ?? "");
  svg.append(path);
  return svg;
}

/** A button with an icon and a word; the word is its name for those who do not see the icon. */
export function button(
  name: string,
  label: string,
  pressed: (event: MouseEvent) => void,
  properties: Properties = {},
): HTMLButtonElement {
  return h(
    "button",
    { type: "button", title: label, ...properties, class: `button ${properties.class ?? ""}`, onClick: pressed },
    icon(name),
    h("span", { class: "button-word" }, label),
  );
}
