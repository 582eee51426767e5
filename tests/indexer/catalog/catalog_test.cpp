#include "indexer/catalog/catalog.h"

#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/indexer/temporary_folder.h"

using namespace sightline;

namespace {

Sha256Digest digest(uint32_t seed) { return sha256(as_bytes(std::to_string(seed))); }

WorkKey key_of(uint32_t model) { return {digest(model), {}, "crops=on;views=1", {512, "webp"}}; }

ImageWork work_of(uint32_t seed, size_t view_count = 3) {
  ImageWork work{.content = digest(seed),
                 .width_px = 1242,
                 .height_px = 375,
                 .views = {},
                 .detections = {},
                 .thumbnail = {}};
  for (uint32_t i = 0; i < view_count; ++i) {
    ViewEmbedding view{{static_cast<ViewKind>(i % 3), {i, 2 * i, i + 224, 2 * i + 224}},
                       std::vector<uint16_t>(64)};
    for (size_t j = 0; j < view.half.size(); ++j)
      view.half[j] = static_cast<uint16_t>(seed * 31 + i * 7 + j);
    work.views.push_back(view);
  }
  work.detections = {{2, "car", 0.875f, {1.5f, 2.25f, 30.1f, 40.0f}},
                     {0, "person", 0.3f, {0, 0, 4, 8}}};
  work.thumbnail = {0xff, 0xd8, static_cast<uint8_t>(seed), 0, 0xff, 0xd9};
  return work;
}

SourceImage image_of(const std::string& name) {
  SourceImage image;
  image.image_id = "photos/" + name;
  image.dataset = "photos";
  image.path = name;
  image.source_key = name;
  return image;
}

Catalog open_catalog(const std::string& path) {
  auto catalog = Catalog::open(path);
  if (!catalog) FAIL(catalog.error().message);
  return std::move(catalog).value();
}

}  // namespace

TEST_CASE("work comes back as it was put, also from another session") {
  const TemporaryFolder folder;
  const std::string path = folder / "new/folders/catalog.sqlite";
  const WorkKey key = key_of(7);
  {
    Catalog catalog = open_catalog(path);
    CHECK(catalog.work_state(digest(1), key).value() == WorkState::kNone);
    CHECK_FALSE(catalog.get_work(digest(1), key).value());
    REQUIRE(catalog.put_work(work_of(1), key));
    REQUIRE(catalog.put_work(work_of(2, 0), key));
    REQUIRE(catalog.commit());
  }
  Catalog catalog = open_catalog(path);
  ImageWork expected = work_of(1);
  const std::vector<uint8_t> thumbnail = std::move(expected.thumbnail);
  expected.thumbnail.clear();
  CHECK(catalog.get_work(digest(1), key).value() == expected);
  CHECK(catalog.get_work(digest(2), key).value()->views.empty());
  CHECK(catalog.get_thumbnail(digest(1), {512, "webp"}).value() == thumbnail);
  CHECK_FALSE(catalog.get_thumbnail(digest(1), {256, "webp"}).value());
  CHECK_FALSE(catalog.get_thumbnail(digest(1), {512, "jpeg"}).value());
  CHECK(catalog.work_state(digest(1), key).value() == WorkState::kDone);

  WorkKey other = key;
  other.thumbnail.encoding = "jpeg";
  CHECK(catalog.work_state(digest(1), other).value() == WorkState::kNoThumbnail);
  other.thumbnail = {256, "webp"};
  CHECK(catalog.work_state(digest(1), other).value() == WorkState::kNoThumbnail);
  CHECK(catalog.get_work(digest(1), other).value() == expected);
  REQUIRE(catalog.put_thumbnail(digest(1), other.thumbnail, thumbnail));
  CHECK(catalog.work_state(digest(1), other).value() == WorkState::kDone);
  other.thumbnail = {};
  CHECK(catalog.work_state(digest(1), other).value() == WorkState::kDone);
}

TEST_CASE("other bytes, model, detector or options are other work") {
  const TemporaryFolder folder;
  Catalog catalog = open_catalog(folder / "c.sqlite");
  const WorkKey key = key_of(7);
  REQUIRE(catalog.put_work(work_of(1), key));
  WorkKey with_detector = key, with_options = key;
  with_detector.detector = digest(9);
  with_options.options = "crops=off;views=1";
  CHECK(catalog.work_state(digest(2), key).value() == WorkState::kNone);
  for (const WorkKey& other : {key_of(8), with_detector, with_options}) {
    CHECK(catalog.work_state(digest(1), other).value() == WorkState::kNone);
    CHECK_FALSE(catalog.get_work(digest(1), other).value());
  }
  REQUIRE(catalog.put_work(work_of(1, 5), with_options));
  CHECK(catalog.get_work(digest(1), key).value()->views.size() == 3);
  CHECK(catalog.get_work(digest(1), with_options).value()->views.size() == 5);
}

TEST_CASE("putting work again replaces it") {
  const TemporaryFolder folder;
  Catalog catalog = open_catalog(folder / "c.sqlite");
  REQUIRE(catalog.put_work(work_of(1, 5), key_of(7)));
  REQUIRE(catalog.put_work(work_of(1, 2), key_of(7)));
  CHECK(catalog.get_work(digest(1), key_of(7)).value()->views.size() == 2);
  const CatalogCounts counts = catalog.counts().value();
  CHECK(counts.works == 1);
  CHECK(counts.embeddings == 2);
  CHECK(counts.detections == 2);
  CHECK(counts.thumbnails == 1);
}

TEST_CASE("embeddings of different dimensions are refused") {
  const TemporaryFolder folder;
  Catalog catalog = open_catalog(folder / "c.sqlite");
  ImageWork work = work_of(1);
  work.views[1].half.pop_back();
  const auto put = catalog.put_work(work, key_of(7));
  REQUIRE_FALSE(put);
  CHECK(put.error().code == ErrorCode::kInvalidArgument);
  CHECK(catalog.work_state(work.content, key_of(7)).value() == WorkState::kNone);
}

TEST_CASE("an unchanged file keeps its digest and any change loses it") {
  const TemporaryFolder folder;
  Catalog catalog = open_catalog(folder / "c.sqlite");
  const auto source = catalog.upsert_source(folder.path(), "image-folder").value();
  const SourceImage image = image_of("a.jpg");
  const FileStamp stamp{1000, 1'700'000'000'123'456'789};
  CHECK_FALSE(catalog.known_content(source, image, stamp).value());
  REQUIRE(catalog.put_image(source, image, stamp, digest(1)));
  CHECK(catalog.known_content(source, image, stamp).value() == digest(1));
  CHECK_FALSE(catalog.known_content(source, image, {1001, stamp.mtime_ns}).value());
  CHECK_FALSE(catalog.known_content(source, image, {1000, stamp.mtime_ns + 1}).value());
  CHECK_FALSE(catalog.known_content(source, image_of("b.jpg"), stamp).value());
  REQUIRE(catalog.put_image(source, image, {1001, 5}, digest(2)));
  CHECK(catalog.known_content(source, image, {1001, 5}).value() == digest(2));
  CHECK(catalog.counts().value().images == 1);

  CHECK(catalog
            .upsert_source(folder.path() + "/../" +
                               std::filesystem::path(folder.path()).filename().string() + "/",
                           "image-folder")
            .value() == source);
  CHECK(catalog.upsert_source(folder / "absent", "image-folder").error().code ==
        ErrorCode::kNotFound);
  std::filesystem::create_directory(folder / "other");
  const auto other = catalog.upsert_source(folder / "other", "image-folder").value();
  CHECK(other != source);
  CHECK_FALSE(catalog.known_content(other, image, {1001, 5}).value());
}

TEST_CASE("images that are gone are forgotten and their work is kept") {
  const TemporaryFolder folder;
  Catalog catalog = open_catalog(folder / "c.sqlite");
  const auto source = catalog.upsert_source(folder.path(), "image-folder").value();
  std::vector<SourceImage> images;
  for (const char* name : {"Z.jpg", "a.jpg", "b.jpg", "b/1.jpg", "\xc3\xa9.jpg"})
    images.push_back(image_of(name));
  for (const SourceImage& image : images)
    REQUIRE(catalog.put_image(source, image, {1, 1}, digest(1)));
  REQUIRE(catalog.put_work(work_of(1), key_of(7)));
  CHECK(catalog.keep_images(source, images).value() == 0);
  images.erase(images.begin() + 3);
  images.erase(images.begin());
  CHECK(catalog.keep_images(source, images).value() == 2);
  CHECK(catalog.counts().value().images == 3);
  CHECK(catalog.known_content(source, image_of("\xc3\xa9.jpg"), {1, 1}).value());
  CHECK_FALSE(catalog.known_content(source, image_of("Z.jpg"), {1, 1}).value());
  CHECK(catalog.work_state(digest(1), key_of(7)).value() == WorkState::kDone);
}

TEST_CASE("errors are listed in order, whatever bytes they hold, until they are cleared") {
  const TemporaryFolder folder;
  Catalog catalog = open_catalog(folder / "c.sqlite");
  const std::vector<ItemError> errors = {{"z\xff.jpg", "decode", "broken"},
                                         {"a.jpg", "scan", "gone"}};
  for (const ItemError& error : errors) REQUIRE(catalog.put_error(error));
  CHECK(catalog.errors().value() == errors);
  REQUIRE(catalog.clear_errors());
  CHECK(catalog.errors().value().empty());
}

TEST_CASE("a second build is refused with the first one's process id") {
  const TemporaryFolder folder;
  const std::string path = folder / "c.sqlite";
  {
    const Catalog first = open_catalog(path);
    const auto second = Catalog::open(path);
    REQUIRE_FALSE(second);
    CHECK(second.error().message == "the catalog " + path + " is in use by process " +
                                        std::to_string(::getpid()) +
                                        "; wait until it ends or stop it");
  }
  CHECK(Catalog::open(path));
}

TEST_CASE("damaged and foreign files are refused in one line with the remedy") {
  const TemporaryFolder folder;
  const std::string path = folder / "c.sqlite";
  SECTION("no database at all") {
    REQUIRE(write_file_atomic(path, std::string(5000, 'x')));
    const auto catalog = Catalog::open(path);
    REQUIRE_FALSE(catalog);
    CHECK(catalog.error().code == ErrorCode::kCorrupt);
    CHECK(catalog.error().message ==
          "the catalog " + path +
              " is damaged (file is not a database); delete it, everything will be embedded again");
  }
  SECTION("another program's database") {
    auto database = SqliteDatabase::open(path, "it").value();
    REQUIRE(database.run_script("CREATE TABLE bookmarks (url TEXT)"));
    const auto before = read_file(path, 1 << 20).value();
    const auto catalog = Catalog::open(path);
    REQUIRE_FALSE(catalog);
    CHECK(catalog.error().code == ErrorCode::kUnsupported);
    CHECK(catalog.error().message.find("application_id 0x00000000, expected 0x534c4e31") !=
          std::string::npos);
    CHECK(read_file(path, 1 << 20).value() == before);
  }
  SECTION("a newer catalog") {
    open_catalog(path);
    REQUIRE(SqliteDatabase::open(path, "it").value().run_script("PRAGMA user_version = 2"));
    const auto catalog = Catalog::open(path);
    REQUIRE_FALSE(catalog);
    CHECK(catalog.error().code == ErrorCode::kUnsupported);
    CHECK(catalog.error().message.find("has version 2, this program reads version 1") !=
          std::string::npos);
  }
  SECTION("values that no build writes") {
    Catalog catalog = open_catalog(path);
    REQUIRE(catalog.put_work(work_of(1), key_of(7)));
    REQUIRE(catalog.commit());
    auto database = SqliteDatabase::open(path, "it").value();
    for (const char* sql :
         {"UPDATE embeddings SET half = x'00' WHERE view_ordinal = 1",
          "DELETE FROM embeddings WHERE view_ordinal = 1", "UPDATE views SET kind = 9"}) {
      REQUIRE(database.run(sql));
      const auto work = catalog.get_work(digest(1), key_of(7));
      REQUIRE_FALSE(work);
      CHECK(work.error().code == ErrorCode::kCorrupt);
      CHECK(work.error().message.find("the catalog " + path + " is damaged (") == 0);
    }
  }
}

TEST_CASE("a damaged page is an error and never a crash") {
  const TemporaryFolder folder;
  const std::string path = folder / "c.sqlite";
  {
    Catalog catalog = open_catalog(path);
    for (uint32_t i = 0; i < 200; ++i) REQUIRE(catalog.put_work(work_of(i), key_of(7)));
    REQUIRE(catalog.commit());
  }
  const auto whole = read_file(path, 1 << 26).value();
  for (size_t page = 0; page * 4096 < whole.size(); ++page) {
    for (const bool truncate : {false, true}) {
      auto bytes = whole;
      truncate ? bytes.resize(page * 4096 + 2048)
               : void(std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(page) * 4096, 4096, 0xa5));
      REQUIRE(write_file_atomic(path, bytes));
      auto catalog = Catalog::open(path);
      for (uint32_t i = 0; catalog && i < 200; ++i) {
        const auto work = catalog->get_work(digest(i), key_of(7));
        if (!work) CHECK(work.error().message.find("; ") != std::string::npos);
      }
      if (!catalog) CHECK(catalog.error().message.find(path) != std::string::npos);
    }
  }
}

TEST_CASE("kill -9 loses nothing that was committed and keeps no half batch") {
  constexpr uint32_t kBatch = 8;
  const TemporaryFolder folder;
  const std::string path = folder / "c.sqlite";
  uint32_t committed = 0;
  for (int round = 0; round < 12; ++round) {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      auto catalog = Catalog::open(path);
      for (uint32_t batch = committed; catalog; ++batch) {
        for (uint32_t i = 0; i < kBatch; ++i) {
          if (!catalog->put_work(work_of(batch * kBatch + i), key_of(7))) ::_exit(1);
        }
        if (!catalog->commit() || ::write(pipe_ends[1], "x", 1) != 1) ::_exit(1);
      }
      ::_exit(1);
    }
    ::close(pipe_ends[1]);
    char tick;
    for (int i = 0; i < round && ::read(pipe_ends[0], &tick, 1) == 1; ++i) ++committed;
    ::usleep(static_cast<useconds_t>(150 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    while (::read(pipe_ends[0], &tick, 1) == 1) ++committed;
    ::close(pipe_ends[0]);

    Catalog catalog = open_catalog(path);
    const size_t works = catalog.counts().value().works;
    REQUIRE(works % kBatch == 0);
    REQUIRE(works >= committed * kBatch);
    REQUIRE(works <= (committed + 1) * kBatch);
    committed = static_cast<uint32_t>(works / kBatch);
    for (uint32_t i = 0; i < works; ++i) {
      ImageWork expected = work_of(i);
      expected.thumbnail.clear();
      if (catalog.get_work(digest(i), key_of(7)).value() != expected) FAIL("work " << i);
    }
  }
  CHECK(committed > 0);
}
