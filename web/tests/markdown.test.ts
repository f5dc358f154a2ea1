/** Texts as curators write them, and as the museum keeps them. */

import { describe, expect, it } from "vitest";
import { isPlain, toHtml, toMarkdown } from "../src/stories/markdown";

const KEPT: [string, string][] = [
  ["One line.", "<p>One line.</p>"],
  ["First.\n\nSecond,\nin two lines.", "<p>First.</p><p>Second,<br>in two lines.</p>"],
  ["*Seen* and **measured**.", "<p><em>Seen</em> and <strong>measured</strong>.</p>"],
  ["[The diary](https://example.org/a_b?c=1&d=2) of 1912", '<p><a href="https://example.org/a_b?c=1&amp;d=2">The diary</a> of 1912</p>'],
  ["[2020](https://example.org/2020*/plan), *seen*", '<p><a href="https://example.org/2020*/plan">2020</a>, <em>seen</em></p>'],
  ["- a base\n- a plinth", "<ul><li>a base</li><li>a plinth</li></ul>"],
  ["1. dug\n2. dated", "<ol><li>dug</li><li>dated</li></ol>"],
  ["> They dug deep.", "<blockquote><p>They dug deep.</p></blockquote>"],
  ["3 \\* 4 \\[sic\\]", "<p>3 * 4 [sic]</p>"],
  ["H<sub>2</sub>O and <span lang=\"grc\">ἀγορά</span>", '<p>H<sub>2</sub>O and <span lang="grc">ἀγορά</span></p>'],
  ["a < b & c", "<p>a &lt; b &amp; c</p>"],
];

describe("a text", () => {
  it.each(KEPT)("%j is kept as HTML, and comes back as it was written", (markdown, html) => {
    expect(toHtml(markdown)).toBe(html);
    expect(toMarkdown(html)).toBe(markdown);
  });

  it("brings in no tag but those that texts have", () => {
    expect(toHtml('<script>alert(1)</script> <img src=x onerror="alert(1)"> [x](javascript:alert(1))')).not.toMatch(/<(script|img|a)/);
    expect(toHtml('<span lang="x" onclick="y">a</span>')).not.toContain("<span lang");
  });

  it("that says more than the marks can is known as such", () => {
    for (const [, html] of KEPT) expect([html, isPlain(html)]).toEqual([html, true]);
    expect(isPlain('<p>See <a href="https://example.org/" rel="noopener noreferrer nofollow">it</a>, <b>now</b>.</p>\n<p>2</p>')).toBe(true);
    expect(isPlain("no paragraph")).toBe(true);
    expect(isPlain('<p>The <abbr title="Extended Matrix">EM</abbr></p>')).toBe(true);
    expect(isPlain('<p lang="la">Sic transit</p>')).toBe(false);
    expect(isPlain("<ul><li>a<ul><li>b</li></ul></li></ul>")).toBe(false);
  });

  it("of nothing is empty", () => {
    expect(toHtml(" \n\n ")).toBe("");
    expect(toMarkdown("")).toBe("");
  });
});
