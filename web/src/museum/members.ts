/** Who works here: their roles in the museum and in single exhibitions, and inviting somebody. For administrators. */

import { ask } from "../data/graphql";
import { actOn, many, say, when } from "../studio/language";
import { ROLES, roleName } from "../studio/me";
import type { Me, Role } from "../studio/me";
import { whenSent } from "../studio/sending";
import { button, h, replace } from "../ui/dom";
import { shareField } from "../ui/share";
import { pair, Section, table } from "./section";

interface GivenRole {
  role: Role;
  givenAt: string;
  givenBy: string;
  endedAt: string | null;
  endedBy: string | null;
  exhibitionId: string | null;
}

interface Account {
  id: string;
  name: string;
  role: Role;
  madeAt: string;
  disabledAt: string | null;
  hasPassword: boolean;
  issuer: string | null;
  exhibitions: { exhibitionId: string; role: Role }[];
  history: GivenRole[];
}

interface Exhibition {
  id: string;
  title: string;
}

const ACCOUNT = `id name role madeAt disabledAt hasPassword issuer exhibitions { exhibitionId role }
  history { role givenAt givenBy endedAt endedBy exhibitionId }`;
/** Roles that somebody may have in an exhibition alone. */
const THERE = ROLES.filter((role) => role !== "ADMINISTRATOR" && role !== "VISITOR");

export class Members extends Section {
  private exhibitions: readonly Exhibition[] = [];
  private readonly link = h("div", {});

  constructor(private readonly me: Me) {
    super("members", say("members"), say("members_about"));
    this.element.append(this.invitation(), this.link);
    void this.read();
  }

  private async read(): Promise<void> {
    await this.trying(async () => {
      const { accounts, exhibitions } = await ask<{ accounts: Account[]; exhibitions: { nodes: Exhibition[] } }>(
        `{ accounts { ${ACCOUNT} } exhibitions(first: 200) { nodes { id title } } }`,
      );
      this.exhibitions = exhibitions.nodes;
      this.fill(
        accounts.length === 0
          ? h("p", { class: "quiet" }, say("members_none"))
          : table(say("members"), [say("name"), say("role_here"), say("role_there"), ""], accounts.map((each) => this.row(each))),
      );
    });
  }

  private row(account: Account): (Node | string)[] {
    const isMe = account.name === this.me.name;
    const role = roleChoice(say("role_of", { name: account.name }), ROLES, account.role);
    role.disabled = isMe; // nobody takes the role of an administrator from themselves
    role.addEventListener("change", () => void this.give(account, role.value as Role, null));
    const state = account.disabledAt
      ? say("account_shut", { when: when(account.disabledAt) })
      : account.issuer
        ? say("account_vouched", { issuer: account.issuer })
        : account.hasPassword
          ? say("account_since", { when: when(account.madeAt) })
          : say("account_invited");
    return [
      h("div", {}, account.name, isMe && h("span", { class: "quiet" }, ` · ${say("you")}`), h("span", { class: "quiet row-note" }, state)),
      role,
      this.there(account),
      h(
        "div",
        { class: "row-acts" },
        this.history(account),
        !isMe &&
          button(account.disabledAt ? "next" : "close", say(account.disabledAt ? "let_in" : "shut_out"), () =>
            void this.change(
              `mutation Shut($account: ID!, $disabled: Boolean!) { disableAccount(account: $account, disabled: $disabled) { id } }`,
              { account: account.id, disabled: account.disabledAt === null },
              say(account.disabledAt ? "let_in_done" : "shut_out_done", { name: account.name }),
            ),
            { "aria-label": actOn(say(account.disabledAt ? "let_in" : "shut_out"), account.name) },
          ),
      ),
    ];
  }

  /** Roles in single exhibitions, each of which can be taken away, and one more. */
  private there(account: Account): HTMLElement {
    const free = this.exhibitions.filter(({ id }) => !account.exhibitions.some((each) => each.exhibitionId === id));
    const where = h("select", { "aria-label": say("exhibition_for", { name: account.name }) }, ...free.map(({ id, title }) => h("option", { value: id }, title)));
    const what = roleChoice(say("role_there_of", { name: account.name }), THERE, "CURATOR");
    return h(
      "div",
      {},
      account.exhibitions.length > 0 &&
        h(
          "ul",
          { class: "chips" },
          ...account.exhibitions.map(({ exhibitionId, role }) =>
            h(
              "li",
              { class: "chip" },
              `${this.titleOf(exhibitionId)}: ${roleName(role)}`,
              button("close", say("role_end", { title: this.titleOf(exhibitionId), name: account.name }), () => void this.give(account, "VISITOR", exhibitionId), { class: "button-round chip-end" }),
            ),
          ),
        ),
      free.length > 0 &&
        h("details", {}, h("summary", {}, say("role_add")), h("div", { class: "drop-row" }, where, what, button("next", say("give"), () => void this.give(account, what.value as Role, where.value)))),
    );
  }

  private history(account: Account): HTMLElement {
    return h(
      "details",
      {},
      h("summary", {}, many("roles_had", account.history.length)),
      h(
        "ol",
        { class: "line-list" },
        ...account.history.map((each) => {
          const where = each.exhibitionId ? ` (${this.titleOf(each.exhibitionId)})` : "";
          return h(
            "li",
            {},
            say("role_given", { role: roleName(each.role) + where, when: when(each.givenAt), who: each.givenBy }),
            each.endedAt !== null && ` ${say("role_ended", { when: when(each.endedAt), who: each.endedBy ?? "" })}`,
          );
        }),
      ),
    );
  }

  private titleOf(id: string): string {
    return this.exhibitions.find((each) => each.id === id)?.title ?? id;
  }

  private give(account: Account, role: Role, exhibition: string | null): Promise<void> {
    return this.change(
      `mutation Give($account: ID!, $role: Role!, $exhibition: ID) { giveRole(account: $account, role: $role, exhibition: $exhibition) { id } }`,
      { account: account.id, role, exhibition },
      say("role_given_done", { name: account.name, role: roleName(role) }),
    );
  }

  private async change(mutation: string, variables: Record<string, unknown>, done: string): Promise<void> {
    const went = await this.trying(async () => void (await ask(mutation, variables)));
    await this.read(); // what was refused is shown as it stands
    if (went) this.tell(done);
  }

  private invitation(): HTMLElement {
    const name = h("input", { type: "text", maxlength: "80", required: true, autocomplete: "off" });
    const role = roleChoice(null, ROLES, "CURATOR");
    const form = h(
      "form",
      { class: "drop-row" },
      pair(say("invite_name"), name),
      pair(say("invite_role"), role),
      button("people", say("invite"), () => undefined, { type: "submit" }),
    );
    whenSent(form, () =>
      this.trying(async () => {
        const { createAccount } = await ask<{ createAccount: { link: string; expiresAt: string; account: { name: string } } }>(
          `mutation Invite($name: String!, $role: Role!) { createAccount(name: $name, role: $role) { link expiresAt account { name } } }`,
          { name: name.value, role: role.value },
        );
        const { link, expiresAt, account } = createAccount;
        replace(this.link, shareField(say("invite_link", { name: account.name, when: when(expiresAt) }), location.origin + link, say("invite_copy")));
        name.value = "";
        this.tell("");
        await this.read();
      }),
    );
    return form;
  }
}

function roleChoice(label: string | null, roles: readonly Role[], chosen: Role): HTMLSelectElement {
  const choice = h("select", { "aria-label": label }, ...roles.map((role) => h("option", { value: role }, roleName(role))));
  choice.value = chosen;
  return choice;
}
