#include "datasets/streets/captions.h"

#include <algorithm>
#include <cmath>

#include "datasets/streets/random.h"

namespace sightline {
namespace {

using Words = std::vector<std::string>;

constexpr float kLeastHeight_px = 20;
constexpr float kLeastVisibility = 0.4f;

struct Mention {
  ObjectClass kind{};
  Colour colour{};
  bool parked = false, oncoming = false, crossing = false, ahead = false;
  float height_px = 0;
};

const Words& nouns(ObjectClass kind) {
  static const Words kNouns[] = {{"car", "car", "car", "sedan", "automobile"},
                                 {"van", "van", "delivery van", "minivan"},
                                 {"truck", "truck", "lorry"},
                                 {"bus", "bus", "city bus", "coach"},
                                 {"motorcycle", "motorcycle", "motorbike"},
                                 {"bicycle", "bicycle", "bike", "cyclist"},
                                 {"pedestrian", "person", "pedestrian"},
                                 {"dog"},
                                 {"traffic light", "traffic light", "traffic signal", "stoplight"},
                                 {"stop sign"},
                                 {"cone", "traffic cone", "traffic cone"}};
  return kNouns[static_cast<int>(kind)];
}

std::string plural(const std::string& noun) {
  if (noun == "person") return "people";
  if (noun == "bus" || noun == "city bus" || noun == "coach") return noun + "es";
  return noun == "lorry" ? "lorries" : noun + "s";
}

std::string with_article(const std::string& phrase) {
  return (std::string("aeiou").find(phrase[0]) != std::string::npos ? "an " : "a ") + phrase;
}

/// Writes the sentences of one frame.
class Writer {
 public:
  Writer(const Drive& drive, std::vector<Mention> mentions, bool empty, Random random)
      : drive_(drive), mentions_(std::move(mentions)), empty_(empty), random_(random) {}

  Words write() {
    const size_t wanted = 3 + static_cast<size_t>(random_.below(3));
    add(scene());
    if (mentions_.empty()) {
      while (captions_.size() < 3) add(scene());
      return captions_;
    }
    for (int attempt = 0; captions_.size() < wanted && attempt < 40; ++attempt) {
      switch (random_.weighted({1.0f, 1.6f, 1.8f, mentions_.size() > 1 ? 1.6f : 0, 0.9f, 0.5f})) {
        case 0:
          add(opened(plain(one())));
          break;
        case 1:
          add(opened(coloured(one())));
          break;
        case 2:
          add(with_conditions(random_.chance(0.75f) ? coloured(one()) : plain(one())));
          break;
        case 3:
          add(pair());
          break;
        case 4:
          add(counted());
          break;
        default:
          add(scene());
          break;
      }
    }
    return captions_;
  }

 private:
  void add(const std::string& caption) {
    if (!caption.empty() &&
        std::find(captions_.begin(), captions_.end(), caption) == captions_.end())
      captions_.push_back(caption);
  }
  const std::string& pick(const Words& words) { return random_.pick(words); }

  std::string time() {
    static const Words kTimes[] = {{"by day", "during the day", "in daylight"},
                                   {"at dusk", "at dusk", "at sunset", "in the evening"},
                                   {"at night", "at night", "after dark", "in the dark"}};
    return pick(kTimes[static_cast<int>(drive_.time_of_day)]);
  }
  std::string weather() {
    static const Words kWeathers[] = {
        {"in clear weather", "under a clear sky", "in good weather"},
        {"in the rain", "in the rain", "in rainy weather", "on a wet road"},
        {"in the snow", "in the snow", "in snowy weather", "while it snows"},
        {"in the fog", "in the fog", "in thick fog", "in foggy weather"}};
    return pick(kWeathers[static_cast<int>(drive_.weather)]);
  }
  std::string place() {
    static const Words kPlaces[] = {
        {"downtown", "in the city centre", "on a city street", "in the city"},
        {"in a suburb", "on a residential street", "in a suburban street"},
        {"on the highway", "on a motorway", "on a highway"},
        {"in a park", "on a road through a park", "among the trees of a park"},
        {"in a village", "on a village street"},
        {"in an industrial area", "near warehouses", "in an industrial district"}};
    return pick(kPlaces[static_cast<int>(drive_.place)]);
  }
  std::string conditions() {
    switch (random_.below(6)) {
      case 0:
        return time();
      case 1:
        return weather();
      case 2:
        return place();
      case 3:
        return weather() + " " + time();
      case 4:
        return place() + " " + time();
      default:
        return place() + " " + weather();
    }
  }
  std::string scene() {
    static const Words kRoads[] = {
        {"a downtown street", "a city street", "a street with tall buildings"},
        {"a suburban street", "a residential street", "a street with houses"},
        {"a highway", "a motorway"},
        {"a road through a park", "a park road with trees"},
        {"a village street", "a street in a village"},
        {"an industrial street", "a road past warehouses"}};
    static const Words kPlain = {"a street", "a road", "a driving scene", "a street scene",
                                 "the view from a car"};
    static const Words kAdjectives[4][3] = {
        {{"clear", "bright"}, {"clear"}, {"clear"}},
        {{"rainy", "wet"}, {"rainy", "wet"}, {"rainy", "wet"}},
        {{"snowy", "snow-covered"}, {"snowy"}, {"snowy"}},
        {{"foggy", "misty"}, {"foggy", "misty"}, {"foggy", "misty"}}};
    static const Words kTimeNouns = {"day", "evening", "night"};
    const int t = static_cast<int>(drive_.time_of_day), w = static_cast<int>(drive_.weather);
    const std::string road =
        random_.chance(0.6f) ? pick(kRoads[static_cast<int>(drive_.place)]) : pick(kPlain);
    if (empty_ && random_.chance(0.5f))
      return pick({"an empty road ", "a quiet street ", "an empty street "}) + conditions();
    switch (random_.below(8)) {
      case 0:
        return road + " " + time();
      case 1:
        return road + " " + weather();
      case 2:
        return road + " " + weather() + " " + time();
      case 3:
        return road + " " + time() + " " + weather();
      case 4:
        return with_article(pick(kAdjectives[w][t])) + " " + kTimeNouns[static_cast<size_t>(t)] +
               " " + place();
      case 5:
        return pick({"driving ", "a drive ", "the scene "}) + place() + " " + time();
      case 6:
        return t == 2   ? pick({"night", "a night scene", "a dark street"})
               : t == 1 ? pick({"dusk", "an evening scene", "sunset"})
                        : pick({"daytime", "a street by day"});
      default:
        return w == 0 ? road + " " + time()
                      : pick(w == 1   ? Words{"rain", "rainy weather", "a wet road"}
                             : w == 2 ? Words{"snow", "snowfall", "a snowy road"}
                                      : Words{"fog", "a foggy road", "thick fog"});
    }
  }

  /// Larger things are spoken of more.
  const Mention& one() {
    std::vector<float> weights;
    for (const Mention& m : mentions_) weights.push_back(std::sqrt(m.height_px));
    return mentions_[static_cast<size_t>(random_.weighted(weights))];
  }
  std::string colour_word(Colour colour) {
    return colour == Colour::kSilver && random_.chance(0.3f) ? pick({"grey", "gray"})
                                                             : name_of(colour);
  }
  std::string doing(const Mention& m, const std::string& phrase) {
    if (!random_.chance(0.3f)) return with_article(phrase);
    if (m.kind == ObjectClass::kPedestrian && m.crossing)
      return with_article(phrase) + pick({" crossing the road", " crossing the street"});
    if (m.kind == ObjectClass::kPedestrian || m.kind == ObjectClass::kDog)
      return with_article(phrase) + (m.crossing ? "" : pick({" on the pavement", " by the road"}));
    if (m.kind > ObjectClass::kBicycle) return with_article(phrase);
    if (m.parked) return with_article("parked " + phrase);
    if (m.oncoming) return with_article("oncoming " + phrase);
    if (m.crossing) return with_article(phrase) + " crossing";
    return m.ahead ? with_article(phrase) + pick({" ahead", " in front"}) : with_article(phrase);
  }
  std::string plain(const Mention& m) { return doing(m, pick(nouns(m.kind))); }
  std::string coloured(const Mention& m) {
    const std::string colour = colour_word(m.colour);
    if (m.kind == ObjectClass::kPedestrian && random_.chance(0.75f)) {
      return with_article(pick({"person", "pedestrian", "person", "walker"})) +
             pick({" in ", " wearing ", " dressed in "}) + colour;
    }
    if (m.kind == ObjectClass::kTrafficLight && random_.chance(0.35f))
      return pick({"a traffic light showing ", "the traffic light is ", "the light is "}) + colour;
    if (m.kind == ObjectClass::kBicycle && random_.chance(0.25f)) return "a cyclist in " + colour;
    std::string noun = pick(nouns(m.kind));
    if (noun == "cyclist") noun = "bicycle";
    if (noun == "stoplight") noun = "light";
    return doing(m, colour + " " + noun);
  }
  std::string opened(const std::string& phrase) {
    if (phrase.find(" is ") != std::string::npos || random_.chance(0.65f)) return phrase;
    return pick({"a photo of ", "there is ", "a picture of ", "a view of "}) + phrase;
  }
  std::string with_conditions(const std::string& phrase) {
    if (phrase.find(" is ") != std::string::npos) return phrase + " " + time();
    if (random_.chance(0.2f))
      return pick({time() + ", ", weather() + ", ", place() + ", "}) + phrase;
    return phrase + " " + conditions();
  }
  std::string pair() {
    const Mention first = one();
    std::vector<Mention> others;
    for (const Mention& m : mentions_) {
      if (m.kind != first.kind || m.colour != first.colour) others.push_back(m);
    }
    if (others.empty()) return {};
    const Mention second = random_.pick(others);
    const bool alike = first.kind == second.kind;
    const auto phrase = [&](const Mention& m) {
      return alike || random_.chance(0.5f)
                 ? with_article(colour_word(m.colour) + " " + name_of(m.kind))
                 : with_article(pick(nouns(m.kind)));
    };
    const std::string joined =
        phrase(first) + pick({" and ", " and ", " with ", " next to "}) + phrase(second);
    return random_.chance(0.25f) ? joined + " " + conditions() : joined;
  }
  std::string counted() {
    const Mention& sample = one();
    const bool by_colour = random_.chance(0.35f);
    const auto count = std::count_if(mentions_.begin(), mentions_.end(), [&](const Mention& m) {
      return m.kind == sample.kind && (!by_colour || m.colour == sample.colour);
    });
    if (count < 2) return {};
    static const Words kNumbers = {"", "", "two", "three", "four", "five", "six"};
    const std::string number = count > 6 || random_.chance(0.2f)
                                   ? (count > 2 ? "several" : "two")
                                   : kNumbers[static_cast<size_t>(count)];
    const std::string things = number + " " + (by_colour ? colour_word(sample.colour) + " " : "") +
                               plural(pick(nouns(sample.kind)));
    return random_.chance(0.4f) ? things + " " + conditions() : things;
  }

  const Drive& drive_;
  std::vector<Mention> mentions_;
  bool empty_;
  Random random_;
  Words captions_;
};

}  // namespace

std::vector<std::string> write_captions(const Drive& drive, const FrameState& frame,
                                        const std::vector<Sighting>& sightings) {
  std::vector<Mention> mentions;
  bool empty = true;
  for (const Sighting& s : sightings) {
    const ActorState& state = frame.actors[static_cast<size_t>(s.state)];
    const Actor& actor = drive.actors[static_cast<size_t>(state.actor)];
    const float height = s.box_xyxy_px[3] - s.box_xyxy_px[1];
    if (height >= 12) empty = false;
    if (height < kLeastHeight_px || s.visibility < kLeastVisibility) continue;
    const bool across = std::fabs(std::sin(state.heading)) > 0.7f;
    Mention m{actor.kind, state.colour};
    m.parked = state.speed < 0.01f && !across &&
               std::fabs(state.x) > drive.road.half_width() - 2.6f &&
               actor.kind <= ObjectClass::kMotorcycle;
    m.oncoming = !across && std::cos(state.heading) < 0 && state.speed > 0.5f;
    m.crossing = across && state.speed > 0.1f;
    m.ahead = !across && std::cos(state.heading) > 0 && std::fabs(state.x - frame.ego.x) < 1.5f;
    m.height_px = height;
    mentions.push_back(m);
  }
  return Writer(drive, std::move(mentions), empty,
                Random(drive.seed, 90000 + static_cast<uint64_t>(frame.time_s * 10 + 0.5)))
      .write();
}

}  // namespace sightline
