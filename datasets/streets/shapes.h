#pragma once
#include "datasets/streets/atmosphere.h"
#include "datasets/streets/brush.h"
#include "datasets/streets/drive.h"

namespace sightline {

/// Draws one labelled thing with its lamps; its shadow is drawn by draw_shadow.
void draw_actor(Stage& stage, const Actor& actor, const ActorState& state, const Atmosphere& air);
void draw_shadow(Stage& stage, const Actor& actor, const ActorState& state, const Atmosphere& air);

void draw_vehicle(Stage& stage, const Actor& actor, const ActorState& state, const Atmosphere& air);
void draw_two_wheeler(Stage& stage, const Actor& actor, const ActorState& state,
                      const Atmosphere& air);
void draw_pedestrian(Stage& stage, const Actor& actor, const ActorState& state,
                     const Atmosphere& air);
void draw_dog(Stage& stage, const Actor& actor, const ActorState& state, const Atmosphere& air);
void draw_traffic_light(Stage& stage, const Actor& actor, const ActorState& state,
                        const Atmosphere& air);
void draw_stop_sign(Stage& stage, const Actor& actor, const ActorState& state,
                    const Atmosphere& air);
void draw_cone(Stage& stage, const Actor& actor, const ActorState& state, const Atmosphere& air);

/// Posts and poles that carry an actor but are not part of it.
void draw_support(Stage& stage, const Actor& actor, const ActorState& state);

/// Draws one piece of scenery.
void draw_prop(Stage& stage, const Prop& prop, const Drive& drive, const Atmosphere& air);

/// Soft shadow of an upright box on the ground, cast by the sun and by the sky.
void cast_box_shadow(Stage& stage, float x, float s, float heading, float half_width,
                     float half_length, float height, const Atmosphere& air);

}  // namespace sightline
