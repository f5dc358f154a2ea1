/** Words beside a thing in the scene, as a picture of their text: whatever they hold, they are never markup. */

import * as THREE from "three";
import { unclipped } from "./unclipped";

const FONT = '500 44px "Inter Variable", system-ui, sans-serif';
const SMALL = '400 36px "Inter Variable", system-ui, sans-serif';
const WIDEST = 900;
const LINE = 76;
const SECOND_LINE = 54;

/** One size on the screen, near or far: `height` of a line, of the height of the picture. A second line is smaller. */
export function makeLabel(lines: readonly [first: string, second?: string], colour: string, height: number): THREE.Sprite {
  const [first, second = ""] = lines;
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d")!;
  const measured = (font: string, text: string): number => {
    pen.font = font;
    return Math.ceil(pen.measureText(text).width);
  };
  const width = Math.min(WIDEST, Math.max(measured(FONT, first), measured(SMALL, second)));
  canvas.width = width + 56;
  canvas.height = LINE + (second ? SECOND_LINE : 0);
  pen.fillStyle = "rgb(15 19 25 / 0.78)";
  pen.beginPath();
  pen.roundRect(0, 0, canvas.width, canvas.height, 38);
  pen.fill();
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = colour;
  pen.font = FONT; // a canvas forgets it with its size
  pen.fillText(first, canvas.width / 2, LINE / 2 + 2, WIDEST);
  pen.font = SMALL;
  pen.fillText(second, canvas.width / 2, LINE + SECOND_LINE / 2 - 8, WIDEST);
  const map = new THREE.CanvasTexture(canvas);
  map.colorSpace = THREE.SRGBColorSpace;
  const sprite = new THREE.Sprite(
    unclipped(new THREE.SpriteMaterial({ map, sizeAttenuation: false, transparent: true, depthWrite: false, fog: false, toneMapped: false })),
  );
  sprite.scale.set((height * canvas.width) / LINE, (height * canvas.height) / LINE, 1);
  sprite.center.set(0.5, 0);
  sprite.renderOrder = 5;
  return sprite;
}

export function disposeLabel(label: THREE.Sprite): void {
  label.removeFromParent();
  label.material.map?.dispose();
  label.material.dispose();
}
