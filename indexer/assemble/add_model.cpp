#include "indexer/assemble/add_model.h"

#include "indexer/base/file_io.h"
#include "indexer/packing/pack_text_encoder.h"

namespace sightline {
namespace {

constexpr size_t kMaxModelBytes = size_t{2} << 30;

Result<PublishedFile> add_model_file(const std::string& role, const std::string& path, bool publish,
                                     BundleWriter& writer) {
  PublishedFile file;
  file.role = role;
  file.name = path.substr(path.rfind('/') + 1);
  ASSIGN_OR_RETURN(const auto bytes, read_file(path, kMaxModelBytes));
  file.byte_count = bytes.size();
  file.sha256 = sha256(bytes);
  if (publish) {
    ASSIGN_OR_RETURN(file.parts, writer.add_payload(ObjectKind::kModel, bytes));
  }
  return file;
}

Result<ModelInfo> model_info(const ClipModel& clip, PublishedModels published,
                             BundleWriter& writer) {
  ModelInfo model;
  model.id = clip.id();
  model.licence = clip.folder().licence;
  model.embedding_dim = clip.dim();
  model.image_size_px = clip.image_size_px();
  model.mean = clip.preprocessing().mean;
  model.stddev = clip.preprocessing().std;
  model.context_length = clip.tokenizer().context_length();
  ASSIGN_OR_RETURN(model.tokenizer,
                   writer.add_payload(ObjectKind::kTokenizer, clip.tokenizer().serialize()));
  const bool text = published != PublishedModels::kNone;
  const bool vision = published == PublishedModels::kBoth;
  ASSIGN_OR_RETURN(auto text_file,
                   add_model_file("text", clip.folder().clip.text.path, text, writer));
  ASSIGN_OR_RETURN(auto vision_file,
                   add_model_file("vision", clip.folder().clip.vision.path, vision, writer));
  model.files.push_back(std::move(text_file));
  model.files.push_back(std::move(vision_file));
  return model;
}

}  // namespace

void pack_text_tower(ClipModel& clip, PublishedModels published, Progress& progress) {
  if (published == PublishedModels::kNone) return;
  progress.begin("text encoder");
  auto packed = packed_text_encoder(clip.folder());
  const auto used = packed ? clip.use_packed_encoder(std::move(*packed)) : packed.error();
  if (!used) progress.note("note: no packed text encoder: " + used.error().message);
}

Result<void> add_model(const ClipModel& clip, PublishedModels published, const std::string& warning,
                       BundleWriter& writer, Root& root) {
  ASSIGN_OR_RETURN(root.model, model_info(clip, published, writer));
  root.model.warning = warning;
  const PackedEncoder* packed = clip.packed_encoder();
  if (packed == nullptr) return {};
  for (const auto& object : packed->objects) RETURN_IF_ERROR(writer.put(object));
  root.packed_encoder = packed->info;
  root.quality.push_back({"packed_encoder_mean_cosine", packed->mean_cosine});
  return {};
}

}  // namespace sightline
