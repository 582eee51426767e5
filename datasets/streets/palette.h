#pragma once
#include "datasets/streets/drive.h"
#include "datasets/streets/surface.h"

namespace sightline {

/// The linear paint of a colour name.
inline Rgb paint_of(Colour colour) {
  switch (colour) {
    case Colour::kRed:
      return {0.62f, 0.022f, 0.022f};
    case Colour::kBlue:
      return {0.018f, 0.085f, 0.58f};
    case Colour::kGreen:
      return {0.02f, 0.30f, 0.055f};
    case Colour::kYellow:
      return {0.86f, 0.60f, 0.015f};
    case Colour::kWhite:
      return {0.84f, 0.85f, 0.86f};
    case Colour::kBlack:
      return {0.014f, 0.014f, 0.017f};
    case Colour::kSilver:
      return {0.36f, 0.38f, 0.41f};
    case Colour::kOrange:
      return {0.90f, 0.22f, 0.008f};
    default:
      return {0.17f, 0.075f, 0.03f};
  }
}

inline Material matt(Rgb albedo, float gloss = 0) {
  return {.albedo = albedo, .emissive = {}, .gloss = gloss};
}
inline Material glowing(Rgb emissive) {
  return {.albedo = {0.05f, 0.05f, 0.05f}, .emissive = emissive};
}

}  // namespace sightline
