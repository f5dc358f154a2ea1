/** What opens the museum for programs and browsers: one's own, or everybody's; made, and ended. */

import { ApiError, ask } from "../data/graphql";
import { actOn, say, when } from "../studio/language";
import type { StudioWord } from "../studio/language";
import type { Me } from "../studio/me";
import { whenSent } from "../studio/sending";
import { words } from "../studio/words";
import { button, h, replace } from "../ui/dom";
import { shareField } from "../ui/share";
import { pair, Section, table } from "./section";

interface Token {
  id: string;
  kind: "TOKEN" | "SESSION" | "LINK";
  label: string;
  name: string;
  madeAt: string;
  expiresAt: string | null;
  usedAt: string | null;
  scopes: string[];
}

const SCOPES = ["READ", "INGEST", "EDIT", "PUBLISH", "ADMINISTER"] as const;
const DAYS = [7, 30, 90, 365] as const;

export class Tokens extends Section {
  private readonly everybody = h("input", { type: "checkbox" });
  private readonly made = h("div", {});

  constructor(private readonly me: Me) {
    super("tokens", say("tokens"), say("tokens_about"));
    void this.open();
  }

  private async open(): Promise<void> {
    if (!(await this.read())) return;
    if (this.me.role === "ADMINISTRATOR") {
      this.everybody.addEventListener("change", () => void this.read());
      this.body.before(h("label", { class: "check" }, this.everybody, h("span", {}, say("tokens_everybody"))));
    }
    this.element.append(this.making(), this.made);
  }

  /** Answers whether who asks has an account; else says how one comes by one. */
  private async read(): Promise<boolean> {
    try {
      const { tokens } = await ask<{ tokens: Token[] }>(
        `query Tokens($everybody: Boolean!) { tokens(everybody: $everybody) { id kind label name madeAt expiresAt usedAt scopes } }`,
        { everybody: this.everybody.checked },
      );
      this.fill(
        table(
          say("tokens"),
          [say("token_what"), say("token_may"), say("token_used"), say("token_until"), ""],
          tokens.map((each) => this.row(each)),
        ),
      );
      return true;
    } catch (error) {
      const hasNone = error instanceof ApiError && error.code === "FORBIDDEN";
      this.fill(hasNone ? h("p", { class: "quiet" }, say("tokens_no_account")) : h("p", { class: "bad", role: "alert" }, words(error)));
      return false;
    }
  }

  private row(token: Token): (Node | string)[] {
    const kind = say(`token_kind_${token.kind}`);
    const name = token.label ? `${kind} “${token.label}”` : kind;
    return [
      h("div", {}, name, h("span", { class: "quiet row-note" }, say("token_of", { name: token.name, when: when(token.madeAt) }))),
      token.scopes.length === SCOPES.length ? say("token_all") : SCOPES.filter((scope) => token.scopes.includes(scope)).map((scope) => say(`scope_${scope}`)).join(", "),
      token.usedAt ? when(token.usedAt) : say("never"),
      token.expiresAt ? when(token.expiresAt) : say("until_ended"),
      button("close", say("token_end"), () => void this.end(token, name), { "aria-label": actOn(say("token_end"), name) }),
    ];
  }

  private async end({ id }: Token, name: string): Promise<void> {
    const ended = await this.trying(async () => void (await ask(`mutation End($id: ID!) { endToken(id: $id) { id } }`, { id })));
    await this.read();
    if (ended) this.tell(say("token_ended", { name }));
  }

  private making(): HTMLElement {
    const label = h("input", { type: "text", maxlength: "80", required: true, autocomplete: "off" });
    const days = h("select", {}, ...DAYS.map((each) => h("option", { value: String(each) }, say("token_days", { n: each }))));
    days.value = "90";
    const may = SCOPES.filter((scope) => this.me.scopes.includes(scope)).map((scope) => h("input", { type: "checkbox", value: scope, checked: scope === "READ" || scope === "INGEST" }));
    const form = h(
      "form",
      { class: "making" },
      h("h3", {}, say("token_new")),
      h("div", { class: "drop-row" }, pair(say("token_label"), label), pair(say("token_lasts"), days)),
      h(
        "fieldset",
        { class: "checks" },
        h("legend", {}, say("token_for")),
        ...may.map((box) => h("label", { class: "check" }, box, h("span", {}, say(`scope_${box.value}` as StudioWord)))),
      ),
      button("link", say("token_make"), () => undefined, { type: "submit", class: "button-main" }),
    );
    whenSent(form, () =>
      this.trying(async () => {
        const { createToken } = await ask<{ createToken: { token: string; expiresAt: string } }>(
          `mutation Make($label: String!, $scopes: [TokenScope!]!, $days: Int!) { createToken(label: $label, scopes: $scopes, days: $days) { token expiresAt } }`,
          { label: label.value, scopes: may.filter((box) => box.checked).map((box) => box.value), days: Number(days.value) },
        );
        replace(this.made, shareField(say("token_once", { when: when(createToken.expiresAt) }), createToken.token, say("token_copy")));
        label.value = "";
        this.tell("");
        await this.read();
      }),
    );
    return form;
  }
}
