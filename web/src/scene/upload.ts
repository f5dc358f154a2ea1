/**
 * Onto the graphics card ahead of time. three.js uploads what it draws in the frame that first draws it, so a cut of sixty
 * new tiles would be one long frame; here each tile goes up by itself, before any cut with it may be shown.
 */

import * as THREE from "three";
import type { Model } from "./model";

const SLICE_MS = 4;

export class Uploader {
  private readonly target = new THREE.WebGLRenderTarget(1, 1, { depthBuffer: false });
  private readonly scene = new THREE.Scene();
  private readonly camera = new THREE.OrthographicCamera();
  private readonly paint = new THREE.MeshBasicMaterial();
  private readonly dots = new THREE.PointsMaterial();
  private began = -Infinity;
  /** the longest that one upload held the thread, ms */
  longestMs = 0;

  constructor(
    private readonly renderer: THREE.WebGLRenderer,
    private readonly anisotropy: number,
  ) {}

  /** Settles when all of it is there. Gives the thread back after a few milliseconds. */
  async upload(model: Model): Promise<void> {
    const anisotropy = Math.min(this.anisotropy, this.renderer.capabilities.getMaxAnisotropy());
    for (const texture of model.textures) {
      texture.anisotropy = anisotropy;
      await this.piece(() => this.renderer.initTexture(texture));
    }
    const parts: (THREE.Mesh | THREE.Points)[] = [];
    model.root.traverse((object) => {
      if (object instanceof THREE.Mesh || object instanceof THREE.Points) parts.push(object);
    });
    for (const part of parts) await this.piece(() => this.geometry(part));
  }

  private async piece(act: () => void): Promise<void> {
    const began = performance.now();
    if (began - this.began > SLICE_MS) {
      await breath();
      this.began = performance.now();
    }
    const from = performance.now();
    act();
    this.longestMs = Math.max(this.longestMs, performance.now() - from);
  }

  /** One triangle into one pixel that nobody sees: three.js uploads whole buffers with it. */
  private geometry(part: THREE.Mesh | THREE.Points): void {
    const geometry = part.geometry as THREE.BufferGeometry;
    const { renderer, scene } = this;
    const stand = part instanceof THREE.Points ? new THREE.Points(geometry, this.dots) : new THREE.Mesh(geometry, this.paint);
    stand.frustumCulled = false;
    const { start, count } = geometry.drawRange;
    const { calls, triangles, points, lines, frame } = renderer.info.render;
    const { enabled } = renderer.xr;
    const before = renderer.getRenderTarget();
    geometry.setDrawRange(0, 3);
    renderer.xr.enabled = false; // else it would draw for the eyes of a headset
    scene.add(stand);
    try {
      renderer.setRenderTarget(this.target);
      renderer.render(scene, this.camera);
    } finally {
      scene.remove(stand);
      renderer.setRenderTarget(before);
      renderer.xr.enabled = enabled;
      geometry.setDrawRange(start, count);
      Object.assign(renderer.info.render, { calls, triangles, points, lines, frame });
    }
  }
}

/** The thread for everybody else; works where animation frames stop (XR, hidden pages). */
export function breath(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}
