/** Pictures by CesiumJS, on no globe: Model for a model, Cesium3DTileset for tiles. */

import {
  Axis,
  Cartesian3,
  Cesium3DTileset,
  CesiumWidget,
  Color,
  DirectionalLight,
  Math as CesiumMath,
  Matrix4,
  Model,
  PerspectiveFrustum,
  Transforms,
  buildModuleUrl,
} from "@cesium/engine";
import { BACKGROUND, FIELD_OF_VIEW_DEGREES, type Seen, type Subject, type View } from "./look";

const QUIET_FRAMES = 8;
const frame = (): Promise<number> => new Promise(requestAnimationFrame);
/** Somewhere on the ground: in the middle of the Earth much of Cesium has no meaning. */
const PLACE = Transforms.eastNorthUpToFixedFrame(Cartesian3.fromDegrees(23.7, 38));
const turned = ([x, y, z]: [number, number, number]): Cartesian3 => new Cartesian3(x, -z, y);

export class CesiumLook {
  private readonly widget: CesiumWidget;

  constructor(element: Element) {
    (buildModuleUrl as unknown as { setBaseUrl(url: string): void }).setBaseUrl("cesium/");
    this.widget = new CesiumWidget(element, {
      globe: false,
      skyBox: false,
      skyAtmosphere: false,
      baseLayer: false,
      useDefaultRenderLoop: false,
      creditContainer: document.createElement("div"),
      msaaSamples: 1,
      contextOptions: { webgl: { preserveDrawingBuffer: true, alpha: false } },
    } as ConstructorParameters<typeof CesiumWidget>[1]);
    const { scene } = this.widget;
    scene.backgroundColor = Color.fromCssColorString(BACKGROUND);
    scene.highDynamicRange = false;
    scene.light = new DirectionalLight({ direction: local(turned([-2, -4, -3]), true), intensity: 2 });
    this.widget.resize();
  }

  async show(subject: Subject, view: View): Promise<Seen> {
    const { scene } = this.widget;
    const seen: Seen = { errors: [], tiles: 0 };
    const frustum = new PerspectiveFrustum();
    frustum.aspectRatio = scene.drawingBufferWidth / scene.drawingBufferHeight;
    // Cesium's angle is the wider of the two.
    frustum.fov = 2 * Math.atan(Math.tan(CesiumMath.toRadians(FIELD_OF_VIEW_DEGREES) / 2) * frustum.aspectRatio);
    frustum.near = view.near;
    frustum.far = view.far;
    scene.camera.frustum = frustum;
    const eye = turned(view.eye);
    const direction = Cartesian3.normalize(Cartesian3.subtract(turned(view.target), eye, new Cartesian3()), new Cartesian3());
    const right = Cartesian3.normalize(Cartesian3.cross(direction, Cartesian3.UNIT_Z, new Cartesian3()), new Cartesian3());
    const up = Cartesian3.cross(right, direction, new Cartesian3());
    scene.camera.setView({ destination: local(eye), orientation: { direction: local(direction, true), up: local(up, true) } });
    let shown: Model | Cesium3DTileset;
    let ready = false;
    if (subject.tiles === undefined) {
      // As tiles have it: by default a model's forward axis is turned to x.
      shown = await Model.fromGltfAsync({ url: subject.model!, modelMatrix: PLACE, forwardAxis: Axis.X } as never);
      shown.readyEvent.addEventListener(() => (ready = true));
      shown.errorEvent.addEventListener((error: Error) => seen.errors.push(String(error)));
    } else {
      shown = await Cesium3DTileset.fromUrl(subject.tiles, { modelMatrix: PLACE, maximumScreenSpaceError: view.error, dynamicScreenSpaceError: false });
      const tiles = shown;
      shown.tileFailed.addEventListener(({ url, message }: { url: string; message: string }) => seen.errors.push(`${url}: ${message}`));
      shown.tileLoad.addEventListener(() => (seen.tiles += 1));
      shown.allTilesLoaded.addEventListener(() => (ready = tiles.tilesLoaded));
    }
    scene.primitives.add(shown);
    for (let quiet = 0; quiet < QUIET_FRAMES; ) {
      await frame();
      this.widget.render();
      quiet = ready || seen.errors.length > 0 ? quiet + 1 : 0;
    }
    scene.primitives.remove(shown);
    return seen;
  }
}

/** From the place's own frame to the Earth's. */
function local(vector: Cartesian3, isDirection = false): Cartesian3 {
  return isDirection ? Matrix4.multiplyByPointAsVector(PLACE, vector, new Cartesian3()) : Matrix4.multiplyByPoint(PLACE, vector, new Cartesian3());
}
