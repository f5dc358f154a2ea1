/**
 * Eye-dome lighting (Boucheny 2009): points have no light and shade of their own, so what lies before something else is set
 * off by darkening the edge behind it. Points are drawn by themselves into a picture with its depths; a sheet over the whole
 * view then lays them, shaded, into the scene, at the depths that they have, so that surfaces hide them and are hidden.
 */

import * as THREE from "three";
import { POINTS_LAYER } from "./points";

const RADIUS_PX = 1.4;
const STRENGTH = 60;
/** gaps between points are no ink lines: their edges keep a third of their light */
const DARKEST = 1.1;

const VERTEX = /* glsl */ `
  void main() { gl_Position = vec4(position.xy, 0.0, 1.0); }`;

const FRAGMENT = /* glsl */ `
  uniform sampler2D colours;
  uniform highp sampler2D depths;
  uniform vec2 clip;
  uniform float radius;
  float away(float depth) { return log2(clip.x * clip.y / (clip.y - depth * (clip.y - clip.x))); }
  void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    ivec2 most = textureSize(depths, 0) - 1;
    float depth = texelFetch(depths, at, 0).r;
    if (depth >= 1.0) discard;
    float here = away(depth);
    float before = 0.0;
    for (int i = 0; i < 8; i++) {
      float turn = float(i) * 0.7853981634;
      float beside = texelFetch(depths, clamp(at + ivec2(round(radius * vec2(cos(turn), sin(turn)))), ivec2(0), most), 0).r;
      if (beside < 1.0) before += max(0.0, here - away(beside));
    }
    vec4 colour = texelFetch(colours, at, 0);
    gl_FragColor = vec4(colour.rgb * exp(-min(before / 8.0 * ${STRENGTH.toFixed(1)}, ${DARKEST.toFixed(1)})), colour.a);
    gl_FragDepth = depth;
    #include <colorspace_fragment>
  }`;

export class EyeDome {
  private readonly target: THREE.WebGLRenderTarget;
  private readonly sheet: THREE.Mesh;
  private readonly uniforms;

  constructor(
    private readonly renderer: THREE.WebGLRenderer,
    private readonly scene: THREE.Scene,
  ) {
    this.target = new THREE.WebGLRenderTarget(1, 1, { depthTexture: new THREE.DepthTexture(1, 1, THREE.UnsignedIntType) });
    this.target.texture.colorSpace = THREE.SRGBColorSpace; // eight bits of linear light would show steps
    this.uniforms = {
      colours: { value: this.target.texture },
      depths: { value: this.target.depthTexture },
      clip: { value: new THREE.Vector2() },
      radius: { value: RADIUS_PX },
    };
    const material = new THREE.ShaderMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: this.uniforms,
      transparent: true, // what is possible only is seen through
      blending: THREE.CustomBlending,
      blendSrc: THREE.OneFactor, // it lies on nothing in its picture: its colours are multiplied already
      blendDst: THREE.OneMinusSrcAlphaFactor,
      toneMapped: false,
      fog: false,
    });
    const corners = new THREE.BufferAttribute(new Float32Array([-1, -1, 0, 3, -1, 0, -1, 3, 0]), 3);
    this.sheet = new THREE.Mesh(new THREE.BufferGeometry().setAttribute("position", corners), material);
    this.sheet.frustumCulled = false;
    this.sheet.renderOrder = -1;
    this.sheet.visible = false;
    this.sheet.raycast = () => undefined;
    this.sheet.name = "eye dome";
    scene.add(this.sheet);
  }

  /** Draws the scene as the renderer would, with its points shaded. */
  render(camera: THREE.PerspectiveCamera): void {
    const { renderer, scene, sheet } = this;
    const { mask } = camera.layers;
    camera.layers.set(POINTS_LAYER);
    this.drawPoints(camera);
    camera.layers.mask = mask;
    this.uniforms.clip.value.set(camera.near, camera.far);
    this.uniforms.radius.value = Math.max(1, RADIUS_PX * renderer.getPixelRatio());
    camera.layers.disable(POINTS_LAYER);
    sheet.visible = true;
    try {
      renderer.render(scene, camera);
    } finally {
      sheet.visible = false;
      camera.layers.mask = mask;
    }
  }

  private drawPoints(camera: THREE.PerspectiveCamera): void {
    const { renderer, scene, target } = this;
    const size = renderer.getDrawingBufferSize(new THREE.Vector2());
    if (target.width !== size.x || target.height !== size.y) target.setSize(size.x, size.y);
    renderer.getCurrentViewport(target.viewport);
    renderer.getScissor(target.scissor).multiplyScalar(renderer.getPixelRatio()).floor();
    target.scissorTest = renderer.getScissorTest();
    const { needsUpdate } = renderer.shadowMap;
    const clear = renderer.getClearColor(new THREE.Color());
    const alpha = renderer.getClearAlpha();
    renderer.shadowMap.needsUpdate = false; // the lights are for the other pass
    renderer.setClearColor(0x000000, 0);
    renderer.setRenderTarget(target);
    try {
      renderer.render(scene, camera);
    } finally {
      renderer.setRenderTarget(null);
      renderer.setClearColor(clear, alpha);
      renderer.shadowMap.needsUpdate = needsUpdate;
    }
  }
}
