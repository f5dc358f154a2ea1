/** A recording with its captions: one button, how far it is, the words that belong to the moment, and all of them. */

import type { Audio } from "../data/exhibition";
import { button, h, icon, replace } from "./dom";
import { languageName } from "./languages";
import { transcript } from "./transcript";
import { say } from "./words";

export class Player {
  readonly element: HTMLElement;
  private readonly sound = h("audio", { preload: "none" });
  private readonly words = h("div", { class: "player-words", "aria-live": "off" });
  private readonly toggle: HTMLButtonElement;
  private readonly seek = h("input", { type: "range", min: "0", max: "1000", value: "0", class: "player-seek", "aria-label": say("recording_place") });
  private readonly time = h("span", { class: "player-time" }, "0:00");
  private readonly whole = h("div", {});
  private captions: string | null = null;

  constructor(private readonly audio: Audio) {
    // A deposited file is served by the museum itself; one elsewhere the page's policy would not let in: it is linked.
    const source = audio.asset ? sourceOf(audio.asset) : null;
    this.toggle = button("play", say("play"), () => void this.press(), { class: "button-round player-toggle" });
    if (source === null) {
      this.element = h(
        "p",
        { class: "player" },
        h("a", { href: audio.url, rel: "noopener noreferrer", target: "_blank" }, say("listen")),
      );
      return;
    }
    this.sound.src = source;
    this.listen();
    const captions = h("button", { type: "button", class: "language", "aria-pressed": "true" }, say("captions"));
    captions.addEventListener("click", () => {
      this.words.hidden = !this.words.hidden;
      captions.setAttribute("aria-pressed", String(!this.words.hidden));
    });
    const title = audio.asset?.title ?? say("recording");
    this.element = h(
      "section",
      { class: "player", "aria-label": title },
      this.sound,
      h("p", { class: "player-title" }, title, h("span", { class: "quiet" }, audio.language ? ` · ${languageName(audio.language)}` : "")),
      h("div", { class: "player-row" }, this.toggle, this.seek, this.time, audio.captions !== "" && captions),
      audio.captions !== "" && this.words,
      audio.captions !== "" && this.whole,
    );
  }

  /** Falls silent for good: the card is about something else now. */
  end(): void {
    this.sound.pause();
    this.sound.removeAttribute("src");
    if (this.captions) URL.revokeObjectURL(this.captions);
    this.captions = null;
  }

  private async press(): Promise<void> {
    if (!this.sound.paused) {
      this.sound.pause();
      return;
    }
    try {
      await this.sound.play();
    } catch {
      this.say(h("p", {}, say("cannot_play")));
    }
  }

  private async hearFrom(start: number): Promise<void> {
    this.sound.currentTime = start;
    if (this.sound.paused) await this.press();
  }

  private listen(): void {
    const { sound } = this;
    const show = (): void => {
      const playing = !sound.paused && !sound.ended;
      const word = say(playing ? "pause" : "play");
      this.toggle.title = word;
      replace(this.toggle, icon(playing ? "pause" : "play"), h("span", { class: "button-word" }, word));
    };
    for (const event of ["play", "pause", "ended"] as const) sound.addEventListener(event, show);
    sound.addEventListener("timeupdate", () => {
      this.time.textContent = clock(sound.currentTime);
      if (Number.isFinite(sound.duration) && sound.duration > 0) {
        this.seek.value = String(Math.round((sound.currentTime / sound.duration) * 1000));
        this.seek.setAttribute("aria-valuetext", say("recording_at", { at: clock(sound.currentTime), all: clock(sound.duration) }));
      }
    });
    this.seek.addEventListener("input", () => {
      if (Number.isFinite(sound.duration)) sound.currentTime = (Number(this.seek.value) / 1000) * sound.duration;
    });
    if (this.audio.captions === "") return;
    // Browsers keep the time of captions, but show none of a sound: that is ours.
    this.captions = URL.createObjectURL(new Blob([this.audio.captions], { type: "text/vtt" }));
    const track = h("track", { kind: "captions", srclang: this.audio.language || "und", src: this.captions, default: true });
    sound.append(track);
    track.track.mode = "hidden";
    track.addEventListener("load", () => {
      const cues = [...(track.track.cues ?? [])] as VTTCue[];
      const lines = cues.map((cue) => ({
        start: cue.startTime,
        time: clock(cue.startTime),
        text: cue.getCueAsHTML().textContent?.replace(/\s+/g, " ").trim() ?? "",
        language: this.audio.language,
      }));
      replace(this.whole, transcript(lines, (start) => void this.hearFrom(start)));
    });
    track.track.addEventListener("cuechange", () => {
      const cues = [...(track.track.activeCues ?? [])] as VTTCue[];
      this.say(...cues.map((cue) => h("p", {}, cue.getCueAsHTML())));
    });
  }

  private say(...lines: HTMLElement[]): void {
    replace(this.words, ...lines);
  }
}

/** What is served to be heard needs no licence to pass the file on, as the file itself does. */
function sourceOf({ id, media }: NonNullable<Audio["asset"]>): string {
  return media ? `/blobs/${media.digest}` : `/assets/${encodeURIComponent(id)}/master`;
}

/** "1:05". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
