#include <algorithm>
#include <cmath>

#include "datasets/streets/drive.h"
#include "datasets/streets/place.h"
#include "datasets/streets/traffic.h"

namespace sightline {
namespace {

constexpr float kStep_s = 0.1f;
constexpr float kView_m = 130;

struct Conditions {
  TimeOfDay time_of_day;
  Weather weather;
};

/// Conditions are dealt from a shuffled deck, so that few drives already show all of them.
Conditions deal_conditions(uint64_t seed, int number) {
  constexpr int kDeck = 24;
  std::vector<Conditions> deck;
  const auto add = [&](TimeOfDay time, Weather weather, int copies) {
    deck.insert(deck.end(), static_cast<size_t>(copies), {time, weather});
  };
  for (Weather weather : {Weather::kClear, Weather::kRain, Weather::kSnow, Weather::kFog}) {
    const int extra = weather == Weather::kClear ? 1 : 0;
    add(TimeOfDay::kDay, weather, 2 + 2 * extra);
    add(TimeOfDay::kDusk, weather, 1 + extra);
    add(TimeOfDay::kNight, weather, 2 + 1 * extra);
  }
  deck.resize(kDeck, {TimeOfDay::kDay, Weather::kClear});
  Random random(seed, 1000 + static_cast<uint64_t>((number - 1) / kDeck));
  random.shuffle(deck);
  return deck[static_cast<size_t>((number - 1) % kDeck)];
}

/// Each class is featured equally often: three decks of all classes over eleven drives.
std::vector<ObjectClass> deal_classes(uint64_t seed, int number) {
  Random random(seed, 500000 + static_cast<uint64_t>((number - 1) / kClassCount));
  std::vector<ObjectClass> sequence;
  for (int copy = 0; copy < 3; ++copy) {
    std::vector<ObjectClass> deck;
    for (int i = 0; i < kClassCount; ++i) deck.push_back(static_cast<ObjectClass>(i));
    random.shuffle(deck);
    sequence.insert(sequence.end(), deck.begin(), deck.end());
  }
  const size_t first = static_cast<size_t>((number - 1) % kClassCount) * 3;
  std::vector<ObjectClass> dealt;
  for (size_t i = first; i < first + 3; ++i) {
    if (std::find(dealt.begin(), dealt.end(), sequence[i]) == dealt.end())
      dealt.push_back(sequence[i]);
  }
  return dealt;
}

/// Places come from a deck too; a motorway swaps what does not belong there for what does.
Place deal_place(uint64_t seed, int number, std::vector<ObjectClass>& featured, Random& random) {
  constexpr int kDeck = 13;
  std::vector<Place> deck = {Place::kDowntown};
  for (int i = 0; i < kDeck - 1; ++i) deck.push_back(static_cast<Place>(i % 6));
  Random dealer(seed, 900000 + static_cast<uint64_t>((number - 1) / kDeck));
  dealer.shuffle(deck);
  const Place place = deck[static_cast<size_t>((number - 1) % kDeck)];
  if (place != Place::kHighway) return place;
  for (ObjectClass& kind : featured) {
    if (kind >= ObjectClass::kBicycle && kind <= ObjectClass::kStopSign)
      kind = static_cast<ObjectClass>(random.below(5));
  }
  return place;
}

float road_curvature(Place place, float phase, float s) {
  const float sharpness = place == Place::kHighway                            ? 0.0012f
                          : place == Place::kPark || place == Place::kVillage ? 0.0035f
                                                                              : 0.0013f;
  return sharpness * std::sin(phase + s * 0.011f) * std::sin(phase * 1.7f + s * 0.0043f);
}

int start_second(TimeOfDay time, Random& random) {
  const int hour = time == TimeOfDay::kDay    ? 9 + random.below(7)
                   : time == TimeOfDay::kDusk ? 17
                                              : 20 + random.below(3);
  return hour * 3600 + random.below(3000);
}

}  // namespace

Drive simulate_drive(uint64_t seed, int number, int frame_count) {
  Random random(seed, static_cast<uint64_t>(number));
  Drive drive;
  drive.number = number;
  drive.seed = random.bits();
  const Conditions conditions = deal_conditions(seed, number);
  drive.time_of_day = conditions.time_of_day;
  drive.weather = conditions.weather;
  std::vector<ObjectClass> featured = deal_classes(seed, number);
  drive.place = deal_place(seed, number, featured, random);
  const bool calm = random.chance(0.13f);
  if (calm) featured.resize(1);
  const bool wants_crossing =
      random.chance(0.35f) || std::any_of(featured.begin(), featured.end(), [](ObjectClass kind) {
        return kind == ObjectClass::kTrafficLight || kind == ObjectClass::kStopSign;
      });
  const float length =
      320 + static_cast<float>(frame_count) * kStep_s * cruising_speed(drive.place);
  drive.road = make_road(drive.place, length, wants_crossing, random);
  drive.props = make_props(drive.place, drive.road, length, random);
  drive.latitude = random.between(48.2f, 49.2f);
  drive.longitude = random.between(8.2f, 9.4f);
  drive.start_second_of_day = start_second(drive.time_of_day, random);

  const float bend_phase = random.between(0, 20);
  Traffic traffic(drive, featured, calm, random);
  Ego ego;
  ego.x = drive.road.lane_middle(
      drive.place == Place::kHighway ? random.below(drive.road.lanes_each_way) : 0);
  const float lane_x = ego.x;
  ego.speed = cruising_speed(drive.place) * random.between(0.3f, 1.0f);
  ego.heading = random.between(0, 6.28f);
  for (int i = 0; i < frame_count; ++i) {
    ego.curvature = road_curvature(drive.place, bend_phase, ego.s);
    traffic.populate_until(ego.s + kView_m, ego);
    FrameState frame{i * static_cast<double>(kStep_s), ego, {}};
    traffic.append_states(ego, frame.actors);
    drive.frames.push_back(std::move(frame));
    ego.acceleration = traffic.step(kStep_s, ego);
    ego.x += std::clamp(traffic.wanted_x(ego, lane_x) - ego.x, -0.1f, 0.1f) *
             std::min(1.0f, ego.speed / 4);
    ego.speed = std::max(0.0f, ego.speed + ego.acceleration * kStep_s);
    const float moved = ego.speed * kStep_s;
    ego.s += moved;
    ego.heading += ego.curvature * moved;
    ego.north_m += std::cos(ego.heading) * moved;
    ego.east_m += std::sin(ego.heading) * moved;
  }
  return drive;
}

}  // namespace sightline
