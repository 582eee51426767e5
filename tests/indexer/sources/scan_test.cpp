#include "indexer/sources/scan.h"

#include <filesystem>

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "indexer/base/file_io.h"
#include "indexer/base/json.h"
#include "tests/indexer/temporary_folder.h"

using namespace sightline;

namespace {

void put(const std::string& path, const std::string& text = "") {
  REQUIRE(make_directories(std::filesystem::path(path).parent_path().string()));
  REQUIRE(write_file_atomic(path, text));
}

std::vector<std::string> ids(const ScanResult& result) {
  std::vector<std::string> all;
  for (const SourceImage& image : result.images) all.push_back(image.image_id);
  return all;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a folder of images is listed by name, in byte order, without hidden files") {
  const TemporaryFolder folder;
  const std::string root = folder / "My  Holiday_2024!";
  for (const char* name :
       {"b.JPG", "a/2.png", "a/10.webp", "a/deep/x.jpeg", "Z.bmp", "a.gif", "notes.txt", "png",
        ".hidden.png", ".sightline/thumb.jpg", "a/.git/x.png"}) {
    put(root + "/" + name);
  }
  for (const std::string& spelling : {root, root + "/", root + "/a/.."}) {
    const auto result = scan_source(spelling);
    REQUIRE(result);
    CHECK(result->adapter == "image-folder");
    CHECK(result->dataset == "my-holiday-2024");
    CHECK(ids(*result) == Ids{"my-holiday-2024/Z.bmp", "my-holiday-2024/a.gif",
                              "my-holiday-2024/a/10.webp", "my-holiday-2024/a/2.png",
                              "my-holiday-2024/a/deep/x.jpeg", "my-holiday-2024/b.JPG"});
    CHECK(result->errors.empty());
    const SourceImage& deep = result->images[4];
    CHECK(deep.sequence == "a/deep");
    CHECK(deep.source_key == "a/deep/x.jpeg");
    CHECK(std::filesystem::exists(deep.path));
    CHECK(result->images[0].sequence.empty());
    CHECK_FALSE(deep.timestamp_s);
  }
  CHECK(scan_source(root, {.adapter = "", .dataset = "Trip 7", .skipped_folders = {}})
            ->images[0]
            .image_id == "trip-7/Z.bmp");
}

TEST_CASE("links are followed, each folder once and under its own name") {
  const TemporaryFolder folder;
  put(folder / "root/b/real.png");
  put(folder / "elsewhere/far.png");
  std::filesystem::create_directory_symlink("../b", folder / "root/b/loop");
  std::filesystem::create_directory_symlink("b", folder / "root/a");
  std::filesystem::create_directory_symlink("..", folder / "root/b/up");
  std::filesystem::create_directory_symlink("../elsewhere", folder / "root/c");
  std::filesystem::create_symlink("b/real.png", folder / "root/again.png");
  std::filesystem::create_symlink("nowhere.png", folder / "root/broken.png");
  std::filesystem::create_symlink("self.png", folder / "root/self.png");
  const auto result = scan_source(folder / "root");
  REQUIRE(result);
  CHECK(ids(*result) == Ids{"root/again.png", "root/b/real.png", "root/c/far.png"});
  REQUIRE(result->errors.size() == 2);
  CHECK(result->errors[0].path == folder / "root/broken.png");
  CHECK(result->errors[0].stage == "scan");
}

TEST_CASE("a folder to skip is not entered, whatever its spelling") {
  const TemporaryFolder folder;
  put(folder / "root/a.png");
  put(folder / "root/site/objects/b.png");
  const auto result = scan_source(
      folder / "root", {.adapter = "",
                        .dataset = "",
                        .skipped_folders = {folder / "root/../root/site", folder / "absent"}});
  REQUIRE(result);
  CHECK(ids(*result) == Ids{"root/a.png"});
}

TEST_CASE("names that are no UTF-8 give ids that are") {
  const TemporaryFolder folder;
  put(folder / "r/a\xff.png");
  put(folder / "r/a%FF.png");
  put(folder / "r/new\nline.png");
  put(folder / "r/\xc3\xa9t\xc3\xa9 \xf0\x9f\x9a\x97.png");
  put(folder / "r/\xed\xa0\x80\xc0\xaf\xf4\x90.png");
  const auto result = scan_source(folder / "r");
  REQUIRE(result);
  CHECK(ids(*result) == Ids{"r/%ED%A0%80%C0%AF%F4%90.png", "r/a%25FF.png", "r/a%FF.png",
                            "r/new%0Aline.png", "r/\xc3\xa9t\xc3\xa9 \xf0\x9f\x9a\x97.png"});
  for (const SourceImage& image : result->images) {
    CHECK(std::filesystem::exists(image.path));
    CHECK(parse_json(dump_json(image.image_id))->as_string() == image.image_id);
  }
}

TEST_CASE("a folder that cannot be read is one error and the rest is listed") {
  const TemporaryFolder folder;
  put(folder / "root/a.png");
  put(folder / "root/locked/b.png");
  put(folder / "root/open/c.png");
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  REQUIRE(::chmod((folder / "root/locked").c_str(), 0) == 0);
  const uid_t user = ::geteuid();
  if (user == 0) REQUIRE(::seteuid(65534) == 0);
  const auto result = scan_source(folder / "root");
  const auto locked_root = scan_source(folder / "root/locked");
  if (user == 0) REQUIRE(::seteuid(0) == 0);
  REQUIRE(::chmod((folder / "root/locked").c_str(), 0755) == 0);
  REQUIRE(result);
  CHECK(ids(*result) == Ids{"root/a.png", "root/open/c.png"});
  REQUIRE(result->errors.size() == 1);
  CHECK(result->errors[0].path == folder / "root/locked");
  CHECK(result->errors[0].reason.find("Permission denied; check the permissions") !=
        std::string::npos);
  REQUIRE_FALSE(locked_root);
  CHECK(locked_root.error().code == ErrorCode::kIo);
}

TEST_CASE("a root that is no folder or an unknown adapter is an error with a remedy") {
  const TemporaryFolder folder;
  put(folder / "file.png");
  CHECK(scan_source(folder / "absent").error().code == ErrorCode::kNotFound);
  CHECK(scan_source(folder / "file.png").error().code == ErrorCode::kIo);
  const auto unknown =
      scan_source(folder.path(), {.adapter = "nuscenes", .dataset = "", .skipped_folders = {}});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message == "unknown adapter 'nuscenes'; known are kitti-raw, image-folder");
  const auto forced =
      scan_source(folder.path(), {.adapter = "kitti-raw", .dataset = "", .skipped_folders = {}});
  REQUIRE_FALSE(forced);
  CHECK(forced.error().message.find("*_sync") != std::string::npos);
}

TEST_CASE("KITTI raw is recognised from the folder of dates, a date or a drive") {
  const TemporaryFolder folder;
  const std::string date = folder / "Streets/2026_01_05";
  const std::string drive = date + "/2026_01_05_drive_0001_sync";
  for (const char* camera : {"image_02", "image_03"}) {
    for (const char* frame :
         {"0000000000.png", "0000000001.png", "0000000003.png", ".0000000004.png", "x.txt"}) {
      put(drive + "/" + camera + "/data/" + frame);
    }
  }
  put(drive + "/image_02/timestamps.txt",
      "2026-01-05 00:00:00.000000000\n1970-01-01 00:00:01.500000000\nnot a time\n");
  put(drive + "/oxts/data/0000000001.txt", "49.015003823 8.4342971002 116.43 0.03 0 0\n");
  put(drive + "/oxts/data/0000000000.txt", "nonsense");
  put(date + "/2026_01_05_drive_0002_extract/image_00/data/0000000007.jpg");
  put(date + "/calib_cam_to_cam.txt");

  const auto result = scan_source(folder / "Streets");
  REQUIRE(result);
  CHECK(result->adapter == "kitti-raw");
  CHECK(result->errors.empty());
  CHECK(ids(*result) == Ids{"streets/2026_01_05_drive_0001_sync/image_02/0000000000",
                            "streets/2026_01_05_drive_0001_sync/image_02/0000000001",
                            "streets/2026_01_05_drive_0001_sync/image_02/0000000003",
                            "streets/2026_01_05_drive_0001_sync/image_03/0000000000",
                            "streets/2026_01_05_drive_0001_sync/image_03/0000000001",
                            "streets/2026_01_05_drive_0001_sync/image_03/0000000003",
                            "streets/2026_01_05_drive_0002_extract/image_00/0000000007"});
  const SourceImage& first = result->images[0];
  const SourceImage& second = result->images[1];
  CHECK(first.sequence == "2026_01_05_drive_0001_sync");
  CHECK(first.camera == "image_02");
  CHECK(first.source_key == "2026_01_05/2026_01_05_drive_0001_sync/image_02/data/0000000000.png");
  CHECK(first.timestamp_s == 1767571200.0);
  CHECK_FALSE(first.latitude_deg);
  CHECK(second.timestamp_s == 1.5);
  CHECK(second.latitude_deg == 49.015003823);
  CHECK(second.longitude_deg == 8.4342971002);
  CHECK_FALSE(result->images[2].timestamp_s);
  CHECK(result->images[4].latitude_deg == 49.015003823);
  CHECK_FALSE(result->images[4].timestamp_s);

  const auto from_date = scan_source(date);
  REQUIRE(from_date);
  CHECK(from_date->images.size() == 7);
  CHECK(from_date->images[0].image_id == "kitti/2026_01_05_drive_0001_sync/image_02/0000000000");
  const auto from_drive =
      scan_source(drive + "/", {.adapter = "", .dataset = "Mine", .skipped_folders = {}});
  REQUIRE(from_drive);
  CHECK(from_drive->images.size() == 6);
  CHECK(from_drive->images[0].image_id == "mine/2026_01_05_drive_0001_sync/image_02/0000000000");
  CHECK(from_drive->images[0].source_key == "image_02/data/0000000000.png");
  CHECK(std::filesystem::exists(from_drive->images[0].path));

  const auto as_folder =
      scan_source(date, {.adapter = "image-folder", .dataset = "", .skipped_folders = {}});
  REQUIRE(as_folder);
  CHECK(as_folder->images.size() == 7);
}

TEST_CASE("two files of one frame are an error naming both") {
  const TemporaryFolder folder;
  const std::string data = folder / "d_sync/image_02/data/0000000000";
  put(data + ".png");
  put(data + ".jpg");
  const auto result = scan_source(folder.path());
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::kInvalidArgument);
  CHECK(result.error().message.find(data + ".png") != std::string::npos);
  CHECK(result.error().message.find(data + ".jpg") != std::string::npos);
}

TEST_CASE("dataset slugs keep letters and digits") {
  CHECK(dataset_slug("KITTI raw (2011)") == "kitti-raw-2011");
  CHECK(dataset_slug("--a__b--") == "a-b");
  CHECK(dataset_slug("\xd1\x84\xd0\xbe") == "images");
}
