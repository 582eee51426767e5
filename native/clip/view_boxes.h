#pragma once

#include <cstdint>
#include <vector>

#include "native/base/view.h"

namespace sightline {

// The largest square in the middle of an image; the odd pixel is left over on the right or below.
PixelBox centre_square(uint32_t width_px, uint32_t height_px);

// The views an image is embedded through: the centre square (kWhole) first, then, for an image
// more than 1.25 times longer than it is broad, squares of its short side (kTile) in order along
// the long side, evenly spaced, about a quarter overlapping, together covering the first pixel to
// the last. A tile that coincides with the centre square is left out. At most 32 tiles: beyond an
// aspect ratio of 24 they stop overlapping and leave gaps. Nothing for an image without pixels.
std::vector<View> view_boxes(uint32_t width_px, uint32_t height_px);

// A square around a detected box (x0, y0, x1, y1 in pixels, may be fractional or reach outside):
// its longer side and a tenth more, moved to lie inside the image, cut where the image is too
// small. Always a non-empty box inside the image. Requires an image with pixels.
PixelBox crop_box(float x0, float y0, float x1, float y1, uint32_t width_px, uint32_t height_px);

// The same view in a differently scaled copy of its image, as decoded from a JPEG at reduced size:
// the centre square stays the centre square. A non-empty box inside the copy.
PixelBox scale_view(const View& view, uint32_t from_width_px, uint32_t from_height_px,
                    uint32_t to_width_px, uint32_t to_height_px);

}  // namespace sightline
