/**
 * The little of Markdown that a museum's texts need, and back: paragraphs, *emphasis*, **strong**, [links](https://…),
 * lists and quotations. What the museum keeps is HTML, cut down to a few tags; of these the ones without a mark of their
 * own (sup, sub, cite, q, abbr, span with a language) stay as tags in the text, so that editing loses none of them.
 */

const TAGS = /&lt;(\/?(?:sup|sub|cite|q|abbr|span)|span lang=&quot;[A-Za-z0-9-]+&quot;|abbr title=&quot;[^&]*&quot;)&gt;/g;
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const BLOCKS = new Set(["p", "ul", "ol", "li", "blockquote", "br"]);
/** what would be read as a mark, where it is meant as it stands */
const MARKS = /([\\*[\]])/g;

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (one) => ESCAPES[one]!);
}

/** Marks within a line. What follows a backslash is meant as it stands. */
function inline(text: string): string {
  const kept: string[] = [];
  const hold = (one: string): string => `\u0000${kept.push(one) - 1}\u0000`;
  const held = text.replace(/\\([\\*[\]>#-])/g, (_, one: string) => hold(one));
  return escaped(held)
    .replace(TAGS, (_, tag: string) => `<${tag.replaceAll("&quot;", '"')}>`)
    .replace(/\[([^[\]]+)\]\(((?:https?:\/\/|mailto:)[^\s()<>]+)\)/g, '<a href="$2">$1</a>')
    .replace(/<[^>]*>/g, (tag) => tag.replaceAll("*", hold)) // an address may have what elsewhere is a mark
    .replace(/\*\*(\S(?:.*?\S)?)\*\*/g, "<strong>$1</strong>")
    .replace(/\*(\S(?:.*?\S)?)\*/g, "<em>$1</em>")
    .replace(/\u0000(\d+)\u0000/g, (_, at: string) => escaped(kept[Number(at)] ?? ""));
}

/** HTML of a text; empty of nothing. */
export function toHtml(markdown: string): string {
  const blocks = markdown.replaceAll("\r", "").replaceAll("\u0000", "").split(/\n[ \t]*\n+/);
  return blocks
    .map((block) => block.replace(/^\n+|\s+$/g, ""))
    .filter((block) => block.trim() !== "")
    .map((block) => {
      const lines = block.split("\n");
      const list = (tag: string, mark: RegExp): string | null =>
        lines.every((line) => mark.test(line)) ? `<${tag}>${lines.map((line) => `<li>${inline(line.replace(mark, ""))}</li>`).join("")}</${tag}>` : null;
      const quoted = lines.every((line) => line.startsWith(">"));
      if (quoted) return `<blockquote>${toHtml(lines.map((line) => line.replace(/^> ?/, "")).join("\n"))}</blockquote>`;
      return list("ul", /^[-*] +/) ?? list("ol", /^\d+[.)] +/) ?? `<p>${lines.map(inline).join("<br>")}</p>`;
    })
    .join("");
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

function unescaped(text: string): string {
  return text.replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = name[1]!.toLowerCase() === "x" ? parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** The text of which `toHtml` makes this HTML, as the museum keeps it. */
export function toMarkdown(html: string): string {
  let text = "";
  const lists: { ordered: boolean; count: number }[] = [];
  const links: string[] = [];
  let quotes = 0;
  const startLine = (prefix = ""): void => {
    text = text.replace(/[ \t]+$/, "");
    if (text !== "" && !text.endsWith("\n")) text += "\n";
    text += "> ".repeat(quotes) + prefix;
  };
  const startBlock = (): void => {
    if (text !== "") text = `${text.trimEnd()}\n\n`;
  };
  for (const [, closing, name, rest, words] of html.matchAll(/<(\/?)([a-z0-9]+)([^>]*)>|([^<]+)/gi)) {
    if (words !== undefined) {
      if (words.trim() === "" && (text === "" || text.endsWith("\n"))) continue;
      text += unescaped(words).replace(/\s+/g, " ").replace(MARKS, "\\$1");
      continue;
    }
    const tag = name!.toLowerCase();
    const opens = closing === "";
    if (tag === "strong" || tag === "b") text += "**";
    else if (tag === "em" || tag === "i") text += "*";
    else if (tag === "a") {
      if (opens) links.push(unescaped(/href="([^"]*)"/i.exec(rest!)?.[1] ?? ""));
      text += opens ? "[" : `](${links.pop() ?? ""})`;
    } else if (tag === "br") startLine();
    else if (tag === "blockquote") {
      if (opens) startBlock();
      quotes = Math.max(0, quotes + (opens ? 1 : -1));
    } else if (tag === "ul" || tag === "ol") {
      if (opens) {
        startBlock();
        lists.push({ ordered: tag === "ol", count: 0 });
      } else lists.pop();
    } else if (tag === "li") {
      const list = lists.at(-1);
      if (opens && list) startLine(list.ordered ? `${++list.count}. ` : "- ");
    } else if (tag === "p") {
      if (opens && lists.length === 0) {
        if (quotes > 0 && text.trimEnd().endsWith("\n")) text = text.trimEnd();
        startBlock();
        startLine();
      }
    } else if (!BLOCKS.has(tag)) text += `<${closing}${tag}${opens ? (/^\s(lang|title)="[^"]*"/.exec(rest!)?.[0] ?? "") : ""}>`;
  }
  return text.trim();
}

/** Whether a text comes back from editing as it was; what says more than these marks can is edited as HTML. */
export function isPlain(html: string): boolean {
  const same = (text: string): string =>
    text
      .replace(/ rel="[^"]*"/g, "")
      .replace(/<(\/?)b>/g, "<$1strong>")
      .replace(/<(\/?)i>/g, "<$1em>")
      .replace(/<br ?\/?>\s*/g, "<br>")
      .replace(/\s+/g, " ")
      .replace(/ ?(<\/?(?:p|ul|ol|li|blockquote)>) ?/g, "$1")
      .trim();
  const bare = same(html);
  return same(toHtml(toMarkdown(html))) === (bare.startsWith("<") ? bare : `<p>${bare}</p>`);
}
