#include <cmath>

#include "datasets/streets/palette.h"
#include "datasets/streets/random.h"
#include "datasets/streets/shapes.h"

namespace sightline {
namespace {

Rgb wall_colour(Random& random) {
  static const std::vector<Rgb> kWalls = {
      {0.42f, 0.22f, 0.15f}, {0.55f, 0.47f, 0.36f}, {0.60f, 0.56f, 0.50f},
      {0.34f, 0.36f, 0.38f}, {0.50f, 0.36f, 0.24f}, {0.62f, 0.52f, 0.34f},
      {0.30f, 0.20f, 0.16f}, {0.46f, 0.50f, 0.52f}, {0.58f, 0.42f, 0.36f}};
  return random.pick(kWalls) * random.between(0.8f, 1.1f);
}

void draw_block(Stage& stage, const Prop& prop, const Atmosphere& air) {
  Random random(prop.look);
  Brush brush(stage, prop.x, prop.s, 0);
  const Material* wall = stage.keep({.albedo = wall_colour(random),
                                     .emissive = {},
                                     .texture = Texture::kFacade,
                                     .seed = prop.look,
                                     .lit_share = air.lamps * random.between(0.25f, 0.6f)});
  const Material* stone =
      stage.keep({.albedo = wall->albedo * 0.75f, .emissive = {}, .snowy = true});
  brush.textured_box({0, prop.height / 2, 0}, {prop.width / 2, prop.height / 2, prop.length / 2},
                     wall, stone);
  cast_box_shadow(stage, prop.x, prop.s, 0, prop.width / 2, prop.length / 2, prop.height, air);
  brush.box({0, prop.height + 0.2f, 0}, {prop.width / 2 + 0.3f, 0.28f, prop.length / 2 + 0.02f},
            stone);
  brush.box({0, 3.9f, 0}, {prop.width / 2 + 0.14f, 0.13f, prop.length / 2}, stone);
  if (random.chance(0.5f)) {
    // An awning over the shop on the street side.
    const float side = prop.x > 0 ? -1.0f : 1.0f, edge = side * (prop.width / 2);
    static const std::vector<Rgb> kCloth = {
        {0.45f, 0.05f, 0.04f}, {0.05f, 0.22f, 0.12f}, {0.06f, 0.12f, 0.32f}, {0.6f, 0.5f, 0.3f}};
    const Material* cloth =
        stage.keep({.albedo = random.pick(kCloth), .emissive = {}, .snowy = true});
    const float z = random.between(-0.25f, 0.25f) * prop.length, half = prop.length * 0.2f;
    const Vec3 sheet[4] = {{edge, 3.3f, z - half},
                           {edge, 3.3f, z + half},
                           {edge + side * 1.2f, 2.7f, z + half},
                           {edge + side * 1.2f, 2.7f, z - half}};
    brush.face(sheet, 4, {side, 1.5f, 0}, cloth, 0, nullptr, true);
    const Vec3 fringe[4] = {{edge + side * 1.2f, 2.45f, z - half},
                            {edge + side * 1.2f, 2.45f, z + half},
                            {edge + side * 1.2f, 2.7f, z + half},
                            {edge + side * 1.2f, 2.7f, z - half}};
    brush.face(fringe, 4, {side, 0, 0}, cloth, 0, nullptr, true);
  }
}

/// A ridge along the street or across it.
void draw_gable_roof(Brush& brush, float half_x, float half_z, float eaves, float rise, bool along,
                     const Material* roof, const Material* wall) {
  const float ox = half_x + 0.45f, oz = half_z + 0.45f;
  if (along) {
    for (float side : {-1.0f, 1.0f}) {
      const Vec3 slope[4] = {{side * ox, eaves - 0.15f, -oz},
                             {side * ox, eaves - 0.15f, oz},
                             {0, eaves + rise, oz},
                             {0, eaves + rise, -oz}};
      brush.face(slope, 4, {side * rise, half_x, 0}, roof, 0, nullptr, true);
      const Vec3 gable[3] = {{-half_x, eaves, side * half_z},
                             {half_x, eaves, side * half_z},
                             {0, eaves + rise * 0.96f, side * half_z}};
      brush.face(gable, 3, {0, 0, side}, wall);
    }
    return;
  }
  for (float side : {-1.0f, 1.0f}) {
    const Vec3 slope[4] = {{-ox, eaves - 0.15f, side * oz},
                           {ox, eaves - 0.15f, side * oz},
                           {ox, eaves + rise, 0},
                           {-ox, eaves + rise, 0}};
    brush.face(slope, 4, {0, half_z, side * rise}, roof, 0, nullptr, true);
    const Vec3 gable[3] = {{side * half_x, eaves, -half_z},
                           {side * half_x, eaves, half_z},
                           {side * half_x, eaves + rise * 0.96f, 0}};
    brush.face(gable, 3, {side, 0, 0}, wall);
  }
}

void draw_house(Stage& stage, const Prop& prop, const Atmosphere& air, bool church) {
  Random random(prop.look);
  Brush brush(stage, prop.x, prop.s, 0);
  static const std::vector<Rgb> kPlaster = {
      {0.72f, 0.68f, 0.60f}, {0.70f, 0.58f, 0.40f}, {0.50f, 0.22f, 0.15f}, {0.60f, 0.64f, 0.66f},
      {0.66f, 0.50f, 0.42f}, {0.74f, 0.72f, 0.70f}, {0.48f, 0.54f, 0.46f}};
  static const std::vector<Rgb> kTiles = {
      {0.34f, 0.11f, 0.07f}, {0.20f, 0.09f, 0.06f}, {0.10f, 0.10f, 0.11f}, {0.26f, 0.15f, 0.10f}};
  const Rgb plaster = church ? Rgb{0.66f, 0.62f, 0.54f} : random.pick(kPlaster);
  const Material* wall = stage.keep({.albedo = plaster,
                                     .emissive = {},
                                     .texture = Texture::kFacade,
                                     .seed = prop.look | 1u,
                                     .lit_share = air.lamps * 0.55f});
  const Material* plain = stage.keep({.albedo = plaster, .emissive = {}});
  const Material* roof =
      stage.keep({.albedo = random.pick(kTiles), .emissive = {}, .gloss = 0.06f, .snowy = true});
  brush.textured_box({0, prop.height / 2, 0}, {prop.width / 2, prop.height / 2, prop.length / 2},
                     wall, roof);
  const float rise = std::min(prop.width, prop.length) * random.between(0.38f, 0.52f);
  cast_box_shadow(stage, prop.x, prop.s, 0, prop.width / 2, prop.length / 2,
                  prop.height + rise * 0.5f, air);
  const bool along = random.chance(0.6f);
  draw_gable_roof(brush, prop.width / 2, prop.length / 2, prop.height, rise, along, roof, plain);
  if (church) {
    brush.textured_box({0, 8, prop.length / 2 + 1.6f}, {2, 8, 2}, wall, roof);
    brush.tapered_box({0, 19.5f, prop.length / 2 + 1.6f}, {2.2f, 3.5f, 2.2f}, -2.15f, -2.15f, roof);
  } else if (random.chance(0.7f)) {
    brush.box({prop.width * 0.18f, prop.height + rise * 0.8f, prop.length * 0.2f},
              {0.32f, 0.8f, 0.32f},
              stage.keep({.albedo = {0.30f, 0.14f, 0.10f}, .emissive = {}, .snowy = true}));
  }
}

void draw_warehouse(Stage& stage, const Prop& prop, const Atmosphere& air) {
  Random random(prop.look);
  Brush brush(stage, prop.x, prop.s, 0);
  static const std::vector<Rgb> kSheet = {{0.46f, 0.50f, 0.53f},
                                          {0.24f, 0.33f, 0.42f},
                                          {0.55f, 0.52f, 0.45f},
                                          {0.36f, 0.18f, 0.13f},
                                          {0.27f, 0.34f, 0.30f}};
  const Material* wall = stage.keep({.albedo = random.pick(kSheet),
                                     .emissive = {},
                                     .gloss = 0.05f,
                                     .texture = Texture::kPanels,
                                     .seed = prop.look,
                                     .lit_share = air.lamps * 0.4f});
  const Material* roof =
      stage.keep({.albedo = {0.25f, 0.26f, 0.27f}, .emissive = {}, .snowy = true});
  const Material* door = stage.keep(matt(lerp(wall->albedo, Rgb{0.75f, 0.75f, 0.72f}, 0.65f)));
  const Material* frame = stage.keep(matt({0.05f, 0.05f, 0.055f}));
  brush.textured_box({0, prop.height / 2, 0}, {prop.width / 2, prop.height / 2, prop.length / 2},
                     wall, roof);
  cast_box_shadow(stage, prop.x, prop.s, 0, prop.width / 2, prop.length / 2, prop.height, air);
  draw_gable_roof(brush, prop.width / 2, prop.length / 2, prop.height, 1.6f, random.chance(0.3f),
                  roof, roof);
  const float side = prop.x > 0 ? -1.0f : 1.0f, edge = side * (prop.width / 2 + 0.03f);
  for (float z = -prop.length / 2 + 5; z < prop.length / 2 - 3; z += 8.5f) {
    brush.box({edge, 2.2f, z}, {0.04f, 2.2f, 2.1f}, frame);
    brush.box({edge + side * 0.03f, 2.05f, z}, {0.04f, 2.05f, 1.9f}, door);
    if (air.lamps > 0.1f)
      brush.box({edge, 5.0f, z}, {0.12f, 0.10f, 0.3f}, stage.keep(glowing({2.2f, 1.7f, 1.0f})));
  }
  if (random.chance(0.35f))
    brush.tube({prop.width * 0.2f, prop.height, prop.length * 0.3f},
               {prop.width * 0.2f, prop.height + 12, prop.length * 0.3f}, 0.9f, 0.7f, 10,
               stage.keep(matt({0.40f, 0.24f, 0.18f})));
}

/// A crown of leaf clumps, each a small disc facing the camera and shaded as part of a round whole.
void draw_crown(Stage& stage, const Prop& prop, const Atmosphere& air, Vec3 middle, Vec3 radii,
                Rgb leaf, int clumps, uint64_t seed) {
  Random random(seed);
  const Camera& camera = stage.camera();
  const float distance = std::max(1.0f, prop.s - camera.s);
  const float detail = std::clamp(26.0f / distance, 0.28f, 1.0f);
  clumps = static_cast<int>(static_cast<float>(clumps) * detail);
  const float size = std::max(radii.x, radii.y) * 0.25f / std::sqrt(detail);
  const Material* tones[3];
  for (int i = 0; i < 3; ++i)
    tones[i] = stage.keep({.albedo = leaf * (0.72f + 0.26f * static_cast<float>(i)),
                           .emissive = {},
                           .texture = Texture::kLeaves,
                           .snowy = true});
  const Vec3 to_camera = normalized({camera.x - prop.x, 0, camera.s - prop.s});
  const Vec3 right{to_camera.z, 0, -to_camera.x};
  (void)air;
  for (int i = 0; i < clumps; ++i) {
    const float lift = random.between(-1, 1), angle = random.between(0, 6.2832f),
                reach = std::sqrt(1 - lift * lift) * std::cbrt(random.between(0.35f, 1.0f));
    const Vec3 n{std::cos(angle) * reach, lift, std::sin(angle) * reach};
    const Vec3 at = middle + n * radii;
    const float r = size * random.between(0.6f, 1.15f), spin = random.between(0, 1);
    const Material* tone = tones[random.below(3)];
    Vec3 rim[7], normals[7];
    for (int k = 0; k < 7; ++k) {
      const float a = 6.2832f * (static_cast<float>(k) + spin) / 7,
                  bumpy = r * random.between(0.55f, 1.2f);
      const Vec3 spread = right * std::cos(a) + Vec3{0, std::sin(a), 0};
      rim[k] = at + spread * bumpy;
      normals[k] = normalized(n * 1.25f + spread * 0.5f + to_camera * 0.3f);
    }
    stage.add(rim, normals, 7, to_camera, tone, 0, true);
  }
}

void draw_tree(Stage& stage, const Prop& prop, const Atmosphere& air) {
  Random random(prop.look);
  Brush brush(stage, prop.x, prop.s, 0);
  const Material* bark = stage.keep(matt({0.095f, 0.065f, 0.045f}));
  const float h = prop.height, trunk = h * 0.036f;
  brush.tube({0, 0, 0}, {0, h * 0.55f, 0}, trunk, trunk * 0.6f, 8, bark, false);
  brush.tube({0, h * 0.34f, 0}, {h * 0.16f, h * 0.58f, -h * 0.05f}, trunk * 0.5f, trunk * 0.3f, 6,
             bark, false);
  brush.tube({0, h * 0.38f, 0}, {-h * 0.15f, h * 0.60f, h * 0.05f}, trunk * 0.5f, trunk * 0.3f, 6,
             bark, false);
  static const std::vector<Rgb> kLeaves = {{0.085f, 0.21f, 0.035f},
                                           {0.12f, 0.24f, 0.04f},
                                           {0.06f, 0.17f, 0.05f},
                                           {0.20f, 0.22f, 0.04f},
                                           {0.10f, 0.19f, 0.03f}};
  const Rgb leaf = random.pick(kLeaves);
  draw_crown(stage, prop, air, {prop.x, h * 0.64f, prop.s},
             {prop.width * 0.46f, h * 0.30f, prop.width * 0.46f}, leaf, 190, prop.look);
  if (air.sun.x > 0.3f)
    cast_box_shadow(stage, prop.x, prop.s, 0, prop.width * 0.25f, prop.width * 0.25f, h * 0.8f,
                    air);
}

void draw_conifer(Stage& stage, const Prop& prop, const Atmosphere& air) {
  Brush brush(stage, prop.x, prop.s, static_cast<float>(prop.look % 7));
  const float h = prop.height, r = prop.width / 2;
  brush.tube({0, 0, 0}, {0, h * 0.2f, 0}, h * 0.025f, h * 0.02f, 6,
             stage.keep(matt({0.07f, 0.045f, 0.03f})), false);
  for (int tier = 0; tier < 5; ++tier) {
    const float t = static_cast<float>(tier) / 5;
    const Material* needles =
        stage.keep({.albedo = Rgb{0.022f, 0.085f, 0.035f} * (0.85f + 0.35f * t),
                    .emissive = {},
                    .snowy = true});
    brush.tube({0, h * (0.13f + 0.72f * t), 0}, {0, h * std::min(1.0f, 0.42f + 0.72f * t), 0},
               r * (1 - t * 0.82f), 0, 9, needles, false);
  }
  if (air.sun.x > 0.3f)
    cast_box_shadow(stage, prop.x, prop.s, 0, r * 0.5f, r * 0.5f, h * 0.8f, air);
}

void draw_lamp(Stage& stage, const Prop& prop, const Drive& drive, const Atmosphere& air) {
  Brush brush(stage, prop.x, prop.s, 0);
  const float side = prop.x > 0 ? -1.0f : 1.0f;
  const Material* steel = stage.keep(matt({0.12f, 0.13f, 0.135f}, 0.3f));
  const bool lit = air.lights_on && air.lamps > 0.1f;
  const bool warm = drive.seed % 3 != 0;
  const Rgb light = warm ? Rgb{1.0f, 0.68f, 0.32f} : Rgb{0.85f, 0.92f, 1.0f};
  const float h = prop.height;
  brush.tube({0, 0, 0}, {0, h, 0}, 0.09f, 0.055f, 7, steel, false);
  brush.tube({0, h - 0.05f, 0}, {side * 1.7f, h + 0.22f, 0}, 0.05f, 0.04f, 6, steel, false);
  brush.box({side * 1.9f, h + 0.20f, 0}, {0.38f, 0.06f, 0.14f}, steel);
  brush.box({side * 1.92f, h + 0.125f, 0}, {0.30f, 0.025f, 0.11f},
            stage.keep(lit ? glowing(light * 4.5f) : matt({0.7f, 0.7f, 0.68f}, 0.3f)));
  if (lit)
    stage.add_glow(brush.to_road({side * 1.92f, h + 0.08f, 0}), light * (0.9f * air.lamps), 0.42f);
}

void draw_bush(Stage& stage, const Prop& prop, const Atmosphere& air) {
  draw_crown(stage, prop, air, {prop.x, prop.height * 0.45f, prop.s},
             {prop.width * 0.5f, prop.height * 0.45f, prop.length * 0.5f}, {0.06f, 0.16f, 0.035f},
             40, prop.look);
}

}  // namespace

void draw_prop(Stage& stage, const Prop& prop, const Drive& drive, const Atmosphere& air) {
  Brush brush(stage, prop.x, prop.s, 0);
  switch (prop.kind) {
    case PropKind::kBlock:
      return draw_block(stage, prop, air);
    case PropKind::kHouse:
      return draw_house(stage, prop, air, false);
    case PropKind::kChurch:
      return draw_house(stage, prop, air, true);
    case PropKind::kWarehouse:
      return draw_warehouse(stage, prop, air);
    case PropKind::kTree:
      return draw_tree(stage, prop, air);
    case PropKind::kConifer:
      return draw_conifer(stage, prop, air);
    case PropKind::kBush:
      return draw_bush(stage, prop, air);
    case PropKind::kLamp:
      return draw_lamp(stage, prop, drive, air);
    case PropKind::kHedge:
      return brush.tapered_box({0, 0.55f, 0}, {0.45f, 0.55f, prop.length / 2}, -0.08f, 0,
                               stage.keep({.albedo = {0.05f, 0.13f, 0.03f},
                                           .emissive = {},
                                           .texture = Texture::kLeaves,
                                           .snowy = true,
                                           .seed = prop.look}));
    case PropKind::kRail: {
      const Material* steel = stage.keep(matt({0.42f, 0.43f, 0.44f}, 0.4f));
      brush.box({0, 0.62f, 0}, {0.05f, 0.15f, prop.length / 2}, steel);
      brush.box({0, 0.62f, 0}, {0.065f, 0.03f, prop.length / 2},
                stage.keep(matt({0.22f, 0.22f, 0.23f}, 0.3f)));
      for (float z : {-prop.length / 4, prop.length / 4})
        brush.box({0, 0.32f, z}, {0.04f, 0.32f, 0.06f}, steel);
      return;
    }
    case PropKind::kFence: {
      const bool wire = prop.height > 1.5f;
      const Material* wood =
          stage.keep(matt(wire ? Rgb{0.28f, 0.30f, 0.31f} : Rgb{0.62f, 0.58f, 0.52f}));
      for (float y : {prop.height * 0.3f, prop.height * 0.85f})
        brush.box({0, y, 0}, {0.025f, wire ? 0.02f : 0.05f, prop.length / 2}, wood);
      const float step = wire ? 1.5f : 0.5f;
      for (float z = -prop.length / 2 + step / 2; z < prop.length / 2; z += step)
        brush.box({0, prop.height / 2, z}, {0.03f, prop.height / 2, wire ? 0.03f : 0.06f}, wood);
      return;
    }
    case PropKind::kBench: {
      const Material* wood =
          stage.keep({.albedo = {0.26f, 0.14f, 0.06f}, .emissive = {}, .snowy = true});
      const float side = prop.x > 0 ? 1.0f : -1.0f;
      brush.box({0, 0.45f, 0}, {0.24f, 0.03f, 0.9f}, wood);
      brush.box({side * 0.24f, 0.72f, 0}, {0.03f, 0.16f, 0.9f}, wood);
      for (float z : {-0.7f, 0.7f})
        brush.box({0, 0.22f, z}, {0.2f, 0.22f, 0.03f}, stage.keep(matt({0.05f, 0.05f, 0.05f})));
      return;
    }
  }
}

}  // namespace sightline
