// Hands for the emulated headset: what a wearer does, in words of the scene. Room coordinates are the emulator's.
{
  const room = (point) => chronotope.stage.rig.worldToLocal(chronotope.stage.rig.position.clone().set(...point));
  const hand = (side) => (quest.primaryInputMode === "hand" ? quest.hands[side] : quest.controllers[side]);
  window.hands = {
    /** Holds a hand at a place of the room. */
    hold(side, x, y, z) {
      hand(side).position.set(x, y, z);
      hand(side).quaternion.set(0, 0, 0, 1);
    },
    /** Points a hand at a place of the scene. */
    point(side, to) {
      const { position, quaternion } = hand(side);
      const away = room(to).sub(chronotope.stage.rig.position.clone().set(position.x, position.y, position.z)).normalize();
      const turned = chronotope.stage.camera.quaternion.clone().setFromUnitVectors(chronotope.stage.rig.position.clone().set(0, 0, -1), away);
      quaternion.set(turned.x, turned.y, turned.z, turned.w);
    },
    press: (side, value) => quest.controllers[side].updateButtonValue("trigger", value),
    squeeze: (side, value) => quest.controllers[side].updateButtonValue("squeeze", value),
    stick: (side, x, y) => quest.controllers[side].updateAxes("thumbstick", x, y),
    pinch: (side, value) => quest.hands[side].updatePinchValue(value),
  };
}
