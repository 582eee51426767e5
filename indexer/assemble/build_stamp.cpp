#include "indexer/assemble/build_stamp.h"

#include <filesystem>

#include "indexer/base/file_io.h"
#include "indexer/bundle/bundle_objects.h"

namespace sightline {
namespace {

constexpr const char* kStampVersion = "build stamp 3";

void write_source(ByteWriter& writer, const HashedImage& image) {
  const SourceImage& source = image.source;
  for (const auto* text :
       {&source.image_id, &source.dataset, &source.sequence, &source.camera, &source.source_key}) {
    writer.write_string(*text);
  }
  for (const auto& number : {source.timestamp_s, source.latitude_deg, source.longitude_deg}) {
    writer.write(number.has_value());
    writer.write(number.value_or(0.0));
  }
  writer.write_bytes(image.content);
}

// The manifest of a bundle, which names all that is in it; empty where there is none.
std::string manifest_text(const std::string& bundle_path) {
  const auto text =
      read_text_file(bundle_path + "/" + std::string(kManifestName), kMaxManifestBytes);
  return text ? *text : std::string();
}

std::string stamp_text(const Sha256Digest& fingerprint, const std::string& manifest) {
  return to_hex(fingerprint) + " " + to_hex(sha256(as_bytes(manifest))) + "\n";
}

bool has_every_file(const std::string& bundle_path) {
  auto bundle = OpenedBundle::open(bundle_path);
  return bundle && check_files(*bundle, bundle_path);
}

}  // namespace

BuildStamp::BuildStamp(const std::string& catalog_path, const std::string& bundle_path)
    : bundle_path_(bundle_path) {
  const auto absolute = std::filesystem::absolute(bundle_path).lexically_normal().string();
  stamp_path_ = catalog_path + "." + to_hex(sha256(as_bytes(absolute))).substr(0, 16) + ".stamp";
}

Sha256Digest BuildStamp::fingerprint(const std::vector<HashedImage>& images, const WorkKey& key,
                                     const AssembleOptions& options, const ClipModel& clip) {
  ByteWriter writer;
  writer.write_string(kStampVersion);
  writer.write(kFormatMajor);
  writer.write(kFormatMinor);
  writer.write_bytes(key.model);
  writer.write_bytes(key.detector);
  writer.write_string(key.options);
  writer.write_bytes(clip.text_encoder_digest());
  writer.write_string(options.title);
  writer.write_string(options.licence);
  writer.write_string(options.media_base_url);
  writer.write_string(options.model_warning);
  writer.write(options.graph.m);
  writer.write(options.graph.ef_construction);
  writer.write(options.graph.seed);
  writer.write(options.thumbnail.longest_px);
  writer.write_string(options.thumbnail.encoding);
  writer.write(static_cast<uint8_t>(options.models));
  for (const auto& name : options.class_names) writer.write_string(name);
  writer.write_bytes(options.bank.list.digest);
  writer.write(options.bank.builtin_count.has_value());
  writer.write(options.bank.builtin_count.value_or(0));
  for (const auto& phrase : options.bank.phrases) writer.write_string(phrase);
  for (const auto& image : images) write_source(writer, image);
  return sha256(writer.bytes());
}

bool BuildStamp::is_current(const Sha256Digest& fingerprint) const {
  const auto stamp = read_text_file(stamp_path_, 1024);
  const std::string manifest = manifest_text(bundle_path_);
  return stamp && !manifest.empty() && *stamp == stamp_text(fingerprint, manifest) &&
         has_every_file(bundle_path_);
}

Result<void> BuildStamp::write(const Sha256Digest& fingerprint) const {
  return write_file_atomic(stamp_path_, stamp_text(fingerprint, manifest_text(bundle_path_)));
}

}  // namespace sightline
