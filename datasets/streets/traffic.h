#pragma once
#include "datasets/streets/drive.h"
#include "datasets/streets/random.h"

namespace sightline {

/// What an agent is doing; it keeps doing it.
enum class Behaviour : uint8_t {
  kFixed,
  kDrivesAlong,
  kDrivesAgainst,
  kCrossesOnSideRoad,
  kWalksAlong,
  kCrossesRoad
};

struct Agent {
  ActorState state;
  Behaviour behaviour{};
  float wanted_speed = 0;
  float phase = 0;  ///< seconds into a traffic light's cycle
};

/// The agents of a drive: populated block by block ahead of the ego car, moved at 10 Hz.
class Traffic {
 public:
  /// `featured` classes appear in every block, others seldom; `calm` drives hold at most a few
  /// agents.
  Traffic(Drive& drive, std::vector<ObjectClass> featured, bool calm, Random& random);

  /// Fills the road up to `s_end`, for an ego car at `ego`.
  void populate_until(float s_end, const Ego& ego);
  /// Moves everything by `dt_s` and returns the ego car's acceleration.
  float step(float dt_s, const Ego& ego);
  /// Where across the road the ego car wants to be: beside its lane's middle while it passes a
  /// cyclist.
  float wanted_x(const Ego& ego, float lane_x) const;
  /// Appends the agents worth drawing.
  void append_states(const Ego& ego, std::vector<ActorState>& out) const;

 private:
  void add_class(ObjectClass kind, float s_begin, float s_end, const Ego& ego);
  void add_vehicle(ObjectClass kind, float s_begin, float s_end, const Ego& ego);
  void add_walker(ObjectClass kind, float s_begin, float s_end);
  void add_cones(float s_begin, float s_end);
  void add_signals(ObjectClass kind, float s_begin, float s_end);
  int add_actor(ObjectClass kind);
  void set_phase(float phase_s);
  bool place_agent(ObjectClass kind, Behaviour behaviour, float x, float s, float heading,
                   float speed);
  bool is_free(float x, float s, float half_width, float half_length) const;
  float gap_acceleration(const Agent& agent, const Ego& ego) const;

  Drive& drive_;
  std::vector<ObjectClass> featured_;
  bool calm_;
  Random& random_;
  std::vector<Agent> agents_;
  float populated_until_ = 6;
  bool first_block_ = true;
};

}  // namespace sightline
