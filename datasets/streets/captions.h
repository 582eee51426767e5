#pragma once
#include <string>
#include <vector>

#include "datasets/streets/drive.h"
#include "datasets/streets/renderer.h"

namespace sightline {

/// Three to five true sentences about a frame. They mention only what is at least 20 px tall and
/// at least 0.4 visible, and never deny anything.
std::vector<std::string> write_captions(const Drive& drive, const FrameState& frame,
                                        const std::vector<Sighting>& sightings);

}  // namespace sightline
