#include "indexer/bundle/bundle_writer.h"

#include "indexer/base/file_io.h"
#include "indexer/bundle/manifest.h"

namespace sightline {

Result<BundleWriter> BundleWriter::open(std::string bundle_path) {
  RETURN_IF_ERROR(make_directories(bundle_path + "/objects"));
  return BundleWriter(std::move(bundle_path));
}

Result<ObjectRef> BundleWriter::put(const PackedObject& object) {
  const std::string path = path_ + "/" + object_name(object.ref);
  const auto present = read_file(path, object.ref.stored_bytes);
  if (present && *present == object.stored) return object.ref;
  RETURN_IF_ERROR(make_directories(path.substr(0, path.rfind('/'))));
  RETURN_IF_ERROR(write_file_atomic(path, object.stored));
  ++new_file_count_;
  new_bytes_ += object.ref.stored_bytes;
  return object.ref;
}

Result<ObjectRef> BundleWriter::add(ObjectKind kind, std::span<const uint8_t> raw) {
  if (raw.size() > kMaxObjectBytes) {
    return too_large("bundle: an object of " + std::to_string(raw.size()) + " bytes, at most " +
                     std::to_string(kMaxObjectBytes) + " are allowed");
  }
  return put(pack_object(kind, raw));
}

Result<ObjectParts> BundleWriter::add_payload(ObjectKind kind, std::span<const uint8_t> raw) {
  ObjectParts parts;
  for (const auto& object : pack_payload(kind, raw)) {
    ASSIGN_OR_RETURN(const auto ref, put(object));
    parts.push_back(ref);
  }
  return parts;
}

Result<std::vector<uint8_t>> BundleWriter::stored(const ObjectRef& ref) const {
  return read_file(path_ + "/" + object_name(ref), ref.stored_bytes);
}

Result<void> BundleWriter::finish(const Root& root) {
  Manifest manifest;
  manifest.major = kFormatMajor;
  manifest.minor = kFormatMinor;
  manifest.generator = root.generator;
  ASSIGN_OR_RETURN(manifest.root, add(ObjectKind::kRoot, write_root(root)));
  const std::string text = write_manifest(manifest);
  const std::string path = path_ + "/" + std::string(kManifestName);
  const auto present = read_text_file(path, kMaxManifestBytes);
  if (present && *present == text) return {};
  RETURN_IF_ERROR(write_file_atomic(path, std::string_view(text)));
  ++new_file_count_;
  new_bytes_ += text.size();
  return {};
}

}  // namespace sightline
