#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace sightline {

enum class ObjectClass : uint8_t {
  kCar,
  kVan,
  kTruck,
  kBus,
  kMotorcycle,
  kBicycle,
  kPedestrian,
  kDog,
  kTrafficLight,
  kStopSign,
  kCone
};
inline constexpr int kClassCount = 11;
enum class Colour : uint8_t {
  kRed,
  kBlue,
  kGreen,
  kYellow,
  kWhite,
  kBlack,
  kSilver,
  kOrange,
  kBrown
};
inline constexpr int kColourCount = 9;
enum class TimeOfDay : uint8_t { kDay, kDusk, kNight };
enum class Weather : uint8_t { kClear, kRain, kSnow, kFog };
enum class Place : uint8_t { kDowntown, kSuburb, kHighway, kPark, kVillage, kIndustrial };

const char* name_of(ObjectClass value);
const char* name_of(Colour value);
const char* name_of(TimeOfDay value);
const char* name_of(Weather value);
const char* name_of(Place value);

/// Something labelled. Its size is that of the upright box around it, in metres.
struct Actor {
  ObjectClass kind{};
  Colour colour{};
  int track_id = 0;
  uint32_t look = 0;  ///< seed of the details of its shape
  float width = 0, height = 0, length = 0;
};

/// Where an actor is in one frame, in road coordinates: x metres right of the road's middle, s
/// metres along it.
struct ActorState {
  int actor = 0;  ///< row of Drive::actors
  float x = 0, s = 0;
  float heading = 0;  ///< radians; 0 drives along +s, positive turns right
  float speed = 0;    ///< m/s
  float stride = 0;   ///< metres walked or rolled so far; drives legs and wheels
  bool braking = false;
  Colour colour{};  ///< the lit lamp of a traffic light, otherwise the actor's own
};

/// Scenery: unlabelled.
enum class PropKind : uint8_t {
  kBlock,
  kHouse,
  kWarehouse,
  kChurch,
  kTree,
  kConifer,
  kBush,
  kLamp,
  kRail,
  kFence,
  kBench,
  kHedge
};
struct Prop {
  PropKind kind{};
  float x = 0, s = 0;                       ///< middle of the base
  float width = 0, height = 0, length = 0;  ///< across the road, up, along the road; metres
  uint32_t look = 0;
};

/// The road's cross-section, the same on both sides of its middle; metres.
struct Road {
  int lanes_each_way = 1;
  float lane_width = 3.4f;
  float parking_width = 0;
  float pavement_width = 2.4f;
  bool median = false;                ///< a barrier instead of a painted middle
  bool paved_beyond = false;          ///< a plaza rather than grass behind the pavement
  std::vector<float> crossings = {};  ///< s of the middle of each side road
  float crossing_half_width = 4.0f;

  float half_width() const { return lanes_each_way * lane_width + parking_width; }
  float lane_middle(int lane_from_kerb) const {
    return (lanes_each_way - lane_from_kerb - 0.5f) * lane_width;
  }
};

struct Ego {
  float x = 0, s = 0, speed = 0, acceleration = 0;
  float curvature = 0;  ///< 1/m, positive bends right
  float heading = 0;    ///< of the road, radians clockwise from north
  double north_m = 0, east_m = 0;
};

struct FrameState {
  double time_s = 0;
  Ego ego;
  std::vector<ActorState> actors;
};

/// One continuous simulated scene at 10 Hz.
struct Drive {
  int number = 1;  ///< 1-based
  uint64_t seed = 0;
  Place place{};
  Weather weather{};
  TimeOfDay time_of_day{};
  Road road;
  float latitude = 0, longitude = 0;
  int start_second_of_day = 0;
  std::vector<Prop> props;  ///< sorted by s
  std::vector<Actor> actors;
  std::vector<FrameState> frames;
};

/// Simulates drive `number` of the world `seed`: a function of its arguments alone.
Drive simulate_drive(uint64_t seed, int number, int frame_count);

}  // namespace sightline
