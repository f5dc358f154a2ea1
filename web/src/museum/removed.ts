/** What was removed and can be brought back as it was. */

import { ask } from "../data/graphql";
import { actOn, say, when } from "../studio/language";
import { button, h } from "../ui/dom";
import { Section, table } from "./section";

interface Tombstone {
  id: string;
  kind: string;
  title: string;
  keptUntil: string;
  removed: { at: string; author: string; reason: string };
}

export class Removed extends Section {
  constructor() {
    super("removed", say("removed"), say("removed_about"));
    void this.read();
  }

  async read(): Promise<void> {
    await this.trying(async () => {
      const { removed } = await ask<{ removed: Tombstone[] }>("{ removed(first: 20) { id kind title keptUntil removed { at author reason } } }");
      this.fill(
        removed.length === 0
          ? h("p", { class: "quiet" }, say("removed_none"))
          : table(say("removed"), [say("removed_what"), say("removed_who"), say("removed_when"), ""], removed.map((each) => this.row(each))),
      );
    });
  }

  private row({ id, kind, title, removed }: Tombstone): (Node | string)[] {
    const name = title || id;
    return [
      h("div", {}, name, h("span", { class: "quiet row-note" }, kind)),
      h("div", {}, removed.author, removed.reason !== "" && h("span", { class: "quiet row-note" }, removed.reason)),
      when(removed.at),
      button("undo", say("bring_back"), () => void this.bringBack(id, name), { "aria-label": actOn(say("bring_back"), name) }),
    ];
  }

  private async bringBack(id: string, name: string): Promise<void> {
    const done = await this.trying(async () => void (await ask(`mutation Back($id: ID!) { restore(id: $id) { revision { number } } }`, { id })));
    await this.read();
    if (done) this.tell(say("brought_back", { name }));
  }
}
