#include "indexer/increments/build_memory.h"

#include <catch2/catch.hpp>

using namespace sightline;

TEST_CASE("the memory of an image bundle is read back; that of another version is refused") {
  const ImageMemory memory = {.fitted_images = 7, .answered_images = 9, .answered_removed = 1};
  auto section = write_image_memory(memory);
  const auto again = read_image_memory(section);
  REQUIRE(again);
  CHECK(again->fitted_images == 7);
  CHECK(again->answered_images == 9);
  CHECK(again->answered_removed == 1);

  // As it was before it had a version.
  BuildMemory older = section;
  older.facts.erase(older.facts.begin(), older.facts.begin() + 4);
  CHECK(read_image_memory(older).error().code == ErrorCode::kUnsupported);
  section.facts[0] ^= 1;
  CHECK(read_image_memory(section).error().code == ErrorCode::kUnsupported);
}
