/**
 * Sky, sun and haze: one gradient dome that also lights the scene, and whose horizon is the colour of the fog, so that the
 * ground ends in haze and not at an edge.
 */

import * as THREE from "three";

/** Brighter than white paper: tone mapping brings it back to a pale sky. */
export const HAZE = new THREE.Color(0xe2e6e6).multiplyScalar(1.55);
const ZENITH = new THREE.Color(0x3f7fc6).multiplyScalar(1.4);
const GROUND = new THREE.Color(0xc2b79f);

/** Towards the sun: mid-afternoon, so that columns throw shadows that are long enough to model them. */
export const SUN = new THREE.Vector3(-0.8, 0.52, 0.4).normalize();

const VERTEX = /* glsl */ `
  varying vec3 vRay;
  void main() {
    vRay = position;
    vec4 clip = projectionMatrix * vec4(mat3(viewMatrix) * position, 1.0);
    gl_Position = clip.xyww; // at the far plane, round the eye
  }`;

const FRAGMENT = /* glsl */ `
  uniform vec3 zenith, haze, ground, sun;
  uniform float depth;
  varying vec3 vRay;
  void main() {
    vec3 ray = normalize(vRay);
    float up = ray.y;
    vec3 sky = mix(haze, zenith, pow(smoothstep(0.0, 0.34, up), 0.55) * depth);
    vec3 below = mix(haze, ground, smoothstep(0.0, -0.5, up));
    vec3 colour = up > 0.0 ? sky : below;
    float near = max(dot(ray, sun), 0.0);
    colour += vec3(1.0, 0.86, 0.62) * (0.22 * pow(near, 6.0) + 0.35 * pow(near, 60.0)) * smoothstep(-0.1, 0.1, up);
    gl_FragColor = vec4(colour, 1.0);
    #include <tonemapping_fragment>
    #include <colorspace_fragment>
  }`;

/** `depth`: how blue; 1 as seen. The light that it gives is paler, or shade would turn to ink. */
export function makeSky(depth = 1): THREE.Mesh {
  const material = new THREE.ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    uniforms: {
      zenith: { value: ZENITH },
      haze: { value: HAZE },
      ground: { value: GROUND },
      sun: { value: SUN },
      depth: { value: depth },
    },
    side: THREE.BackSide,
    depthWrite: false,
    fog: false,
  });
  const dome = new THREE.Mesh(new THREE.SphereGeometry(1, 48, 24), material);
  dome.frustumCulled = false;
  dome.renderOrder = -1;
  dome.name = "sky";
  dome.raycast = () => undefined;
  return dome;
}

/** The dome's light from all sides, prefiltered for rough and smooth stone alike. */
export function skyLight(renderer: THREE.WebGLRenderer): THREE.Texture {
  const generator = new THREE.PMREMGenerator(renderer);
  const scene = new THREE.Scene();
  scene.add(makeSky(0.38));
  const texture = generator.fromScene(scene, 0, 0.1, 10).texture;
  generator.dispose();
  return texture;
}
