#pragma once
#include <span>

#include "datasets/streets/atmosphere.h"
#include "datasets/streets/camera.h"
#include "datasets/streets/picture.h"
#include "datasets/streets/rasteriser.h"
#include "datasets/streets/stage.h"

namespace sightline {

/// Adds the shine of lamps in the air. With `mirrored` they are those seen in the wet road, drawn
/// out downwards.
void add_glows(Canvas& canvas, std::span<const Glow> glows, const VisibilityBuffer& visible,
               const Camera& camera, const Atmosphere& air, bool mirrored);

/// Streaks and flakes between the camera and the scene.
void add_rain(Canvas& canvas, const Drive& drive, const FrameState& frame, const Atmosphere& air);
void add_snow(Canvas& canvas, const Drive& drive, const FrameState& frame, const Atmosphere& air);

}  // namespace sightline
