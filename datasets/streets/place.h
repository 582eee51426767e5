#pragma once
#include "datasets/streets/drive.h"
#include "datasets/streets/random.h"

namespace sightline {

/// The road of a place, with side roads up to `length_m` along it.
Road make_road(Place place, float length_m, bool wants_crossing, Random& random);

/// Buildings, trees and street furniture on both sides from s = -30 to `length_m`, sorted by s.
std::vector<Prop> make_props(Place place, const Road& road, float length_m, Random& random);

/// The speed a driver keeps there on a free road, m/s.
float cruising_speed(Place place);

}  // namespace sightline
