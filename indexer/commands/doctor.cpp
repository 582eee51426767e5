#include "indexer/commands/doctor.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "indexer/base/json.h"
#include "indexer/catalog/sqlite_database.h"
#include "indexer/models/clip_model.h"
#include "indexer/models/detector.h"
#include "indexer/models/model_registry.h"
#include "indexer/models/onnx_session.h"
#include "indexer/net/http_client.h"
#include "native/bundle/compression.h"
#include "native/vectors/dot.h"

namespace sightline {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kWantedCacheBytes = 1'000'000'000;  // CLIP ViT-B/32 in full precision, with room

const char* status_name(CheckStatus status) {
  switch (status) {
    case CheckStatus::kOk:
      return "ok";
    case CheckStatus::kNote:
      return "note";
    case CheckStatus::kMissing:
      return "missing";
  }
  return "";
}

bool main_job_can_run(const std::vector<DoctorCheck>& checks) {
  return std::none_of(checks.begin(), checks.end(), [](const DoctorCheck& check) {
    return check.status == CheckStatus::kMissing;
  });
}

DoctorCheck check_sqlite() {
  const auto version = []() -> Result<std::string> {
    ASSIGN_OR_RETURN(auto database, SqliteDatabase::open(":memory:", "a database in memory"));
    ASSIGN_OR_RETURN(auto rows, database.query("SELECT sqlite_version()"));
    ASSIGN_OR_RETURN(const bool found, rows.next());
    return found ? rows.text(0) : std::string();
  }();
  if (version) return {"sqlite", CheckStatus::kOk, *version, ""};
  return {"sqlite", CheckStatus::kMissing, version.error().message,
          "install SQLite (Debian: libsqlite3-0)"};
}

DoctorCheck check_cuda() {
  const Result<void> cuda = probe_cuda();
  if (cuda) return {"provider cuda", CheckStatus::kOk, "loads", ""};
  return {
      "provider cuda", CheckStatus::kNote, cuda.error().message,
      "models run on the CPU; for a GPU install its driver, CUDA, cuDNN and ONNX Runtime's CUDA "
      "provider library beside libonnxruntime"};
}

DoctorCheck check_simd() {
  const std::string level = simd_level_name();
  if (level != "scalar") return {"simd", CheckStatus::kOk, level, ""};
  return {"simd", CheckStatus::kNote, level,
          "search is slower than it need be; a processor with SSE4.1 or AVX2 helps"};
}

std::string install_advice(const char* name) {
  return std::string("run `sightline models fetch ") + name + "`, or put a model's folder into " +
         (user_models_folder().empty() ? "$SIGHTLINE_MODELS" : user_models_folder());
}

DoctorCheck check_clip() {
  const char* advised = "clip-vit-base-patch32";
  const auto model = find_model("", ModelKind::kClip);
  if (!model)
    return {"model", CheckStatus::kMissing, model.error().message, install_advice(advised)};
  const auto loaded = ClipModel::load(model->folder);
  if (!loaded)
    return {"model", CheckStatus::kMissing, loaded.error().message, install_advice(advised)};
  const std::string detail = loaded->id() + ", " + std::to_string(loaded->dim()) +
                             " dimensions, images of " + std::to_string(loaded->image_size_px()) +
                             " px, runs on " + loaded->device();
  if (!model->is_embedded) return {"model", CheckStatus::kOk, detail, ""};
  return {"model", CheckStatus::kNote, detail + "; it knows only rendered streets",
          install_advice(advised)};
}

DoctorCheck check_detector() {
  const char* advised = "yolox-nano";
  const auto model = find_model("", ModelKind::kDetector);
  if (!model)
    return {"detector", CheckStatus::kNote, model.error().message, install_advice(advised)};
  const auto loaded = Detector::load(model->folder);
  if (!loaded)
    return {"detector", CheckStatus::kNote, loaded.error().message, install_advice(advised)};
  const std::string detail = loaded->id() + ", " + loaded->summary();
  if (!model->is_embedded) return {"detector", CheckStatus::kOk, detail, ""};
  return {"detector", CheckStatus::kNote, detail + "; it knows only rendered streets",
          install_advice(advised)};
}

// One check for each folder where models are looked for.
void append_found_models(std::vector<DoctorCheck>& checks) {
  for (const ListedModel& model : list_models()) {
    const std::string name = "found " + model.folder.id;
    if (model.problem.empty()) {
      const std::string kind = model_kind_name(model.folder.kind);
      checks.push_back({name, CheckStatus::kOk, kind + " in " + model.folder.path, ""});
    } else {
      checks.push_back({name, CheckStatus::kNote, model.problem,
                        "remove " + model.folder.path + " or fetch it again"});
    }
  }
}

DoctorCheck check_cache() {
  const std::string folder = user_models_folder();
  if (folder.empty()) {
    return {"cache", CheckStatus::kNote, "there is no cache folder: HOME is not set",
            "set HOME, XDG_CACHE_HOME or SIGHTLINE_MODELS"};
  }
  std::error_code error;
  fs::path existing = fs::absolute(folder, error);
  while (!fs::exists(existing, error) && existing.has_relative_path())
    existing = existing.parent_path();
  const fs::space_info space = fs::space(existing, error);
  if (error) {
    return {"cache", CheckStatus::kNote, folder + ": " + error.message(),
            "set SIGHTLINE_MODELS to another folder"};
  }
  char free_text[64];
  std::snprintf(free_text, sizeof free_text, "%.1f GB free",
                static_cast<double>(space.available) / 1e9);
  const std::string detail = folder + ", " + free_text;
  if (space.available >= kWantedCacheBytes) return {"cache", CheckStatus::kOk, detail, ""};
  return {"cache", CheckStatus::kNote, detail,
          "free some space or set SIGHTLINE_MODELS to a folder on another disk"};
}

}  // namespace

std::vector<DoctorCheck> diagnose() {
  std::vector<DoctorCheck> checks = {
      {"onnxruntime", CheckStatus::kOk, onnxruntime_version(), ""},
      {"zstd", CheckStatus::kOk, zstd_version(), ""},
      check_sqlite(),
      {"libcurl", CheckStatus::kOk, curl_version_text(), ""},
      check_simd(),
      {"threads", CheckStatus::kOk,
       std::to_string(std::max(1u, std::thread::hardware_concurrency())), ""},
      {"provider cpu", CheckStatus::kOk, "built into ONNX Runtime", ""},
      check_cuda(),
      check_clip(),
      check_detector(),
      check_cache(),
  };
  append_found_models(checks);
  return checks;
}

std::string render_diagnosis(const std::vector<DoctorCheck>& checks, bool as_json) {
  const bool able = main_job_can_run(checks);
  if (as_json) {
    JsonValue::Array rows;
    for (const auto& check : checks) {
      rows.push_back(JsonValue{{"name", check.name},
                               {"status", status_name(check.status)},
                               {"detail", check.detail},
                               {"remedy", check.remedy}});
    }
    const JsonValue document{
        {"version", SIGHTLINE_VERSION}, {"can_build", able}, {"checks", std::move(rows)}};
    return dump_json(document, 2) + "\n";
  }
  std::string text = "sightline " SIGHTLINE_VERSION "\n\n";
  for (const auto& check : checks) {
    char head[64];
    std::snprintf(head, sizeof head, "%-8s %-14s ", status_name(check.status), check.name.c_str());
    text += head + check.detail + "\n";
    if (!check.remedy.empty()) text += std::string(24, ' ') + "-> " + check.remedy + "\n";
  }
  return text + (able ? "\n`sightline build` can run here.\n"
                      : "\n`sightline build` cannot run yet: see what is missing above.\n");
}

Result<int> run_doctor(const DoctorOptions& options) {
  const std::vector<DoctorCheck> checks = diagnose();
  const std::string text = render_diagnosis(checks, options.json);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return main_job_can_run(checks) ? 0 : 1;
}

}  // namespace sightline
