#include "indexer/models/model_install.h"

#include <filesystem>

#include "indexer/base/file_io.h"
#include "indexer/models/model_folder.h"

namespace sightline {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxDescriptionBytes = size_t{4} << 20;
// Tells a model.json of ours from one that somebody wrote for another model of that name.
constexpr const char* kFetchedFrom = "fetched_from";

Result<JsonValue> read_description(const std::string& folder) {
  ASSIGN_OR_RETURN(const auto text, read_text_file(folder + "/model.json", kMaxDescriptionBytes));
  return parse_json(text);
}

Result<void> check_files(const std::string& folder, const CatalogueModel& model) {
  for (const CatalogueFile& file : model.files) {
    const std::string path = folder + "/" + file.path;
    ASSIGN_OR_RETURN(const auto digest, sha256_file(path));
    if (to_hex(digest) != file.sha256)
      return corrupt(path + ": the sha256 is " + to_hex(digest) + ", expected " + file.sha256);
  }
  RETURN_IF_ERROR(open_model_folder(folder));
  return {};
}

}  // namespace

InstalledModel inspect_installed(const std::string& folder, CatalogueModel& model) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(folder, ignored))) return {InstalledState::kAbsent, {}};
  const auto description = read_description(folder);
  if (!description || !description->string_at(kFetchedFrom)) return {InstalledState::kForeign, {}};
  const JsonValue* recorded = description->find("files");
  for (CatalogueFile& file : model.files) {
    const JsonValue* known = recorded != nullptr ? recorded->find(file.role) : nullptr;
    if (file.sha256.empty() && known != nullptr && known->string_at("path") == file.path)
      file.sha256 = known->string_at("sha256").value_or("");
  }
  const auto checked = check_files(folder, model);
  if (!checked) return {InstalledState::kDamaged, checked.error().message};
  return {InstalledState::kVerified, {}};
}

Result<void> describe_model(const std::string& folder, const CatalogueModel& model,
                            const std::string& fetched_from) {
  JsonValue files{JsonValue::Object{}};
  for (const CatalogueFile& file : model.files) {
    files.set(file.role, JsonValue{{"path", file.path}, {"sha256", file.sha256}});
  }
  JsonValue description{{"id", model.name},           {"kind", model.kind},
                        {"licence", model.licence},   {"upstream", model.upstream},
                        {"revision", model.revision}, {kFetchedFrom, fetched_from},
                        {"files", std::move(files)}};
  for (const JsonMember& member : model.description.members())
    description.set(member.name, member.value);
  for (const JsonMember& document : model.written.members()) {
    RETURN_IF_ERROR(write_file_atomic(folder + "/" + document.name,
                                      std::string_view(dump_json(document.value, 2) + "\n")));
  }
  return write_file_atomic(folder + "/model.json",
                           std::string_view(dump_json(description, 2) + "\n"));
}

Result<void> put_in_place(const std::string& finished, const std::string& installed) {
  const std::string replaced = finished + ".replaced";
  std::error_code error;
  fs::remove_all(replaced, error);
  const bool has_old = fs::exists(installed, error);
  if (has_old) fs::rename(installed, replaced, error);
  if (!error) fs::rename(finished, installed, error);
  if (error) {
    const Error failure = system_error("cannot move the model to " + installed, error.value());
    if (has_old && !fs::exists(installed, error)) fs::rename(replaced, installed, error);
    return failure;
  }
  fs::remove_all(replaced, error);
  return {};
}

}  // namespace sightline
