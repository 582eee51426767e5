#include <filesystem>
#include <sstream>

#include <catch2/catch.hpp>

#include "native/bundle/compression.h"
#include "tests/native/bundle/bundle_fixtures.h"
#include "tests/native/fixture.h"

using namespace sightline;
using namespace sightline::testing;

namespace {

std::string text_fixture(const std::string& name) {
  const Bytes bytes = read_fixture("bundle/" + name);
  return {bytes.begin(), bytes.end()};
}

// The golden bundle as it lies in the repository, with the vectors it was made from.
SmallBundle read_golden_bundle() {
  SmallBundle bundle = make_golden_bundle();
  for (auto& [name, stored] : bundle.files) stored = read_fixture("bundle/golden/" + name);
  return bundle;
}

void write_fixture(const std::string& name, std::string_view bytes) {
  const std::string path = std::string(SIGHTLINE_SOURCE_DIR "/tests/fixtures/bundle/") + name;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"),
                                                       &std::fclose);
  REQUIRE(file != nullptr);
  REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size());
}

void write_fixture(const std::string& name, const Bytes& bytes) {
  write_fixture(name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

TEST_CASE("the golden bundle opens and gives the answers stored beside it", "[bundle][golden]") {
  const SmallBundle bundle = read_golden_bundle();
  CHECK(text_fixture("golden/manifest.json") == manifest_text(bundle.root_ref));
  auto searcher = open_small_bundle(bundle);
  const std::string answers = text_fixture("golden_answers.json");
  CHECK(answers_text(bundle, searcher, SearchPath::kExact) == answers);
  CHECK(answers_text(bundle, searcher, SearchPath::kHnsw) == answers);
  for (uint32_t image = 0; image < kGoldenImages; ++image) {
    const auto place = searcher.find_record(image).value();
    const auto records = parse_records_piece(raw_payload(bundle, place.piece)).value();
    CHECK(records[place.position].image_id == small_record(image).image_id);
    CHECK(searcher.image_ids().find(small_record(image).image_id) == std::vector{image});
  }
  const auto columns = searcher.columns();
  CHECK(std::vector<Column>(columns.begin(), columns.end()) == small_columns(kGoldenImages));
}

TEST_CASE("the golden bundle written again is the same to the last byte", "[bundle][golden]") {
  for (const auto& [name, stored] : make_golden_bundle().files) {
    INFO(name << ", zstd " << zstd_version());
    CHECK(read_fixture("bundle/golden/" + name) == stored);
  }
}

TEST_CASE("corrupt and future payloads are refused by name, what is optional is skipped",
          "[bundle][golden][corrupt]") {
  std::istringstream lines(text_fixture("refusals.tsv"));
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const std::string path = line.substr(0, line.find('\t'));
    CHECK(path + "\t" + outcome_of(path, read_fixture("bundle/" + path)) == line);
  }
  CHECK(count == make_fixture_payloads().size());
}

// core_tests "[.write-fixtures]": only for a new major version of the format.
TEST_CASE("writes the fixtures of the bundle", "[.write-fixtures]") {
  const SmallBundle bundle = make_golden_bundle();
  auto searcher = open_small_bundle(bundle);
  for (const auto& [name, stored] : bundle.files) write_fixture("golden/" + name, stored);
  write_fixture("golden/manifest.json", manifest_text(bundle.root_ref));
  write_fixture("golden_answers.json", answers_text(bundle, searcher, SearchPath::kExact));
  std::string outcomes;
  for (const auto& [path, payload] : make_fixture_payloads()) {
    write_fixture(path, payload);
    outcomes += path + "\t" + outcome_of(path, payload) + "\n";
  }
  write_fixture("refusals.tsv", outcomes);
}
