#include "datasets/streets/place.h"

#include <algorithm>
#include <cmath>

namespace sightline {
namespace {

class Planner {
 public:
  Planner(const Road& road, float length_m, Random& random)
      : road_(road), length_(length_m), random_(random) {}

  bool near_crossing(float s, float margin) const {
    for (float c : road_.crossings) {
      if (std::fabs(s - c) < road_.crossing_half_width + margin) return true;
    }
    return false;
  }
  void put(PropKind kind, float x, float s, float w, float h, float l) {
    props_.push_back({kind, x, s, w, h, l, static_cast<uint32_t>(random_.bits())});
  }
  /// A row of lots on one side (-1 left, +1 right), leaving side roads open.
  template <class Put>
  void row(int side, float lot_min, float lot_max, float gap_min, float gap_max, Put put_lot) {
    for (float s = -30 + random_.between(0, 8); s < length_;) {
      const float lot = random_.between(lot_min, lot_max);
      if (!near_crossing(s + lot / 2, lot / 2 + 1.5f)) put_lot(side, s + lot / 2, lot);
      s += near_crossing(s + lot / 2, lot / 2 + 1.5f) ? 2.0f
                                                      : lot + random_.between(gap_min, gap_max);
    }
  }
  void trees(float offset_min, float offset_max, float every, float conifer_share, float height) {
    for (int side : {-1, 1}) {
      for (float s = -20 + random_.between(0, every); s < length_;
           s += every * random_.between(0.6f, 1.5f)) {
        if (near_crossing(s, 4)) continue;
        const float tall = height * random_.between(0.7f, 1.3f);
        const bool conifer = random_.chance(conifer_share);
        const float x = side * (kerb() + random_.between(offset_min, offset_max));
        put(conifer ? PropKind::kConifer : PropKind::kTree, x, s, tall * (conifer ? 0.45f : 0.65f),
            tall, tall * 0.6f);
      }
    }
  }
  void lamps(float every, float offset) {
    int side = random_.chance(0.5f) ? 1 : -1;
    for (float s = -10 + random_.between(0, every); s < length_; s += every) {
      if (!near_crossing(s, 1)) put(PropKind::kLamp, side * (kerb() + offset), s, 0.2f, 6.5f, 0.2f);
      side = -side;
    }
  }
  void strip(PropKind kind, int side, float offset, float height, float piece) {
    for (float s = -30; s < length_; s += piece) {
      if (!near_crossing(s + piece / 2, piece / 2))
        put(kind, side * (kerb() + offset), s + piece / 2, 0.2f, height, piece);
    }
  }
  float kerb() const { return road_.half_width(); }
  float beyond() const { return road_.half_width() + road_.pavement_width; }
  Random& random() { return random_; }
  std::vector<Prop> take() {
    std::stable_sort(props_.begin(), props_.end(),
                     [](const Prop& a, const Prop& b) { return a.s < b.s; });
    return std::move(props_);
  }

 private:
  const Road& road_;
  float length_;
  Random& random_;
  std::vector<Prop> props_;
};

void plan_downtown(Planner& plan) {
  Random& random = plan.random();
  for (int side : {-1, 1}) {
    plan.row(side, 12, 24, 0, 1.0f, [&](int which, float s, float lot) {
      const float depth = random.between(12, 18), height = random.between(9, 34);
      plan.put(PropKind::kBlock, which * (plan.beyond() + 0.3f + depth / 2), s, depth, height, lot);
    });
  }
  plan.lamps(24, 0.6f);
  if (random.chance(0.7f)) plan.trees(0.9f, 1.4f, 17, 0, 5.5f);
}

void plan_suburb(Planner& plan) {
  Random& random = plan.random();
  for (int side : {-1, 1}) {
    plan.row(side, 9, 14, 4, 10, [&](int which, float s, float lot) {
      const float depth = random.between(8, 10);
      plan.put(PropKind::kHouse, which * (plan.beyond() + random.between(4, 7) + depth / 2), s,
               depth, random.between(4.2f, 6.2f), lot);
    });
    if (random.chance(0.6f))
      plan.strip(random.chance(0.5f) ? PropKind::kHedge : PropKind::kFence, side,
                 plan.beyond() - plan.kerb() + 0.6f, 1.0f, 6);
  }
  plan.trees(plan.beyond() - plan.kerb() + 1.2f, plan.beyond() - plan.kerb() + 3.5f, 19, 0.25f,
             6.5f);
  plan.lamps(30, 0.5f);
}

void plan_highway(Planner& plan) {
  for (int side : {-1, 1}) plan.strip(PropKind::kRail, side, 1.2f, 0.75f, 8);
  plan.trees(9, 45, 6, 0.5f, 9);
  if (plan.random().chance(0.6f)) plan.lamps(42, 2.0f);
}

void plan_park(Planner& plan) {
  plan.trees(plan.beyond() - plan.kerb() + 0.8f, 8, 9, 0.1f, 8);
  plan.trees(9, 30, 4.5f, 0.35f, 9);
  Random& random = plan.random();
  for (int i = 0; i < 40; ++i) {
    const int side = random.chance(0.5f) ? 1 : -1;
    const float s = random.between(-10, 260);
    if (plan.near_crossing(s, 3)) continue;
    if (random.chance(0.3f))
      plan.put(PropKind::kBench, side * (plan.beyond() + 0.6f), s, 0.6f, 0.9f, 1.8f);
    else
      plan.put(PropKind::kBush, side * (plan.beyond() + random.between(1.5f, 9)), s, 1.6f, 1.1f,
               1.6f);
  }
  plan.lamps(32, 0.7f);
}

void plan_village(Planner& plan) {
  Random& random = plan.random();
  for (int side : {-1, 1}) {
    plan.row(side, 7, 12, 0.5f, 9, [&](int which, float s, float lot) {
      const float depth = random.between(7, 9);
      const bool church = random.chance(0.06f);
      plan.put(church ? PropKind::kChurch : PropKind::kHouse,
               which * (plan.beyond() + random.between(0.6f, 3) + depth / 2), s, depth,
               church ? 9.0f : random.between(3.6f, 5.4f), lot);
    });
  }
  plan.trees(plan.beyond() - plan.kerb() + 0.6f, 14, 13, 0.2f, 7);
  plan.lamps(36, 0.4f);
}

void plan_industrial(Planner& plan) {
  Random& random = plan.random();
  for (int side : {-1, 1}) {
    plan.row(side, 22, 44, 6, 16, [&](int which, float s, float lot) {
      const float depth = random.between(18, 26);
      plan.put(PropKind::kWarehouse, which * (plan.beyond() + random.between(4, 9) + depth / 2), s,
               depth, random.between(7, 11), lot);
    });
    if (random.chance(0.7f))
      plan.strip(PropKind::kFence, side, plan.beyond() - plan.kerb() + 1.0f, 1.9f, 6);
  }
  plan.lamps(34, 0.6f);
}

}  // namespace

float cruising_speed(Place place) {
  switch (place) {
    case Place::kDowntown:
      return 8.5f;
    case Place::kSuburb:
      return 8;
    case Place::kHighway:
      return 24;
    case Place::kPark:
      return 6;
    case Place::kVillage:
      return 7;
    default:
      return 8.5f;
  }
}

Road make_road(Place place, float length_m, bool wants_crossing, Random& random) {
  Road road;
  switch (place) {
    case Place::kDowntown:
      road = {.lanes_each_way = random.chance(0.6f) ? 2 : 1,
              .lane_width = 3.3f,
              .parking_width = random.chance(0.6f) ? 2.3f : 0,
              .pavement_width = 3.6f,
              .paved_beyond = true};
      break;
    case Place::kSuburb:
      road = {.lane_width = 3.3f, .parking_width = 2.2f, .pavement_width = 2.0f};
      break;
    case Place::kHighway:
      road = {.lanes_each_way = random.chance(0.5f) ? 3 : 2,
              .lane_width = 3.7f,
              .parking_width = 2.2f,
              .pavement_width = 0,
              .median = true};
      break;
    case Place::kPark:
      road = {.lane_width = 3.1f, .pavement_width = 2.6f};
      break;
    case Place::kVillage:
      road = {.lane_width = 3.0f,
              .parking_width = random.chance(0.5f) ? 2.0f : 0,
              .pavement_width = 1.6f};
      break;
    case Place::kIndustrial:
      road = {.lane_width = 3.8f, .parking_width = 2.7f, .pavement_width = 1.8f};
      break;
  }
  if (place == Place::kHighway) return road;
  if (place == Place::kDowntown) road.crossing_half_width = 5.5f;
  float s = wants_crossing ? random.between(24, 36) : random.between(45, 140);
  for (; s < length_m; s += random.between(85, 150)) road.crossings.push_back(s);
  return road;
}

std::vector<Prop> make_props(Place place, const Road& road, float length_m, Random& random) {
  Planner plan(road, length_m, random);
  switch (place) {
    case Place::kDowntown:
      plan_downtown(plan);
      break;
    case Place::kSuburb:
      plan_suburb(plan);
      break;
    case Place::kHighway:
      plan_highway(plan);
      break;
    case Place::kPark:
      plan_park(plan);
      break;
    case Place::kVillage:
      plan_village(plan);
      break;
    case Place::kIndustrial:
      plan_industrial(plan);
      break;
  }
  return plan.take();
}

}  // namespace sightline
