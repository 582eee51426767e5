#include "indexer/commands/build.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <thread>

#include "indexer/assemble/build_stamp.h"
#include "indexer/assemble/site_files.h"
#include "indexer/base/file_io.h"
#include "indexer/base/json.h"
#include "indexer/base/parallel.h"
#include "indexer/bundle/manifest.h"
#include "indexer/commands/build_vectors.h"
#include "indexer/models/detector.h"
#include "indexer/models/model_registry.h"
#include "indexer/phrases/phrase_file.h"
#include "indexer/sources/scan.h"

namespace sightline {
namespace fs = std::filesystem;
namespace {

struct Models {
  ClipModel clip;
  std::optional<Detector> detector;
  bool clip_is_embedded = false;
};

Result<Models> load_models(const BuildOptions& options, unsigned thread_count, Progress& progress) {
  const OnnxOptions onnx{options.device, static_cast<int>(thread_count)};
  ASSIGN_OR_RETURN(const auto clip_found, find_model(options.model, ModelKind::kClip));
  ASSIGN_OR_RETURN(auto clip, ClipModel::load(clip_found.folder, {.onnx = onnx}));
  if (const auto note = clip.device_note(); !note.empty()) progress.note(note);
  Models models{std::move(clip), std::nullopt, clip_found.is_embedded};
  if (models.clip_is_embedded) {
    progress.note("note: using the embedded model '" + models.clip.id() +
                  "', which knows only rendered streets; 'sightline models fetch "
                  "clip-vit-base-patch32' gets one for photos");
  }
  if (options.detector == "none") return models;
  ASSIGN_OR_RETURN(const auto detector_found, find_model(options.detector, ModelKind::kDetector));
  // Detection runs on the decoding threads, one image each.
  ASSIGN_OR_RETURN(models.detector, Detector::load(detector_found.folder, {options.device, 1}));
  return models;
}

// Building over a bundle of a newer format would take from its readers what this program cannot
// write.
Result<void> refuse_newer_bundle(const std::string& bundle_path) {
  const auto text =
      read_text_file(bundle_path + "/" + std::string(kManifestName), kMaxManifestBytes);
  if (!text) return {};
  const auto manifest = parse_manifest(*text);
  if (!manifest && manifest.error().code == ErrorCode::kUnsupported) {
    return unsupported(bundle_path + "/" + manifest.error().message + " or another --out");
  }
  return {};
}

Result<void> check_output(const BuildOptions& options, const std::string& bundle_path) {
  std::error_code failed;
  if (!fs::exists(options.out, failed)) return {};
  if (!fs::is_directory(options.out, failed)) {
    return invalid_argument("--out " + options.out + ": this is a file, expected a folder");
  }
  if (fs::is_empty(options.out, failed)) return {};
  if (fs::exists(bundle_path + "/objects", failed)) return refuse_newer_bundle(bundle_path);
  return invalid_argument(
      "--out " + options.out +
      ": the folder is not empty and holds no Sightline site; choose a new one");
}

// What is in each of the sources; no image_id twice.
Result<std::vector<ScanResult>> scan_sources(const BuildOptions& options, Progress& progress) {
  progress.begin("scan");
  std::vector<ScanResult> scans;
  std::vector<SourceImage> all;
  bool found_any = false;
  for (const auto& root : options.sources) {
    ASSIGN_OR_RETURN(auto scan,
                     scan_source(root, {options.adapter, options.dataset, {options.out}}));
    found_any |= !scan.images.empty() || !scan.errors.empty();
    progress.add(scan.images.size());
    all.insert(all.end(), scan.images.begin(), scan.images.end());
    scans.push_back(std::move(scan));
  }
  progress.end();
  RETURN_IF_ERROR(sort_by_image_id(all));
  if (found_any) return scans;
  return not_found("no images in " + options.sources.front() +
                   "; looked for .jpg, .jpeg, .png, .bmp and .gif files");
}

// All sources as one list by image_id, recorded in the catalog with the digests of their bytes.
Result<std::vector<HashedImage>> hash_images(const BuildOptions& options,
                                             const std::vector<ScanResult>& scans,
                                             unsigned thread_count, Catalog& catalog,
                                             Progress& progress, std::vector<ItemError>& errors) {
  std::vector<HashedImage> images;
  for (size_t s = 0; s < scans.size(); ++s) {
    const ScanResult& scan = scans[s];
    errors.insert(errors.end(), scan.errors.begin(), scan.errors.end());
    ASSIGN_OR_RETURN(const auto source, catalog.upsert_source(options.sources[s], scan.adapter));

    std::vector<Result<FileStamp>> stamps(scan.images.size(), FileStamp{});
    std::vector<std::optional<Result<Sha256Digest>>> digests(scan.images.size());
    std::vector<size_t> unknown;
    for (size_t i = 0; i < scan.images.size(); ++i) {
      stamps[i] = stamp_of_file(scan.images[i].path);
      if (!stamps[i]) continue;
      ASSIGN_OR_RETURN(const auto known, catalog.known_content(source, scan.images[i], *stamps[i]));
      if (known) {
        digests[i] = *known;
      } else {
        unknown.push_back(i);
      }
    }
    if (!unknown.empty()) progress.begin("hash", unknown.size());
    parallel_for(unknown.size(), thread_count, [&](size_t i) {
      digests[unknown[i]] = sha256_file(scan.images[unknown[i]].path);
      progress.add();
    });
    for (size_t i = 0; i < scan.images.size(); ++i) {
      const SourceImage& image = scan.images[i];
      if (!stamps[i] || !*digests[i]) {
        const auto& why = stamps[i] ? digests[i]->error() : stamps[i].error();
        errors.push_back({image.path, "read", why.message});
        continue;
      }
      RETURN_IF_ERROR(catalog.put_image(source, image, *stamps[i], **digests[i]));
      images.push_back({image, **digests[i]});
    }
    ASSIGN_OR_RETURN(const auto forgotten, catalog.keep_images(source, scan.images));
    static_cast<void>(forgotten);
  }
  progress.end();
  std::sort(images.begin(), images.end(),
            [](const auto& a, const auto& b) { return a.source.image_id < b.source.image_id; });
  RETURN_IF_ERROR(catalog.commit());
  return images;
}

Result<void> record_errors(const std::vector<ItemError>& errors, const std::string& path,
                           Catalog& catalog) {
  RETURN_IF_ERROR(catalog.clear_errors());
  std::string lines;
  for (const auto& error : errors) {
    RETURN_IF_ERROR(catalog.put_error(error));
    lines += dump_json(JsonValue{
                 {"path", error.path}, {"stage", error.stage}, {"reason", error.reason}}) +
             "\n";
  }
  RETURN_IF_ERROR(catalog.commit());
  if (lines.empty()) {
    std::error_code ignored;
    fs::remove(path, ignored);
    return {};
  }
  return write_file_atomic(path, std::string_view(lines));
}

AssembleOptions assemble_options(const BuildOptions& options, const Models& models,
                                 const std::vector<HashedImage>& images) {
  AssembleOptions assemble;
  assemble.title = options.title;
  if (assemble.title.empty()) {
    std::vector<std::string> slugs;
    for (const auto& image : images) {
      if (std::find(slugs.begin(), slugs.end(), image.source.dataset) == slugs.end()) {
        slugs.push_back(image.source.dataset);
        assemble.title += (assemble.title.empty() ? "" : ", ") + image.source.dataset;
      }
    }
  }
  assemble.licence = options.licence;
  assemble.media_base_url = options.media_base_url;
  assemble.graph = options.graph;
  assemble.thumbnail = thumbnail_key(options.thumbnail_px);
  assemble.models = options.models;
  if (models.clip_is_embedded) assemble.model_warning = kEmbeddedModelNotice;
  if (models.detector) assemble.class_names = models.detector->class_names();
  return assemble;
}

WorkKey work_key(const Models& models, const PrepareOptions& prepare) {
  WorkKey key;
  key.model = digest_from_hex(models.clip.vision_sha256()).value_or(Sha256Digest{});
  if (models.detector) {
    key.detector = digest_from_hex(models.detector->sha256()).value_or(Sha256Digest{});
  }
  key.options = work_options(prepare);
  key.thumbnail = thumbnail_key(prepare.thumbnail_px);
  return key;
}

void report_embedding(const EmbedReport& report, Progress& progress) {
  if (report.embedded_count == 0) return;
  char line[160];
  std::snprintf(line, sizeof line,
                "embedded %llu images in %.1f s (%.1f/s), vision model busy %.0f %% of that",
                static_cast<unsigned long long>(report.embedded_count), report.wall_s,
                static_cast<double>(report.embedded_count) / report.wall_s,
                100 * report.model_s / report.wall_s);
  progress.note(line);
}

}  // namespace

std::string phrase_list_of(const BuildOptions& options, bool model_is_embedded) {
  if (!options.phrase_list.empty()) return options.phrase_list;
  if (model_is_embedded) return "streets";
  return is_vector_file(options.sources.front()) ? "general" : "photos";
}

Result<int> run_build(const BuildOptions& options) {
  if (std::any_of(options.sources.begin(), options.sources.end(), is_vector_file)) {
    RETURN_IF_ERROR(
        check_output(options, options.bundle_only ? options.out : options.out + "/bundle"));
    return build_vectors(options);
  }
  Progress progress(options.progress);
  const unsigned thread_count =
      options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  const std::string bundle_path = options.bundle_only ? options.out : options.out + "/bundle";
  RETURN_IF_ERROR(check_output(options, bundle_path));
  std::string page_path;
  if (!options.bundle_only) {
    ASSIGN_OR_RETURN(page_path, find_page_files());
  }
  for (const auto& source : options.sources) {
    std::error_code failed;
    if (!fs::exists(source, failed)) {
      return not_found("source " + source + ": no such folder; check the path");
    }
    if (!fs::is_directory(source, failed)) {
      return invalid_argument("source " + source + ": this is a file, expected a folder of images");
    }
  }
  ASSIGN_OR_RETURN(auto phrases, read_phrase_file("--phrases", options.phrases));
  ASSIGN_OR_RETURN(auto models, load_models(options, thread_count, progress));
  ASSIGN_OR_RETURN(auto list, open_phrase_list(phrase_list_of(options, models.clip_is_embedded)));
  ASSIGN_OR_RETURN(const auto scans, scan_sources(options, progress));

  const std::string catalog_path =
      options.catalog.empty() ? default_catalog_path(options.sources.front()) : options.catalog;
  ASSIGN_OR_RETURN(auto catalog, Catalog::open(catalog_path));
  remove_abandoned_files(fs::absolute(catalog_path).parent_path().string(), Depth::kFolder);
  remove_abandoned_files(options.out, Depth::kTree);
  std::vector<ItemError> errors;
  ASSIGN_OR_RETURN(const auto images,
                   hash_images(options, scans, thread_count, catalog, progress, errors));

  PrepareOptions prepare;
  prepare.preprocessing = models.clip.preprocessing();
  prepare.detector = models.detector ? &*models.detector : nullptr;
  prepare.crops = options.crops;
  prepare.min_confidence = options.min_confidence;
  prepare.thumbnail_px = options.thumbnail_px;
  const WorkKey key = work_key(models, prepare);
  ASSIGN_OR_RETURN(const auto report, embed_images(images, models.clip, prepare, key, thread_count,
                                                   catalog, progress));
  errors.insert(errors.end(), report.errors.begin(), report.errors.end());
  report_embedding(report, progress);
  const std::string errors_path = fs::path(catalog_path).replace_filename("errors.jsonl").string();
  RETURN_IF_ERROR(record_errors(errors, errors_path, catalog));
  if (images.size() <= report.errors.size()) {
    return not_found("no image could be indexed: " + std::to_string(errors.size()) +
                     " failed; see " + errors_path);
  }

  auto assemble = assemble_options(options, models, images);
  assemble.bank.list = std::move(list);
  assemble.bank.builtin_count = options.bank_phrase_count;
  assemble.bank.phrases = std::move(phrases);
  assemble.thread_count = thread_count;
  const BuildStamp stamp(catalog_path, bundle_path);
  const auto fingerprint = BuildStamp::fingerprint(images, key, assemble, models.clip);
  uint64_t new_file_count = 0;
  if (options.full || report.embedded_count > 0 || !stamp.is_current(fingerprint)) {
    ASSIGN_OR_RETURN(auto tables,
                     gather_tables(images, key, models.clip.dim(), assemble.class_names, catalog));
    auto base = options.full ? Result<ImageBase>(not_found("")) : ImageBase::open(bundle_path);
    if (base) {
      const auto continued = continue_tables(*base, assemble.class_names, tables);
      if (!continued) base = continued.error();
    }
    if (!base && base.error().code != ErrorCode::kNotFound) {
      progress.note("building in full, not upon " + bundle_path + ": " + base.error().message);
    }
    ASSIGN_OR_RETURN(auto writer, BundleWriter::open(bundle_path));
    pack_text_tower(models.clip, assemble.models, progress);
    ASSIGN_OR_RETURN(const auto root,
                     assemble_images(std::move(tables), base ? &*base : nullptr, assemble,
                                     models.clip, catalog, writer, progress));
    RETURN_IF_ERROR(stamp.write(fingerprint));
    new_file_count = writer.new_file_count();
  }
  if (!options.bundle_only) {
    ASSIGN_OR_RETURN(const auto page_file_count, copy_page_files(page_path, options.out));
    new_file_count += page_file_count;
  }
  progress.note(options.out + ": " + std::to_string(images.size() - report.errors.size()) +
                " images, " + std::to_string(new_file_count) + " files written" +
                (errors.empty()
                     ? ""
                     : "; " + std::to_string(errors.size()) + " left out, see " + errors_path));
  return errors.empty() ? 0 : 3;
}

}  // namespace sightline
