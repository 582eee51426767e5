#include "native/search/searcher.h"

#include <catch2/catch.hpp>

#include "tests/native/search/small_bundle.h"

using namespace sightline;
using namespace sightline::testing;

namespace {

std::span<const float> row(const std::vector<float>& rows, size_t position, size_t dim = 32) {
  return std::span(rows).subspan(position * dim, dim);
}

}  // namespace

TEST_CASE("an image is found by its own embedding, with the view that matched", "[search]") {
  const auto bundle = make_small_bundle();
  auto searcher = open_small_bundle(bundle);
  SearchOptions options;
  options.kind = QueryKind::kImage;
  options.k = 3;
  const auto hits = searcher.search(row(bundle.whole, 7), options).value().hits;
  REQUIRE(hits.size() == 3);
  CHECK(hits[0].image == 7);
  CHECK(hits[0].similarity == Approx(1.0).margin(0.02));
  CHECK(hits[0].view.kind == ViewKind::kWhole);
  CHECK(hits[0].view.box == PixelBox{80, 0, 560, 480});

  const auto crop_hits = searcher.search(row(bundle.crops, 4), options).value().hits;
  CHECK(crop_hits[0].image == bundle.crop_images[4]);
  CHECK(crop_hits[0].view.kind == ViewKind::kCrop);
}

TEST_CASE("the graph finds what a scan finds on a small bundle", "[search][hnsw]") {
  const auto bundle = make_small_bundle(3, 300);
  auto searcher = open_small_bundle(bundle);
  ClusteredVectorMaker maker(9, 32, 6);
  SearchOptions hnsw;
  hnsw.k = 10;
  hnsw.ef_search = 200;
  hnsw.path = SearchPath::kHnsw;
  SearchOptions exact = hnsw;
  exact.path = SearchPath::kExact;
  for (int i = 0; i < 50; ++i) {
    std::vector<float> query;
    maker.add_text(query);
    CHECK(searcher.search(query, hnsw).value().hits == searcher.search(query, exact).value().hits);
  }
}

TEST_CASE("a resident index that is scanned quickly is scanned unless the graph is asked for",
          "[search]") {
  const auto bundle = make_small_bundle(3, 300);
  auto searcher = open_small_bundle(bundle);
  ClusteredVectorMaker maker(9, 32, 6);
  SearchOptions narrow;
  narrow.k = 10;
  narrow.ef_search = 10;
  uint32_t missed = 0;
  for (int i = 0; i < 50; ++i) {
    std::vector<float> query;
    maker.add_text(query);
    auto how = narrow;
    how.path = SearchPath::kExact;
    const auto exact = searcher.search(query, how).value().hits;
    CHECK(searcher.search(query, narrow).value().hits == exact);
    how.path = SearchPath::kHnsw;
    missed += searcher.search(query, how).value().hits != exact;
  }
  CHECK(missed > 0);
}

TEST_CASE("images that are gone are no hits, neither by the graph nor by a scan", "[search]") {
  const auto bundle = make_small_bundle(3, 300, 32, {0, 7, 299});
  auto searcher = open_small_bundle(bundle);
  CHECK(searcher.root().live_image_count() == 297);
  CHECK(searcher.find_images(small_record(7).image_id).empty());
  for (const auto path : {SearchPath::kAuto, SearchPath::kHnsw, SearchPath::kExact}) {
    SearchOptions options;
    options.k = 300;
    options.path = path;
    CHECK(searcher.search(row(bundle.whole, 7), options).value().hits.size() == 297);
    const auto phrases = std::span(bundle.whole).subspan(size_t{7} * 32, size_t{2} * 32);
    CHECK(searcher.search(phrases, options).value().hits.size() == 297);
    options.filters = {parse_filter("timestamp_s <= 1009").value()};
    const auto hits = searcher.search(row(bundle.whole, 7), options).value().hits;
    CHECK(hits.size() == 8);
    for (const auto& hit : hits) {
      CHECK((hit.image < 10 && hit.image != 0 && hit.image != 7));
    }
  }
}

TEST_CASE("each image is a hit once, however many of its views match", "[search]") {
  const auto bundle = make_small_bundle();
  auto searcher = open_small_bundle(bundle);
  SearchOptions options;
  options.k = 1000;
  const auto hits = searcher.search(row(bundle.whole, 0), options).value().hits;
  CHECK(hits.size() == 60);
  std::vector<bool> seen(60);
  for (const auto& hit : hits) {
    CHECK_FALSE(seen[hit.image]);
    seen[hit.image] = true;
  }
}

TEST_CASE("filters are evaluated inside the search: k hits as long as k images qualify",
          "[search][filter]") {
  const auto bundle = make_small_bundle(5, 240);
  auto searcher = open_small_bundle(bundle);
  SearchOptions options;
  options.k = 20;
  options.filters = {parse_filter("sequence = b").value(), parse_filter("class = car").value()};
  const auto hits = searcher.search(row(bundle.whole, 11), options).value().hits;
  REQUIRE(hits.size() == 20);
  for (const auto& hit : hits) {
    CHECK(hit.image % 3 == 1);
    CHECK(hit.image % 2 == 0);
  }
  options.path = SearchPath::kExact;
  CHECK(searcher.search(row(bundle.whole, 11), options).value().hits == hits);

  options.filters = {parse_filter("timestamp_s >= 1230").value()};
  CHECK(searcher.search(row(bundle.whole, 11), options).value().hits.size() == 10);
  options.filters = {parse_filter("sequence = nowhere").value()};
  CHECK(searcher.search(row(bundle.whole, 11), options).value().hits.empty());
}

TEST_CASE("an excluded image is left out and replaced by the next", "[search]") {
  const auto bundle = make_small_bundle();
  auto searcher = open_small_bundle(bundle);
  SearchOptions options;
  options.kind = QueryKind::kImage;
  options.k = 5;
  options.excluded_image = 7;
  const auto hits = searcher.search(row(bundle.whole, 7), options).value().hits;
  REQUIRE(hits.size() == 5);
  for (const auto& hit : hits) CHECK(hit.image != 7);
}

TEST_CASE("a query of several phrases finds the images nearest to all of them", "[search]") {
  const auto bundle = make_small_bundle();
  auto searcher = open_small_bundle(bundle);
  SearchOptions options;
  options.k = 60;
  options.path = SearchPath::kExact;
  std::vector<float> both(row(bundle.whole, 7).begin(), row(bundle.whole, 7).end());
  both.insert(both.end(), row(bundle.crops, 4).begin(), row(bundle.crops, 4).end());
  std::vector<double> mean(60);
  for (size_t phrase = 0; phrase < 2; ++phrase) {
    const auto of_phrase = searcher.search(row(both, phrase), options).value().hits;
    for (const Hit& hit : of_phrase) {
      mean[hit.image] += hit.similarity / 2;
    }
  }
  options.k = 10;
  const auto hits = searcher.search(both, options).value().hits;
  REQUIRE(hits.size() == 10);
  std::vector<double> best = mean;
  std::sort(best.rbegin(), best.rend());
  for (size_t i = 0; i < hits.size(); ++i) {
    CHECK(hits[i].similarity == Approx(best[i]).margin(0.02));
    CHECK(hits[i].similarity == Approx(mean[hits[i].image]).margin(0.02));
  }
  CHECK_FALSE(searcher.search(std::span(both).first(48), options).has_value());
}

TEST_CASE("similarities of crops are moved to the scale of whole images for text queries",
          "[search]") {
  auto bundle = make_small_bundle();
  auto root =
      parse_root(unpack_object(bundle.root_ref, bundle.stored(bundle.root_ref)).value()).value();
  root.indexes[0].similarity_mean = 0.2;
  root.indexes[0].similarity_stddev = 0.05;
  root.indexes[1].similarity_mean = 0.9;
  root.indexes[1].similarity_stddev = 0.05;
  const auto object = pack_object(ObjectKind::kRoot, write_root(root));
  bundle.root_ref = object.ref;
  bundle.files[object_name(object.ref)] = object.stored;
  auto searcher = open_small_bundle(bundle);
  SearchOptions options;
  options.k = 60;
  options.path = SearchPath::kExact;
  const auto hits = searcher.search(row(bundle.crops, 4), options).value().hits;
  const auto hit = std::find_if(hits.begin(), hits.end(), [&](const Hit& candidate) {
    return candidate.image == bundle.crop_images[4];
  });
  REQUIRE(hit != hits.end());
  CHECK(hit->similarity < 0.95);
}

TEST_CASE("a query of another dimension, k of 0 and a search too early are refused", "[search]") {
  const auto bundle = make_small_bundle();
  auto early = Searcher::open(bundle.root_ref, bundle.stored(bundle.root_ref)).value();
  CHECK(early.search(row(bundle.whole, 0), {}).error().message ==
        "search: objects of the index are still missing");
  auto searcher = open_small_bundle(bundle);
  CHECK(searcher.search(row(bundle.whole, 0, 16), {}).error().message ==
        "search: the query has 16 dimensions, this bundle 32; embed it with the bundle's model "
        "'test-model'");
  SearchOptions options;
  options.k = 0;
  CHECK(searcher.search(row(bundle.whole, 0), options).error().code == ErrorCode::kInvalidArgument);
  std::vector<float> broken(32, std::nanf(""));
  CHECK_FALSE(searcher.search(broken, {}).has_value());
}

TEST_CASE("records and image ids lead to each other", "[search][records]") {
  const auto bundle = make_small_bundle();
  const auto searcher = open_small_bundle(bundle);
  for (const uint32_t image : {0u, 29u, 30u, 59u}) {
    const auto place = searcher.find_record(image).value();
    const auto records =
        parse_records_piece(unpack_object(place.piece, bundle.stored(place.piece)).value()).value();
    CHECK(records[place.position].image_id == small_record(image).image_id);
    CHECK(searcher.image_ids().find(small_record(image).image_id) == std::vector{image});
  }
  CHECK(searcher.image_ids().find("small/nowhere.jpg").empty());
  CHECK(searcher.find_record(60).error().code == ErrorCode::kNotFound);
}

TEST_CASE("an object that nothing waits for, or another's bytes, are refused",
          "[search][corrupt]") {
  const auto bundle = make_small_bundle();
  auto searcher = Searcher::open(bundle.root_ref, bundle.stored(bundle.root_ref)).value();
  const auto missing = searcher.missing_objects();
  REQUIRE(missing.size() >= 2);
  CHECK(searcher.add_object(bundle.root_ref, bundle.stored(bundle.root_ref)).error().code ==
        ErrorCode::kInvalidArgument);
  const auto swapped = searcher.add_object(missing[0], bundle.stored(missing[1]));
  CHECK(swapped.error().code == ErrorCode::kCorrupt);
  CHECK_FALSE(searcher.ready());
  CHECK(searcher.missing_objects().size() == missing.size());
}
