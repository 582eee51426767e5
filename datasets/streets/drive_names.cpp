#include "datasets/streets/drive.h"

namespace sightline {
namespace {
constexpr const char* kClasses[] = {"car",           "van",       "truck",      "bus",
                                    "motorcycle",    "bicycle",   "pedestrian", "dog",
                                    "traffic light", "stop sign", "cone"};
constexpr const char* kColours[] = {"red",   "blue",   "green",  "yellow", "white",
                                    "black", "silver", "orange", "brown"};
constexpr const char* kTimes[] = {"day", "dusk", "night"};
constexpr const char* kWeathers[] = {"clear", "rain", "snow", "fog"};
constexpr const char* kPlaces[] = {"downtown", "suburb",  "highway",
                                   "park",     "village", "industrial"};
}  // namespace

const char* name_of(ObjectClass value) { return kClasses[static_cast<int>(value)]; }
const char* name_of(Colour value) { return kColours[static_cast<int>(value)]; }
const char* name_of(TimeOfDay value) { return kTimes[static_cast<int>(value)]; }
const char* name_of(Weather value) { return kWeathers[static_cast<int>(value)]; }
const char* name_of(Place value) { return kPlaces[static_cast<int>(value)]; }

}  // namespace sightline
