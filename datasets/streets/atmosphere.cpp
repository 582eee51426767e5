#include "datasets/streets/atmosphere.h"

#include "datasets/streets/random.h"

namespace sightline {
namespace {

void set_day(Atmosphere& air, Random& random) {
  air.sun = Rgb{1.0f, 0.93f, 0.8f} * 1.55f;
  air.sky_light = {0.50f, 0.58f, 0.74f};
  air.ground_light = {0.26f, 0.25f, 0.23f};
  air.zenith = {0.13f, 0.31f, 0.74f};
  air.horizon = {0.66f, 0.80f, 0.95f};
  air.cloud_cover = random.between(0.1f, 0.55f);
  air.exposure = 1.0f;
}

void set_dusk(Atmosphere& air, Random& random) {
  air.sun = Rgb{1.0f, 0.50f, 0.22f} * 0.75f;
  air.sky_light = {0.30f, 0.27f, 0.40f};
  air.ground_light = {0.20f, 0.13f, 0.12f};
  air.zenith = {0.09f, 0.11f, 0.30f};
  air.horizon = random.chance(0.5f) ? Rgb{1.0f, 0.46f, 0.16f} : Rgb{0.95f, 0.42f, 0.34f};
  air.cloud_cover = random.between(0.25f, 0.6f);
  air.lamps = 0.6f;
  air.headlights = 0.35f;
  air.exposure = 1.1f;
  air.lights_on = true;
  air.stars = 0.1f;
}

void set_night(Atmosphere& air, Random& random) {
  air.sun = Rgb{0.5f, 0.62f, 1.0f} * 0.05f;
  air.sky_light = {0.055f, 0.068f, 0.125f};
  air.ground_light = {0.035f, 0.033f, 0.04f};
  air.zenith = {0.004f, 0.007f, 0.022f};
  air.horizon = {0.026f, 0.034f, 0.075f};
  air.cloud_cover = random.between(0.0f, 0.35f);
  air.lamps = 1;
  air.headlights = 1;
  air.exposure = 1.9f;
  air.stars = 1;
  air.lights_on = true;
}

/// A closed grey deck keeps the sun out and evens the light.
void overcast(Atmosphere& air, float grey) {
  const auto greyed = [](Rgb c, float share) {
    const float luma = 0.3f * c.x + 0.55f * c.y + 0.15f * c.z;
    return lerp(c, Rgb{luma, luma * 1.01f, luma * 1.05f}, share);
  };
  air.sky_light = greyed(air.sky_light + air.sun * 0.25f, 0.8f);
  air.ground_light = greyed(air.ground_light, 0.6f);
  air.sun = air.sun * 0.06f;
  air.zenith = greyed(lerp(air.zenith, air.horizon, 0.55f), 0.8f) * grey;
  air.horizon = greyed(air.horizon, 0.72f) * (0.55f + 0.45f * grey);
  air.stars = 0;
  air.cloud_cover = 1;
}

}  // namespace

Atmosphere make_atmosphere(const Drive& drive) {
  Random random(drive.seed, 11);
  Atmosphere air;
  const TimeOfDay time = drive.time_of_day;
  if (time == TimeOfDay::kDay)
    set_day(air, random);
  else if (time == TimeOfDay::kDusk)
    set_dusk(air, random);
  else
    set_night(air, random);
  const float azimuth = time == TimeOfDay::kDusk
                            ? random.between(-2.2f, 2.2f)
                            : (random.chance(0.6f) ? 3.1416f + random.between(-0.8f, 0.8f)
                                                   : random.between(-2.9f, 2.9f));
  const float elevation =
      time == TimeOfDay::kDusk ? random.between(0.16f, 0.28f) : random.between(0.65f, 1.1f);
  air.sun_direction = {std::sin(azimuth) * std::cos(elevation), std::sin(elevation),
                       std::cos(azimuth) * std::cos(elevation)};
  air.fog_density = 0.0011f;
  if (time == TimeOfDay::kDusk && drive.weather != Weather::kClear) {
    // Behind clouds dusk is the blue hour.
    air.horizon = {0.40f, 0.34f, 0.46f};
    air.sky_light = {0.24f, 0.24f, 0.36f};
    air.lamps = 0.8f;
  }
  switch (drive.weather) {
    case Weather::kClear:
      break;
    case Weather::kRain:
      overcast(air, 0.72f);
      air.fog_density = 0.006f;
      air.wetness = 1;
      air.halo = 1.6f;
      break;
    case Weather::kSnow:
      overcast(air, 0.92f);
      air.fog_density = 0.0075f;
      air.snow = 1;
      air.halo = 1.6f;
      break;
    case Weather::kFog:
      overcast(air, 0.95f);
      air.fog_density = random.between(0.017f, 0.029f);
      air.halo = 1.9f;
      break;
  }
  if (drive.weather != Weather::kClear && time != TimeOfDay::kNight) air.lights_on = true;
  if (drive.weather == Weather::kFog) air.zenith = lerp(air.zenith, air.horizon, 0.75f);
  air.fog = lerp(air.horizon, air.zenith, 0.15f);
  if (time == TimeOfDay::kNight && drive.weather != Weather::kClear) {
    air.fog = air.fog * 1.35f;
    air.horizon = lerp(air.horizon, air.fog, 0.7f);
  }
  return air;
}

}  // namespace sightline
