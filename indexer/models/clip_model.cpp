#include "indexer/models/clip_model.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>

#include "indexer/base/parallel.h"
#include "indexer/models/tokenizer_files.h"

namespace sightline {
namespace {

Result<void> agree_on_dim(const ClipTower& tower, uint32_t& dim) {
  if (dim != 0 && dim != tower.dim()) {
    return model_error(tower.session().title() + " has " + std::to_string(tower.dim()) +
                       " dimensions, the rest of the model " + std::to_string(dim) +
                       "; the files are of different models");
  }
  dim = tower.dim();
  return {};
}

}  // namespace

Result<ClipModel> ClipModel::load(const ModelFolder& folder, const ClipOptions& options) {
  if (folder.kind != ModelKind::kClip) return wrong_kind(folder, ModelKind::kClip);
  ASSIGN_OR_RETURN(auto tokenizer, load_tokenizer(folder.path));
  ClipModel model(folder, std::move(tokenizer));
  model.dim_ = folder.dim;
  const int threads = options.onnx.thread_count;
  model.thread_count_ = threads > 0 ? static_cast<unsigned>(threads)
                                    : std::max(1u, std::thread::hardware_concurrency());
  const Tokenizer& words = model.tokenizer_;
  if (options.with_text) {
    ASSIGN_OR_RETURN(auto text, TextTower::load(folder.clip.text, words.context_length(),
                                                words.end_id(), options.onnx));
    RETURN_IF_ERROR(agree_on_dim(text, model.dim_));
    model.text_ = std::move(text);
  }
  if (options.with_vision) {
    ASSIGN_OR_RETURN(auto vision,
                     VisionTower::load(folder.clip.vision, model.image_size_px(), options.onnx));
    RETURN_IF_ERROR(agree_on_dim(vision, model.dim_));
    model.vision_ = std::move(vision);
  }
  return model;
}

Result<void> ClipModel::use_packed_encoder(PackedEncoder stored) {
  ASSIGN_OR_RETURN(auto encoder, stored.load(dim_));
  packed_ = std::make_shared<const Packed>(Packed{std::move(stored), std::move(encoder)});
  return {};
}

Sha256Digest ClipModel::text_encoder_digest() const {
  if (packed_) return sha256(write_packed_encoder(packed_->stored.info));
  return digest_from_hex(text_sha256()).value_or(Sha256Digest{});
}

Result<std::vector<float>> ClipModel::embed_text(std::span<const std::string> texts) const {
  std::vector<float> rows;
  rows.reserve(texts.size() * dim_);
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(const auto ids, tokenizer_.encode(text));
    if (packed_) {
      ASSIGN_OR_RETURN(const auto row, packed_->encoder.encode(ids));
      rows.insert(rows.end(), row.begin(), row.end());
      continue;
    }
    RETURN_IF_ERROR(text_->append_embedding(ids, rows));
  }
  return rows;
}

Result<std::vector<float>> ClipModel::embed_text_batches(
    std::span<const std::string> texts, const std::function<void(size_t)>& done) const {
  if (packed_) {
    std::vector<float> rows(texts.size() * dim_);
    std::mutex mutex;
    std::optional<Error> error;
    parallel_for(texts.size(), thread_count_, [&](size_t i) {
      const auto row = embed_text(texts.subspan(i, 1));
      if (row) {
        std::copy(row->begin(), row->end(), rows.begin() + static_cast<ptrdiff_t>(i * dim_));
      } else {
        const std::lock_guard lock(mutex);
        error = row.error();
      }
      if (done) done(1);
    });
    if (error) return *error;
    return rows;
  }
  // By length and then in the order given, so that which texts run together is always the same.
  std::map<size_t, std::vector<size_t>> by_length;
  std::vector<std::vector<uint32_t>> ids(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSIGN_OR_RETURN(ids[i], tokenizer_.encode(texts[i]));
    by_length[ids[i].size()].push_back(i);
  }
  std::vector<float> rows(texts.size() * dim_);
  for (const auto& [length, members] : by_length) {
    const size_t batch = text_->batch_size();
    for (size_t start = 0; start < members.size(); start += batch) {
      const size_t end = std::min(start + batch, members.size());
      std::vector<std::span<const uint32_t>> together;
      for (size_t i = start; i < end; ++i) together.emplace_back(ids[members[i]]);
      std::vector<float> found;
      RETURN_IF_ERROR(text_->append_embeddings(together, found));
      for (size_t i = start; i < end; ++i) {
        std::copy_n(found.data() + (i - start) * dim_, dim_, rows.data() + members[i] * dim_);
      }
      if (done) done(end - start);
    }
  }
  return rows;
}

Result<std::vector<float>> ClipModel::embed_pixels(std::span<const float> pixels) const {
  return vision_->embed(pixels);
}

}  // namespace sightline
