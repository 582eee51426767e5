#include "datasets/streets/traffic.h"

#include <algorithm>
#include <cmath>

#include "datasets/streets/place.h"

namespace sightline {
namespace {

constexpr float kPi = 3.14159265f;
constexpr float kLightCycle_s = 16;

bool is_vehicle(ObjectClass kind) { return kind <= ObjectClass::kBicycle; }
bool is_walker(ObjectClass kind) {
  return kind == ObjectClass::kPedestrian || kind == ObjectClass::kDog;
}

Colour lamp_at(float phase_s) {
  const float at = std::fmod(phase_s, kLightCycle_s);
  return at < 6.5f ? Colour::kRed : at < 12.5f ? Colour::kGreen : Colour::kYellow;
}

/// Intelligent-driver acceleration towards `wanted` with an obstacle `gap` metres ahead moving at
/// `lead_speed`.
float follow(float speed, float wanted, float gap, float lead_speed) {
  const float ratio = speed / std::max(wanted, 0.1f);
  const float desired = 3.0f + speed * 1.2f + speed * (speed - lead_speed) / 4.5f;
  const float squeeze = std::max(desired, 1.0f) / std::max(gap, 0.5f);
  return std::clamp(2.0f * (1 - ratio * ratio * ratio * ratio - squeeze * squeeze), -7.0f, 2.0f);
}

}  // namespace

Traffic::Traffic(Drive& drive, std::vector<ObjectClass> featured, bool calm, Random& random)
    : drive_(drive), featured_(std::move(featured)), calm_(calm), random_(random) {}

void Traffic::populate_until(float s_end, const Ego& ego) {
  constexpr float kBlock_m = 42;
  while (populated_until_ < s_end) {
    const float begin = populated_until_, end = begin + kBlock_m;
    for (ObjectClass kind : featured_) {
      if (!first_block_ && random_.chance(calm_ ? 0.75f : 0.22f)) continue;
      const int count = calm_ ? 1 : 1 + random_.weighted({0.62f, 0.27f, 0.11f});
      const bool alone = kind == ObjectClass::kCone || kind == ObjectClass::kTrafficLight ||
                         kind == ObjectClass::kStopSign;
      for (int i = 0; i < (alone ? 1 : count); ++i) {
        const float reach = first_block_ ? begin + (i == 0 ? 12.0f : 24.0f) : end;
        add_class(kind, begin, reach, ego);
      }
    }
    if (!calm_ && random_.chance(0.3f)) add_class(ObjectClass::kCar, begin + 10, end, ego);
    if (!calm_ && drive_.place != Place::kHighway && random_.chance(0.12f))
      add_class(ObjectClass::kPedestrian, begin + 5, end, ego);
    if (drive_.place == Place::kHighway && !calm_ && random_.chance(0.2f))
      add_vehicle(ObjectClass::kTruck, begin + 10, end, ego);
    populated_until_ = end;
    first_block_ = false;
  }
}

void Traffic::add_class(ObjectClass kind, float s_begin, float s_end, const Ego& ego) {
  if (is_vehicle(kind))
    add_vehicle(kind, s_begin, s_end, ego);
  else if (is_walker(kind))
    add_walker(kind, s_begin, s_end);
  else if (kind == ObjectClass::kCone)
    add_cones(s_begin, s_end);
  else
    add_signals(kind, s_begin, s_end);
}

int Traffic::add_actor(ObjectClass kind) {
  struct Size {
    float width, height, length;
  };
  constexpr Size kSizes[] = {{1.82f, 1.46f, 4.3f},  {2.0f, 2.35f, 5.3f},  {2.5f, 3.5f, 8.4f},
                             {2.55f, 3.15f, 11.5f}, {0.8f, 1.6f, 2.1f},   {0.6f, 1.75f, 1.75f},
                             {0.6f, 1.76f, 0.5f},   {0.32f, 0.68f, 1.0f}, {0.5f, 1.25f, 0.4f},
                             {0.95f, 0.95f, 0.1f},  {0.48f, 0.78f, 0.48f}};
  const Size size = kSizes[static_cast<int>(kind)];
  Actor actor{kind, static_cast<Colour>(random_.below(kColourCount)),
              static_cast<int>(drive_.actors.size()), static_cast<uint32_t>(random_.bits())};
  if (kind == ObjectClass::kDog)
    actor.colour = std::vector{Colour::kBrown, Colour::kBlack,
                               Colour::kWhite}[static_cast<size_t>(random_.below(3))];
  if (kind == ObjectClass::kCone) actor.colour = Colour::kOrange;
  if (kind == ObjectClass::kStopSign || kind == ObjectClass::kTrafficLight)
    actor.colour = Colour::kRed;
  const float scale = kind <= ObjectClass::kTruck || kind >= ObjectClass::kPedestrian
                          ? random_.between(0.93f, 1.08f)
                          : 1.0f;
  actor.width = size.width * (is_vehicle(kind) ? 1 : scale);
  actor.height = size.height * scale;
  actor.length = size.length * scale;
  drive_.actors.push_back(actor);
  return actor.track_id;
}

bool Traffic::is_free(float x, float s, float half_width, float half_length) const {
  for (const Agent& other : agents_) {
    const Actor& actor = drive_.actors[static_cast<size_t>(other.state.actor)];
    const bool across = std::fabs(std::sin(other.state.heading)) > 0.7f;
    const float w = (across ? actor.length : actor.width) / 2,
                l = (across ? actor.width : actor.length) / 2;
    if (std::fabs(other.state.x - x) < w + half_width + 0.25f &&
        std::fabs(other.state.s - s) < l + half_length + 1.2f)
      return false;
  }
  return true;
}

bool Traffic::place_agent(ObjectClass kind, Behaviour behaviour, float x, float s, float heading,
                          float speed) {
  const int row = add_actor(kind);
  const Actor& actor = drive_.actors.back();
  const bool across = std::fabs(std::sin(heading)) > 0.7f;
  if (!is_free(x, s, (across ? actor.length : actor.width) / 2,
               (across ? actor.width : actor.length) / 2)) {
    drive_.actors.pop_back();
    return false;
  }
  Agent agent{
      {row, x, s, heading, speed, random_.between(0, 2), false, actor.colour}, behaviour, speed, 0};
  agents_.push_back(agent);
  return true;
}

void Traffic::add_vehicle(ObjectClass kind, float s_begin, float s_end, const Ego& ego) {
  const Road& road = drive_.road;
  const float cruise = cruising_speed(drive_.place);
  const bool bicycle = kind == ObjectClass::kBicycle;
  const bool parkable = drive_.place != Place::kHighway && !bicycle &&
                        (road.parking_width > 0 || kind <= ObjectClass::kVan);
  const bool crossable =
      !road.crossings.empty() && road.crossings[0] < s_end + 20 && road.crossings[0] > ego.s + 12;
  for (int attempt = 0; attempt < 8; ++attempt) {
    constexpr float kHalfLengths[] = {2.1f, 2.6f, 4.2f, 5.7f, 1, 1};
    const float s = random_.between(s_begin, s_end) + kHalfLengths[static_cast<int>(kind)];
    const float park_x = road.half_width() - std::max(road.parking_width, 1.6f) / 2;
    const int mode =
        random_.weighted({parkable ? 0.22f : 0, parkable ? 0.12f : 0, 0.26f, 0.28f,
                          crossable ? 0.2f : 0, road.lanes_each_way > 1 && !bicycle ? 0.2f : 0});
    const float kerb_x = road.half_width() - road.parking_width - 0.6f;
    if (mode <= 1 && std::fabs(s - (road.crossings.empty() ? 1e6f : road.crossings[0])) <
                         road.crossing_half_width + 5)
      continue;
    bool placed = false;
    if (mode == 0) placed = place_agent(kind, Behaviour::kFixed, park_x, s + 1, 0, 0);
    if (mode == 1) placed = place_agent(kind, Behaviour::kFixed, -park_x, s + 1, kPi, 0);
    if (mode == 2) {
      const float x = bicycle ? kerb_x : road.lane_middle(0);
      placed = place_agent(
          kind, Behaviour::kDrivesAlong, x, s + (bicycle ? 0 : 2.5f), 0,
          bicycle ? random_.between(3.5f, 5.5f) : cruise * random_.between(0.85f, 1.05f));
    }
    if (mode == 3) {
      const float x = bicycle ? -kerb_x : -road.lane_middle(random_.below(road.lanes_each_way));
      placed = place_agent(kind, Behaviour::kDrivesAgainst, x, s + random_.between(2, 14), kPi,
                           bicycle ? random_.between(3, 5) : cruise * random_.between(0.5f, 0.9f));
    }
    if (mode == 4) {
      const float side = random_.chance(0.5f) ? 1.0f : -1.0f;
      const float lane_s = road.crossings[0] - side * -1.8f;
      const float speed = bicycle ? 3.5f : random_.between(2.5f, 5.5f);
      placed = place_agent(kind, Behaviour::kCrossesOnSideRoad, -side * random_.between(-1, 11),
                           lane_s, side * kPi / 2, speed);
    }
    if (mode == 5) {
      const int lane = 1 + random_.below(road.lanes_each_way - 1);
      placed = place_agent(kind, Behaviour::kDrivesAlong, road.lane_middle(lane),
                           s + random_.between(-2, 8), 0, cruise * random_.between(1.0f, 1.25f));
    }
    if (placed) return;
  }
}

void Traffic::add_walker(ObjectClass kind, float s_begin, float s_end) {
  const Road& road = drive_.road;
  const bool dog = kind == ObjectClass::kDog;
  if (dog) s_end = std::min(s_end, s_begin + 20);
  for (int attempt = 0; attempt < 8; ++attempt) {
    const float side = random_.chance(0.6f) ? 1.0f : -1.0f;
    const float s = random_.between(s_begin + 1, s_end);
    const float speed = random_.between(1.0f, 1.7f);
    const int mode = random_.weighted({0.5f, 0.2f, 0.3f});
    const float pavement_x = side * (road.half_width() + 0.4f +
                                     random_.unit() * std::max(road.pavement_width - 0.8f, 0.3f));
    bool placed = false;
    if (mode == 0) {
      const float heading = random_.chance(0.5f) ? 0 : kPi;
      placed = place_agent(kind, Behaviour::kWalksAlong, pavement_x, s, heading, speed);
      if (placed && !dog && random_.chance(0.3f))
        place_agent(kind, Behaviour::kWalksAlong, pavement_x + side * 0.75f, s + 0.2f, heading,
                    speed);
    }
    if (mode == 1)
      placed = place_agent(kind, Behaviour::kFixed, side * (road.half_width() + 0.5f), s,
                           random_.between(-kPi, kPi), 0);
    if (mode == 2)
      placed = place_agent(kind, Behaviour::kCrossesRoad,
                           side * random_.between(0, road.half_width() + 0.5f), s + 6,
                           -side * kPi / 2, speed);
    if (placed) return;
  }
}

void Traffic::add_cones(float s_begin, float s_end) {
  const Road& road = drive_.road;
  const int count = 2 + random_.below(4);
  const float start = random_.between(s_begin, std::max(s_begin + 1, s_end - 14));
  const bool taper = random_.chance(0.5f);
  const float side = random_.chance(0.75f) ? 1.0f : -1.0f;
  const float x = road.half_width() - road.parking_width - 0.3f;
  for (int i = 0; i < count; ++i) {
    place_agent(ObjectClass::kCone, Behaviour::kFixed, side * (x - (taper ? 0.25f * i : 0)),
                start + 2.6f * i, 0, 0);
  }
}

void Traffic::set_phase(float phase_s) {
  Agent& agent = agents_.back();
  agent.phase = phase_s;
  if (drive_.actors[static_cast<size_t>(agent.state.actor)].kind == ObjectClass::kTrafficLight)
    agent.state.colour = lamp_at(phase_s);
}

void Traffic::add_signals(ObjectClass kind, float s_begin, float s_end) {
  const Road& road = drive_.road;
  const float phase = random_.between(0, kLightCycle_s);
  for (float crossing : road.crossings) {
    if (crossing < s_begin || crossing > s_end + 20) continue;
    const float before = crossing - road.crossing_half_width - 1.2f;
    const float right = road.half_width() + 0.7f;
    if (!is_free(right, before, 0.2f, 0.2f)) continue;
    place_agent(kind, Behaviour::kFixed, right, before, 0, 0);
    set_phase(phase);
    if (kind == ObjectClass::kTrafficLight) {
      if (place_agent(kind, Behaviour::kFixed, -right, crossing + road.crossing_half_width + 1.2f,
                      0, 0))
        set_phase(phase);
    }
    return;
  }
  // Away from side roads they guard a pedestrian crossing.
  const float s = random_.between(s_begin + 8, std::max(s_begin + 9, s_end + 8));
  if (place_agent(kind, Behaviour::kFixed, road.half_width() + 0.7f, s, 0, 0)) set_phase(phase);
}

float Traffic::gap_acceleration(const Agent& agent, const Ego& ego) const {
  const float direction = agent.behaviour == Behaviour::kDrivesAgainst ? -1.0f : 1.0f;
  float gap = 1e6f, lead_speed = 0;
  for (const Agent& other : agents_) {
    if (&other == &agent || other.behaviour == Behaviour::kCrossesOnSideRoad) continue;
    if (std::fabs(other.state.x - agent.state.x) > 1.6f) continue;
    const float ahead = (other.state.s - agent.state.s) * direction;
    if (ahead <= 0) continue;
    const float lengths = (drive_.actors[static_cast<size_t>(other.state.actor)].length +
                           drive_.actors[static_cast<size_t>(agent.state.actor)].length) /
                          2;
    if (ahead - lengths < gap) {
      gap = ahead - lengths;
      lead_speed = other.behaviour == agent.behaviour ? other.state.speed : 0;
    }
  }
  if (direction > 0 && std::fabs(ego.x - agent.state.x) < 1.6f && ego.s > agent.state.s) {
    gap = std::min(gap, ego.s - agent.state.s - 4.5f);
    lead_speed = ego.speed;
  }
  return follow(agent.state.speed, agent.wanted_speed, gap, lead_speed);
}

float Traffic::step(float dt_s, const Ego& ego) {
  const Road& road = drive_.road;
  std::erase_if(agents_,
                [&](const Agent& agent) { return std::fabs(agent.state.s - ego.s - 100) > 200; });
  float gap = 1e6f, lead_speed = 0;
  const auto obstruct = [&](float at, float speed) {
    if (at < gap) gap = at, lead_speed = speed;
  };
  for (Agent& agent : agents_) {
    ActorState& state = agent.state;
    const Actor& actor = drive_.actors[static_cast<size_t>(state.actor)];
    if (agent.behaviour == Behaviour::kDrivesAlong ||
        agent.behaviour == Behaviour::kDrivesAgainst) {
      const float acceleration = gap_acceleration(agent, ego);
      state.braking = acceleration < -0.8f;
      state.speed = std::max(0.0f, state.speed + acceleration * dt_s);
    }
    state.x += std::sin(state.heading) * state.speed * dt_s;
    state.s += std::cos(state.heading) * state.speed * dt_s;
    state.stride += state.speed * dt_s;
    const float ahead = state.s - ego.s;
    if (actor.kind == ObjectClass::kTrafficLight) {
      agent.phase += dt_s;
      state.colour = lamp_at(agent.phase);
      if (state.colour != Colour::kGreen && ahead > 3 && state.x > 0) obstruct(ahead - 4, 0);
      continue;
    }
    if (actor.kind == ObjectClass::kStopSign) {
      if (ahead > 5) obstruct(ahead - 4, 1.5f);
      continue;
    }
    const bool crossing = agent.behaviour == Behaviour::kCrossesOnSideRoad ||
                          agent.behaviour == Behaviour::kCrossesRoad;
    const float reach = actor.width / 2 + 1.2f;
    const float heading_in = state.x * std::sin(state.heading) < 0 ? 7.0f : 0.0f;
    if (crossing && ahead > 3 &&
        std::fabs(state.x - ego.x) < (heading_in > 0 ? road.half_width() + heading_in : 2.5f))
      obstruct(ahead - 5.5f, 0);
    else if (!crossing && ahead > 0 && std::fabs(state.x - ego.x) < reach)
      obstruct(ahead - actor.length / 2 - 2.5f,
               agent.behaviour == Behaviour::kDrivesAlong ? state.speed : 0);
  }
  return follow(ego.speed, cruising_speed(drive_.place), gap, lead_speed);
}

float Traffic::wanted_x(const Ego& ego, float lane_x) const {
  for (const Agent& agent : agents_) {
    const bool cyclist =
        drive_.actors[static_cast<size_t>(agent.state.actor)].kind == ObjectClass::kBicycle;
    const float ahead = agent.state.s - ego.s;
    if (cyclist && agent.behaviour == Behaviour::kDrivesAlong && ahead > -3 && ahead < 14 &&
        std::fabs(agent.state.x - lane_x) < 1.7f)
      return lane_x - 1.2f;
  }
  return lane_x;
}

void Traffic::append_states(const Ego& ego, std::vector<ActorState>& out) const {
  for (const Agent& agent : agents_) {
    const float ahead = agent.state.s - ego.s;
    if (ahead > -9 && ahead < 140 && std::fabs(agent.state.x) < 60) out.push_back(agent.state);
  }
}

}  // namespace sightline
