#include "indexer/models/model_catalogue.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "indexer/models/model_folder.h"
#include "indexer/models/model_install.h"
#include "native/base/sha256.h"
#include "tests/indexer/temporary_folder.h"

using namespace sightline;
namespace fs = std::filesystem;

TEST_CASE("every built-in model names its licence, a pinned revision and whole hashes") {
  const auto catalogue = builtin_catalogue();
  CHECK(catalogue.size() == 5);
  for (const CatalogueModel& model : catalogue) {
    INFO(model.name);
    CHECK_FALSE(model.licence.empty());
    CHECK(model.revision.size() == 40);
    CHECK(model.base_url.starts_with("https://"));
    CHECK(model.base_url.ends_with('/'));
    CHECK(model.base_url.find(model.revision) != std::string::npos);
    for (const CatalogueFile& file : model.files) {
      INFO(file.path);
      CHECK((file.sha256.empty() || digest_from_hex(file.sha256)));
    }
  }
}

TEST_CASE("a fetched built-in model is described as one the registry can open") {
  const TemporaryFolder root;
  for (const CatalogueModel& model : builtin_catalogue()) {
    INFO(model.name);
    const std::string folder = root / model.name;
    for (const CatalogueFile& file : model.files) {
      const fs::path path = fs::path(folder) / file.path;
      fs::create_directories(path.parent_path());
      std::ofstream(path) << "bytes";
    }
    REQUIRE(describe_model(folder, model, model.base_url));
    const auto opened = open_model_folder(folder);
    REQUIRE(opened);
    CHECK(opened->id == model.name);
    CHECK(opened->licence == model.licence);
    CHECK(model_kind_name(opened->kind) == model.kind);
    if (opened->kind == ModelKind::kClip) {
      CHECK(opened->dim == (model.name == "clip-vit-large-patch14" ? 768 : 512));
      CHECK(opened->clip.text.sha256 == model.files[0].sha256);
      CHECK(opened->clip.preprocessing.size_px == 224);
      CHECK(opened->clip.preprocessing.mean[0] == Approx(0.48145466));
      CHECK(opened->clip.preprocessing.std[2] == Approx(0.27577711));
    }
  }
}
