#include "native/clip/view_boxes.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace sightline {

TEST_CASE("a nearly square image has its centre square as the only view") {
  for (const auto& [width, height] : {std::pair{400u, 400u}, {500u, 400u}, {400u, 500u}}) {
    const auto views = view_boxes(width, height);
    REQUIRE(views.size() == 1);
    CHECK(views[0] == View{ViewKind::kWhole, centre_square(width, height)});
  }
}

TEST_CASE("a driving frame is covered by overlapping squares from its first pixel to its last") {
  const auto views = view_boxes(1242, 375);
  REQUIRE(views.size() == 5);
  CHECK(views[0] == View{ViewKind::kWhole, {433, 0, 808, 375}});
  CHECK(views[1] == View{ViewKind::kTile, {0, 0, 375, 375}});
  CHECK(views[2] == View{ViewKind::kTile, {216, 0, 591, 375}});
  CHECK(views[3] == View{ViewKind::kTile, {650, 0, 1025, 375}});
  CHECK(views[4] == View{ViewKind::kTile, {867, 0, 1242, 375}});
}

TEST_CASE("neighbouring squares overlap by about a quarter or more at every aspect ratio") {
  for (uint32_t length = 126; length <= 2400; ++length) {
    for (const bool wide : {true, false}) {
      const auto views = wide ? view_boxes(length, 100) : view_boxes(100, length);
      REQUIRE(views[0].kind == ViewKind::kWhole);
      std::vector<uint32_t> starts;
      for (const View& view : views) {
        REQUIRE(view.box.width_px() == 100);
        REQUIRE(view.box.height_px() == 100);
        starts.push_back(wide ? view.box.x0 : view.box.y0);
      }
      std::sort(starts.begin(), starts.end());
      REQUIRE(starts.front() == 0);
      REQUIRE(starts.back() == length - 100);
      for (size_t i = 1; i < starts.size(); ++i) REQUIRE(starts[i] - starts[i - 1] <= 76);
    }
  }
}

TEST_CASE("an extreme strip has a bounded number of views and an empty image has none") {
  CHECK(view_boxes(1000000, 1).size() <= 33);
  CHECK(view_boxes(1, 4000000000u).size() <= 33);
  CHECK(view_boxes(0, 100).empty());
  CHECK(view_boxes(100, 0).empty());
}

TEST_CASE("a crop is a square around the detection with a margin") {
  CHECK(crop_box(100, 100, 140, 120, 640, 480) == PixelBox{98, 88, 142, 132});
}

TEST_CASE("a crop at the border is moved inside the image") {
  CHECK(crop_box(-20, 0, 40, 20, 640, 480) == PixelBox{0, 0, 44, 44});
  CHECK(crop_box(600, 470, 640, 480, 640, 480) == PixelBox{596, 436, 640, 480});
}

TEST_CASE("a crop longer than the image's short side is cut to the image") {
  CHECK(crop_box(0, 100, 640, 300, 640, 480) == PixelBox{0, 0, 640, 480});
}

TEST_CASE("a crop of a degenerate or senseless box still lies inside the image") {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float value : {-1e30f, -1.f, 0.f, 0.4f, 7.f, 1e30f, kNan, kInfinity}) {
    for (const float other : {-5.f, 3.f, 6.9f, 1e9f, kNan, -kInfinity}) {
      const PixelBox box = crop_box(value, other, other, value, 7, 3);
      CHECK(box.x0 < box.x1);
      CHECK(box.y0 < box.y1);
      CHECK(box.x1 <= 7);
      CHECK(box.y1 <= 3);
    }
  }
}

TEST_CASE("a view of a reduced copy keeps its kind of place") {
  CHECK(scale_view({ViewKind::kWhole, centre_square(1243, 375)}, 1243, 375, 622, 188) ==
        centre_square(622, 188));
  CHECK(scale_view({ViewKind::kTile, {868, 0, 1243, 375}}, 1243, 375, 622, 188) ==
        PixelBox{434, 0, 622, 188});
  const PixelBox point = scale_view({ViewKind::kCrop, {9, 9, 10, 10}}, 10, 10, 3, 2);
  CHECK(point == PixelBox{2, 1, 3, 2});
}

}  // namespace sightline
