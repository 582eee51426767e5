#include "indexer/commands/models_fetch.h"

#include <cstdio>
#include <filesystem>
#include <iostream>

#include "indexer/base/file_io.h"
#include "indexer/base/file_lock.h"
#include "indexer/models/model_catalogue.h"
#include "indexer/models/model_folder.h"
#include "indexer/models/model_install.h"
#include "indexer/models/model_registry.h"
#include "indexer/net/file_download.h"

namespace sightline {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxCatalogueBytes = size_t{4} << 20;

std::string size_text(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

Result<CatalogueModel> wanted_model(const ModelsFetchOptions& options) {
  if (options.catalogue.empty()) return find_in_catalogue(builtin_catalogue(), options.name);
  ASSIGN_OR_RETURN(const auto text, read_text_file(options.catalogue, kMaxCatalogueBytes));
  auto catalogue = parse_catalogue(text);
  if (!catalogue) return invalid_argument(options.catalogue + ": " + catalogue.error().message);
  return find_in_catalogue(*catalogue, options.name);
}

// Where the files come from.
struct Origin {
  std::string place;  // address with a slash at its end, or a folder; empty: each file's own
  bool is_folder = false;
};

Result<Origin> parse_origin(const std::string& from) {
  if (from.empty()) return Origin{};
  if (from.find("://") != std::string::npos) {
    if (!from.starts_with("http://") && !from.starts_with("https://"))
      return invalid_argument("--from is " + from + "; give an http(s) address or a folder");
    return Origin{from.ends_with('/') ? from : from + "/", false};
  }
  std::error_code ignored;
  if (!fs::is_directory(from, ignored)) {
    return invalid_argument("--from is " + from +
                            ", which is no folder; give an http(s) address or a folder");
  }
  return Origin{from, true};
}

std::string address_of(const CatalogueFile& file, const CatalogueModel& model,
                       const Origin& origin) {
  if (!origin.place.empty()) return origin.place + file.path;
  return file.source.find("://") != std::string::npos ? file.source : model.base_url + file.source;
}

Result<void> check_trust(const CatalogueModel& model, bool trust_on_first_use) {
  for (const CatalogueFile& file : model.files) {
    if (!file.sha256.empty() || trust_on_first_use) continue;
    return invalid_argument(
        "the sha256 of " + file.path + " of " + model.name +
        " is not known, so nobody can tell whether the right bytes arrive; pass "
        "--trust-on-first-use to take what arrives and hold later fetches to it");
  }
  return {};
}

// What a person should know before the bytes arrive.
void print_plan(const CatalogueModel& model, const Origin& origin, const std::string& folder) {
  uint64_t bytes = 0;
  std::string unknown;
  for (const CatalogueFile& file : model.files) {
    bytes += file.bytes;
    if (file.bytes == 0) unknown += (unknown.empty() ? "" : ", ") + file.path;
  }
  const std::string revision = model.revision.empty() ? "" : " @ " + model.revision.substr(0, 12);
  std::cerr << model.name << ": " << model.kind << " from " << model.upstream << revision
            << (origin.place.empty() ? "" : ", taken from " + origin.place) << '\n'
            << "licence: " << model.licence << '\n';
  if (!model.licence_note.empty()) std::cerr << "note: " << model.licence_note << '\n';
  std::cerr << "size: " << (bytes > 0 ? size_text(bytes) : "not known")
            << (bytes > 0 && !unknown.empty() ? " and " + unknown + ", whose size is not known"
                                              : "")
            << "\nto: " << folder << '\n';
}

Result<void> fetch_files(CatalogueModel& model, const Origin& origin, const std::string& folder) {
  HttpClient client;
  Progress progress(ProgressStyle::kAuto);
  for (CatalogueFile& file : model.files) {
    const WantedFile wanted{folder + "/" + file.path, file.path, file.bytes, file.sha256};
    RETURN_IF_ERROR(make_directories(fs::path(wanted.path).parent_path().string()));
    if (const auto digest = sha256_file(wanted.path);
        digest && !file.sha256.empty() && to_hex(*digest) == file.sha256) {
      continue;  // an interrupted fetch got this far
    }
    auto sha256 = origin.is_folder
                      ? copy_wanted_file(origin.place + "/" + file.path, wanted, progress)
                      : download_file(client, address_of(file, model, origin), wanted, progress);
    if (!sha256) return std::move(sha256).error();
    if (file.sha256.empty())
      progress.note("trusted on first use: " + file.path + " with sha256 " + *sha256);
    file.sha256 = std::move(*sha256);
  }
  return {};
}

// Fetches into a hidden folder beside the models, which is what the next call goes on from.
Result<void> install(CatalogueModel& model, const Origin& origin, const std::string& root,
                     const std::string& folder) {
  const std::string staging = root + "/.fetch/" + model.name;
  RETURN_IF_ERROR(make_directories(staging));
  ASSIGN_OR_RETURN(const auto lock,
                   FileLock::acquire(staging + ".lock", "the fetch of " + model.name));
  RETURN_IF_ERROR(fetch_files(model, origin, staging));
  const std::string from = origin.place.empty() ? model.base_url : origin.place;
  RETURN_IF_ERROR(describe_model(staging, model, from));
  if (const auto usable = open_model_folder(staging); !usable)
    return model_error(usable.error().message + "; nothing was installed");
  return put_in_place(staging, folder);
}

void print_result(const CatalogueModel& model, const std::string& folder, bool was_there,
                  bool json) {
  if (!json) {
    std::cout << model.name
              << (was_there ? " is already installed and verified in " : " is installed in ")
              << folder << '\n';
    return;
  }
  JsonValue::Array files;
  for (const CatalogueFile& file : model.files) {
    std::error_code ignored;
    files.push_back(JsonValue{{"role", file.role},
                              {"path", file.path},
                              {"bytes", fs::file_size(folder + "/" + file.path, ignored)},
                              {"sha256", file.sha256}});
  }
  std::cout << dump_json(JsonValue{{"name", model.name},
                                   {"kind", model.kind},
                                   {"path", folder},
                                   {"already_installed", was_there},
                                   {"licence", model.licence},
                                   {"upstream", model.upstream},
                                   {"revision", model.revision},
                                   {"files", std::move(files)}})
            << '\n';
}

}  // namespace

Result<int> run_models_fetch(const ModelsFetchOptions& options) {
  ASSIGN_OR_RETURN(CatalogueModel model, wanted_model(options));
  ASSIGN_OR_RETURN(const Origin origin, parse_origin(options.from));
  const std::string root = user_models_folder();
  if (root.empty())
    return io_error("there is no folder for models: set HOME, XDG_CACHE_HOME or SIGHTLINE_MODELS");
  const std::string folder = root + "/" + model.name;

  const InstalledModel installed = inspect_installed(folder, model);
  if (installed.state == InstalledState::kForeign) {
    return io_error(folder +
                    " holds something that was not fetched; move it away or set "
                    "SIGHTLINE_MODELS to another folder");
  }
  const bool was_there = installed.state == InstalledState::kVerified;
  if (!was_there) {
    if (!installed.problem.empty())
      std::cerr << "the installed " << model.name << " is replaced: " << installed.problem << '\n';
    RETURN_IF_ERROR(check_trust(model, options.trust_on_first_use));
    print_plan(model, origin, folder);
    RETURN_IF_ERROR(install(model, origin, root, folder));
  }
  print_result(model, folder, was_there, options.json);
  return 0;
}

}  // namespace sightline
