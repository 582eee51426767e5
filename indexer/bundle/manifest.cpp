#include "indexer/bundle/manifest.h"

#include "indexer/base/json.h"
#include "native/bundle/root.h"

namespace sightline {
namespace {

constexpr const char* kFormatName = "sightline-bundle";

}  // namespace

std::string write_manifest(const Manifest& manifest) {
  const JsonValue root{
      {"kind", object_kind_name(ObjectKind::kRoot)},
      {"compression", manifest.root.compression == Compression::kZstd ? "zstd" : "none"},
      {"stored_bytes", manifest.root.stored_bytes},
      {"raw_bytes", manifest.root.raw_bytes},
      {"sha256", to_hex(manifest.root.sha256)}};
  const JsonValue document{{"format", kFormatName},
                           {"major", manifest.major},
                           {"minor", manifest.minor},
                           {"generator", manifest.generator},
                           {"root", root}};
  return dump_json(document, 2) + "\n";
}

Result<Manifest> parse_manifest(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed || parsed->string_at("format") != kFormatName) {
    return corrupt("manifest.json: this is no Sightline manifest; is the address right?");
  }
  Manifest manifest;
  const auto major = parsed->int_at("major");
  const auto minor = parsed->int_at("minor");
  if (!major || !minor || *major < 0 || *major > 0xffff || *minor < 0 || *minor > 0xffff) {
    return corrupt("manifest.json: no format version ('major' and 'minor')");
  }
  if (*major != kFormatMajor) {
    return unsupported("manifest.json: format version " + std::to_string(*major) + "." +
                       std::to_string(*minor) + ", this program knows version " +
                       std::to_string(kFormatMajor) + "; use a newer Sightline");
  }
  manifest.major = static_cast<uint16_t>(*major);
  manifest.minor = static_cast<uint16_t>(*minor);
  manifest.generator = parsed->string_at("generator").value_or("");
  const JsonValue* root = parsed->find("root");
  if (root == nullptr) return corrupt("manifest.json: no 'root'");
  const auto stored_bytes = root->int_at("stored_bytes");
  const auto raw_bytes = root->int_at("raw_bytes");
  const auto digest = digest_from_hex(root->string_at("sha256").value_or(""));
  const auto compression = root->string_at("compression").value_or("");
  if (!stored_bytes || !raw_bytes || !digest || *stored_bytes < 0 || *raw_bytes < 0 ||
      *stored_bytes > kMaxObjectBytes || *raw_bytes > kMaxObjectBytes ||
      (compression != "zstd" && compression != "none")) {
    return corrupt("manifest.json: 'root' lacks a valid compression, size or sha256");
  }
  manifest.root.kind = ObjectKind::kRoot;
  manifest.root.compression = compression == "zstd" ? Compression::kZstd : Compression::kNone;
  manifest.root.stored_bytes = static_cast<uint32_t>(*stored_bytes);
  manifest.root.raw_bytes = static_cast<uint32_t>(*raw_bytes);
  manifest.root.sha256 = *digest;
  return manifest;
}

}  // namespace sightline
