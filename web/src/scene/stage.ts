/**
 * Renderer, light and the frame loop. Draws only when something changed, except in a headset: a museum's tablet lives on
 * its battery.
 */

import * as THREE from "three";
import { say } from "../ui/words";
import { EyeDome } from "./eyedome";
import { fieldOfView } from "./lens";
import { Pace, restAfter } from "./pace";
import { POINTS_LAYER, anyPoints } from "./points";
import type { Quality } from "./quality";
import { HAZE, SUN, makeSky, skyLight } from "./sky";

export class WebGLMissing extends Error {
  override name = "WebGLMissing";
}

export interface StageOptions {
  /** keep the drawn picture for captures, and draw it whole however long that takes */
  capture: boolean;
  quality: Quality;
}

const MOST_PIXEL_RATIO = 2;
const LEAST_PIXEL_RATIO = 0.6;

export class Stage {
  readonly renderer: THREE.WebGLRenderer;
  readonly scene = new THREE.Scene();
  /** carries the camera; moves only in a headset */
  readonly rig = new THREE.Group();
  readonly camera = new THREE.PerspectiveCamera(50, 1, 0.1, 4000);
  private readonly sun = new THREE.DirectionalLight(0xffecd0, 3.7);
  private readonly tickers: ((deltaS: number) => boolean)[] = [];
  private readonly afterFrame: (() => void)[] = [];
  private dirty = true;
  private last = 0;
  private readonly shadowCentre = new THREE.Vector3(Infinity, 0, 0);
  private shadowRadius = 0;
  private covered = 0;
  private painter: (() => void) | null = null;
  private beside: 1 | 2 = 1;
  private drewBefore = false;
  /** what the latest frame took, s, and when it was drawn, ms */
  private frameS = 0;
  private drawnAt = 0;
  private arrived = false;
  private readonly adapts: boolean;
  private readonly dome: EyeDome;
  private readonly pace = new Pace();
  private readonly efforts: (() => void)[] = [];
  private readonly losses: ((lost: boolean) => void)[] = [];
  private isLost = false;
  private readonly sky = makeSky();
  private haze = { near: 150, far: 900 };
  private isSeenThrough = false;
  /** planes that a page's section cuts by, while a table's edges stand in for them */
  private cutBy: readonly THREE.Plane[] | null = null;
  /** whether points are set off by shading, where the machine can */
  shading: boolean;
  /** CSS pixels from the left up to which the page's own moment is seen */
  edge = Infinity;
  frames = 0;
  frameMs = 0;

  constructor(canvas: HTMLCanvasElement, options: StageOptions) {
    try {
      this.renderer = new THREE.WebGLRenderer({
        canvas,
        antialias: options.quality === "full",
        powerPreference: "high-performance",
        preserveDrawingBuffer: options.capture,
      });
    } catch (cause) {
      throw new WebGLMissing(say("no_webgl_why"), { cause });
    }
    const renderer = this.renderer;
    this.adapts = !options.capture;
    const full = options.quality === "full";
    renderer.toneMapping = THREE.ACESFilmicToneMapping;
    renderer.toneMappingExposure = 0.74;
    renderer.shadowMap.enabled = full;
    renderer.shadowMap.type = THREE.PCFShadowMap;
    renderer.shadowMap.autoUpdate = false; // the sun stands still; only a new cut moves shadows
    renderer.xr.enabled = true;
    renderer.xr.setReferenceSpaceType("local-floor");

    this.scene.fog = new THREE.Fog(HAZE, this.haze.near, this.haze.far);
    this.scene.add(this.sky, this.rig);
    if (full) this.scene.environment = skyLight(renderer);
    this.scene.environmentIntensity = 0.4;
    this.scene.add(new THREE.HemisphereLight(0xcfe0f5, 0xb09c7c, full ? 0.22 : 1.5));
    this.sun.castShadow = full;
    this.sun.shadow.mapSize.set(2048, 2048);
    this.sun.shadow.radius = 2.2;
    this.scene.add(this.sun, this.sun.target);
    this.rig.add(this.camera);
    this.camera.layers.enable(POINTS_LAYER);
    this.dome = new EyeDome(renderer, this.scene);
    this.shading = full;

    this.fit();
    new ResizeObserver(() => this.fit()).observe(canvas);
    // three.js asks for it back and gives it all that it had, but for what was made by drawing.
    canvas.addEventListener("webglcontextlost", () => this.lost(true));
    canvas.addEventListener("webglcontextrestored", () => {
      if (full) this.scene.environment = skyLight(renderer);
      this.invalidate(true);
      this.lost(false);
    });
    renderer.setAnimationLoop((time) => this.frame(time));
  }

  get canvas(): HTMLCanvasElement {
    return this.renderer.domElement;
  }

  /** Runs each frame; answers whether it changed something to see. */
  onTick(ticker: (deltaS: number) => boolean): void {
    this.tickers.push(ticker);
  }

  /** `heard` with true when the graphics card took everything back, with false when it is there again. */
  onLost(heard: (lost: boolean) => void): void {
    this.losses.push(heard);
  }

  private lost(lost: boolean): void {
    this.isLost = lost;
    for (const heard of this.losses) heard(lost);
  }

  onFrame(hook: () => void): void {
    this.afterFrame.push(hook);
  }

  invalidate(shadows = false): void {
    this.dirty = true;
    if (shadows) this.renderer.shadowMap.needsUpdate = true;
  }

  /** Some of what is to be seen came, and more is on its way: it is drawn when drawing does not hold up the rest. */
  invalidateByAndBy(): void {
    this.arrived = true;
  }

  /** How far the air is clear, and where the ground is gone in haze. */
  setReach(metres: number, site: number): void {
    this.haze = { near: Math.max(metres * 0.8, site * 0.45), far: Math.max(metres * 3.2, site * 1.5) };
    this.clear();
    this.camera.far = Math.max(500, metres * 12);
    this.camera.near = Math.max(0.05, Math.min(0.3, metres / 400));
    this.camera.updateProjectionMatrix();
    this.invalidate();
  }

  /** Metres of the scene to a metre of the room that carries the camera. */
  setScale(scale: number): void {
    this.rig.scale.setScalar(scale);
    this.rig.updateMatrixWorld(true);
    this.clear();
  }

  /** Whether the room behind the site is seen, where a headset shows it: no sky, no haze. */
  seeThrough(through: boolean): void {
    this.isSeenThrough = through;
    this.sky.visible = !through;
    this.clear();
  }

  /** Haze is as far away as it is for whoever is as large as life; shaders reckon in metres of the room. */
  private clear(): void {
    const fog = this.scene.fog as THREE.Fog;
    const scale = this.isSeenThrough ? 1e-6 : this.rig.scale.x;
    fog.near = this.haze.near / scale;
    fog.far = this.haze.far / scale;
  }

  /** Leaves out what lies behind any of `planes`; with none, what was cut away before is cut away again. */
  clipTo(planes: readonly THREE.Plane[]): void {
    const { renderer } = this;
    if (planes.length > 0) {
      this.cutBy ??= renderer.clippingPlanes as readonly THREE.Plane[];
      renderer.clippingPlanes = [...planes];
    } else if (this.cutBy) {
      renderer.clippingPlanes = [...this.cutBy];
      this.cutBy = null;
    }
    this.invalidate();
  }

  /** Lays the shadow map round what is looked at; texels stay fixed in the scene, so shadows do not crawl. */
  shade(centre: THREE.Vector3, radius: number): void {
    if (centre.distanceTo(this.shadowCentre) < radius * 0.25 && Math.abs(radius / this.shadowRadius - 1) < 0.3) return;
    this.shadowCentre.copy(centre);
    this.shadowRadius = radius;
    const texel = (2 * radius) / this.sun.shadow.mapSize.x;
    const snapped = centre.clone().divideScalar(texel * 64).round().multiplyScalar(texel * 64);
    this.sun.target.position.copy(snapped);
    this.sun.position.copy(snapped).addScaledVector(SUN, radius * 3);
    const camera = this.sun.shadow.camera;
    camera.left = camera.bottom = -radius;
    camera.right = camera.top = radius;
    camera.near = radius * 0.5;
    camera.far = radius * 6;
    camera.updateProjectionMatrix();
    this.sun.shadow.normalBias = texel * 1.6;
    this.sun.shadow.bias = -0.0004;
    this.invalidate(true);
  }

  /** Pixels at the foot of the picture that words cover. */
  setCovered(pixels: number): void {
    if (this.covered === pixels) return;
    this.covered = pixels;
    this.fit();
  }

  private fit(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0 || height === 0 || this.renderer.xr.isPresenting) return;
    const finest = Math.min(window.devicePixelRatio, MOST_PIXEL_RATIO);
    this.renderer.setPixelRatio(Math.min(finest, Math.max(LEAST_PIXEL_RATIO, finest * this.pace.effort.pixels)));
    this.renderer.setSize(width, height, false);
    const wide = this.viewWidth;
    this.camera.aspect = wide / height;
    this.camera.fov = fieldOfView(wide, height);
    // The time bar covers the foot of the picture: what is looked at stands in the middle of what is left.
    this.camera.setViewOffset(wide, height, 0, Math.round(Math.min(this.covered, height * 0.4) * 0.42), wide, height);
    this.camera.updateProjectionMatrix();
    this.invalidate();
  }

  /** Draws the picture at once. */
  draw(): void {
    if (this.painter && !this.renderer.xr.isPresenting) this.painter();
    else this.view();
  }

  /** Draws the scene into the renderer's viewport. */
  view(): void {
    const { renderer, scene, camera } = this;
    const shaded = this.shading && this.pace.effort.shading && anyPoints() && !renderer.xr.isPresenting;
    if (shaded) this.dome.render(camera);
    else renderer.render(scene, camera);
  }

  /** How much of the device's budget it can draw in time, 0 to 1; `changed` is called when that changes. */
  get budgetShare(): number {
    return this.pace.effort.budget;
  }

  onBudgetShare(changed: () => void): void {
    this.efforts.push(changed);
  }

  /** Leaves drawing to `painter` (null: to the stage), which lays `beside` views next to one another. */
  share(painter: (() => void) | null, beside: 1 | 2): void {
    this.painter = painter;
    this.beside = beside;
    this.fit();
    this.invalidate(true);
  }

  /** CSS pixels that one view is wide. */
  get viewWidth(): number {
    return this.canvas.clientWidth / this.beside;
  }

  /** Less where the machine cannot follow; a headset has means of its own. */
  private adapt(frameS: number): void {
    if (this.renderer.xr.isPresenting) return;
    const before = this.budgetShare;
    if (!this.pace.frame(frameS)) return;
    this.fit();
    if (this.budgetShare !== before) for (const changed of this.efforts) changed();
  }

  private frame(time: number): void {
    const took = (time - this.last) / 1000;
    const delta = Math.min(0.1, took);
    this.last = time;
    if (this.drewBefore) {
      this.frameS = took;
      if (this.adapts) this.adapt(took);
    }
    this.drewBefore = false;
    if (this.arrived && time - this.drawnAt >= restAfter(this.frameS) * 1000) this.dirty = true;
    for (const ticker of this.tickers) if (ticker(delta)) this.dirty = true;
    if ((!this.dirty && !this.renderer.xr.isPresenting) || this.isLost) return;
    this.dirty = this.arrived = false;
    this.drawnAt = time;
    const began = performance.now();
    this.draw();
    this.frameMs = performance.now() - began;
    this.frames += 1;
    this.drewBefore = true;
    for (const hook of this.afterFrame) hook();
  }
}
