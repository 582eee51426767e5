#include <cmath>

#include "datasets/streets/noise.h"
#include "datasets/streets/random.h"
#include "datasets/streets/shader.h"

namespace sightline {
namespace {

Rgb window_light(float pick) {
  if (pick < 0.5f) return {1.05f, 0.72f, 0.34f};
  if (pick < 0.8f) return {1.0f, 0.84f, 0.55f};
  return {0.62f, 0.78f, 0.95f};
}

Texel facade(const Material& m, float u, float v, float footprint) {
  const uint32_t seed = m.seed;
  const bool shops = (seed & 1u) == 0;
  const float spacing = 1.9f + 0.25f * static_cast<float>(seed >> 4 & 7u),
              floor_height = shops ? 3.1f : 2.6f;
  const float width = spacing * (0.42f + 0.05f * static_cast<float>(seed >> 8 & 7u));
  Texel out{m.albedo, {}, 0};
  out.albedo = out.albedo * (0.90f + 0.2f * noise_tile().at(u * 7, v * 7));
  if ((seed >> 12 & 3u) == 0 && footprint < 0.12f) {
    // Brick courses.
    out.albedo = out.albedo * (1 - 0.22f * covered_by_stripes(v, footprint, 0.22f, 0, 0.035f));
  }
  const float base = shops ? 4.0f : 0.35f;
  if (shops && v < base) {
    const float pane =
        covered_by_stripes(u, footprint, 3.6f, 0.35f, 3.25f) * covered(v, footprint, 0.5f, 2.7f);
    const float sign =
        covered(v, footprint, 3.0f, 3.65f) * covered_by_stripes(u, footprint, 7.2f, 0.4f, 6.8f);
    const int shop = static_cast<int>(floor_of(u / 7.2f));
    const Rgb sign_colour{0.08f + 0.5f * cell_noise(shop, 1, seed),
                          0.08f + 0.35f * cell_noise(shop, 2, seed),
                          0.08f + 0.4f * cell_noise(shop, 3, seed)};
    out.albedo = lerp(lerp(out.albedo * 0.7f, sign_colour, sign), {0.03f, 0.035f, 0.04f}, pane);
    out.gloss = pane;
    const float goods =
        0.6f + 0.6f * noise_tile().at(u * 22, v * 16 + static_cast<float>(seed & 63u));
    if (m.lit_share > 0 && cell_noise(shop, 9, seed) < 0.75f)
      out.emissive =
          Rgb{1.0f, 0.82f, 0.52f} * (pane * goods * 1.1f * std::min(1.0f, m.lit_share * 2)) +
          sign_colour * (sign * 0.5f);
    return out;
  }
  const float rise = v - base, fade = footprint / spacing, left = (spacing - width) / 2;
  const Repeat across(u, footprint, spacing), up(rise, footprint, floor_height);
  const float frame_across = across.stripe(left - 0.11f, left + width + 0.11f),
              frame_up = up.stripe(0.62f, 2.34f);
  const float frame = frame_across * frame_up, sill = frame_across * up.stripe(0.56f, 0.66f);
  const float bar = across.stripe(spacing / 2 - 0.035f, spacing / 2 + 0.035f);
  const float pane = across.stripe(left, left + width) * up.stripe(0.75f, 2.25f) * (1 - bar * 0.8f);
  const Rgb trim = (seed >> 15 & 1u) ? Rgb{0.72f, 0.71f, 0.68f} : m.albedo * 0.55f;
  out.albedo = lerp(out.albedo, trim, std::max(frame * 0.9f, sill));
  const int column = static_cast<int>(floor_of(u / spacing)),
            storey = static_cast<int>(floor_of(rise / floor_height));
  const float pick = cell_noise(column, storey, seed);
  const float curtain = pick > 0.6f ? 0.16f : 0.0f;
  out.albedo = lerp(out.albedo, Rgb{0.025f, 0.03f, 0.038f} + Rgb{1, 0.95f, 0.85f} * curtain, pane);
  out.gloss = pane * 0.9f;
  if (m.lit_share > 0) {
    const float lit = fade > 0.5f ? m.lit_share : (pick < m.lit_share ? 1.0f : 0.0f);
    const float inside = rise / floor_height - floor_of(rise / floor_height);
    out.emissive = window_light(cell_noise(column, storey, seed + 77)) *
                   (pane * lit * lerp(0.55f, 0.95f, inside));
  }
  return out;
}

Texel panels(const Material& m, float u, float v, float footprint) {
  Texel out{m.albedo, {}, m.gloss};
  const float ridge = footprint < 0.35f ? covered_by_stripes(u, footprint, 0.5f, 0, 0.12f) : 0.24f;
  out.albedo =
      out.albedo * (1.04f - 0.22f * ridge) * (0.93f + 0.14f * noise_tile().at(u * 2.5f, v * 2.5f));
  const float band = covered(v, footprint, 0, 0.6f);
  out.albedo = lerp(out.albedo, {0.22f, 0.22f, 0.22f}, band);
  const float glass =
      covered(v, footprint, 5.4f, 6.3f) * covered_by_stripes(u, footprint, 4.0f, 0.4f, 3.6f);
  out.albedo = lerp(out.albedo, {0.03f, 0.035f, 0.04f}, glass);
  out.gloss = lerp(out.gloss, 0.9f, glass);
  if (m.lit_share > 0 && cell_noise(static_cast<int>(floor_of(u / 4)), 3, m.seed) < m.lit_share)
    out.emissive = Rgb{0.85f, 0.9f, 0.85f} * (glass * 0.8f);
  return out;
}

}  // namespace

Texel sample_texture(const Material& m, float u, float v, float footprint) {
  switch (m.texture) {
    case Texture::kFacade:
      return facade(m, u, v, footprint);
    case Texture::kPanels:
      return panels(m, u, v, footprint);
    case Texture::kLeaves: {
      // Light and dark leaves, melting into one green where they are too small to see.
      const float leaf = noise_tile().at(u * 52 + v * 9, v * 52 - u * 9) - 0.5f,
                  twig = noise_tile().at(u * 13, v * 13) - 0.5f;
      return {m.albedo * (1 + 1.5f * leaf / (1 + footprint * 8) + 0.6f * twig), {}, 0};
    }
    default:
      return {m.albedo, m.emissive, m.gloss};
  }
}

}  // namespace sightline
