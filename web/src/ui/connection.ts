/** How the connection and the graphics card are, in words: nothing where both are well. */

import type { Link } from "../stream/socket";
import { h } from "./dom";
import { say } from "./words";

export class ConnectionLine {
  readonly element = h("p", { class: "link", role: "status" });
  private everOpen = false;
  private link: Link = { state: "connecting" };
  private pictureLost = false;

  show(link: Link): void {
    if (link.state === "open") this.everOpen = true;
    this.link = link;
    this.tell();
  }

  showPicture(lost: boolean): void {
    this.pictureLost = lost;
    this.tell();
  }

  private tell(): void {
    const { state } = this.link;
    this.element.textContent = this.pictureLost ? say("picture_lost") : this.words(this.link);
    this.element.classList.toggle("is-bad", this.pictureLost || state === "waiting" || state === "ended");
  }

  private words(link: Link): string {
    switch (link.state) {
      case "connecting":
        return say(this.everOpen ? "connecting_again" : "connecting");
      case "open":
        return "";
      case "waiting":
        return say("no_connection", { why: link.reason, seconds: Math.ceil(link.seconds) });
      case "paused":
        return say("paused");
      case "ended":
        return link.reason;
    }
  }
}
