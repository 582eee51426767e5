#pragma once
#include <cstdint>
#include <vector>

#include "datasets/streets/atmosphere.h"
#include "datasets/streets/picture.h"
#include "datasets/streets/rasteriser.h"
#include "datasets/streets/shader.h"
#include "datasets/streets/stage.h"

namespace sightline {

/// One labelled thing as the camera sees it.
struct Sighting {
  int state = 0;              ///< row of FrameState::actors
  float box_xyxy_px[4] = {};  ///< of its silhouette inside the frame, half-open
  float visibility = 0;       ///< share of that silhouette not hidden, [0, 1]
  bool truncated = false;     ///< it reaches beyond the frame
  float distance_m = 0;
};

struct RenderedFrame {
  std::vector<uint8_t> rgb;  ///< [kHeight_px, kWidth_px, 3] sRGB
  std::vector<Sighting> sightings;
};

/// Renders frames of any drive; holds the buffers, so keep one per thread.
class Renderer {
 public:
  Renderer();
  RenderedFrame render(const Drive& drive, const FrameState& frame);

 private:
  void set_stage(const Drive& drive, const FrameState& frame, const Atmosphere& air);
  void draw_surfaces();
  void lay_patches();
  void shade_mirror(const Shader& shader, const Atmosphere& air);
  void shade_frame(const Shader& shader);
  Rgb reflection_at(int x_px, int y_px) const;
  std::vector<Sighting> measure(const FrameState& frame);

  Stage stage_;
  VisibilityBuffer visible_, mirror_visible_;
  SilhouetteMeter meter_;
  Canvas canvas_, mirror_;
  std::vector<GroundLight> laid_;  ///< [kHeight_px, kWidth_px]
  bool wet_ = false;
};

}  // namespace sightline
