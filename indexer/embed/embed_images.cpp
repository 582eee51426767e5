#include "indexer/embed/embed_images.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "indexer/base/file_io.h"
#include "indexer/base/parallel.h"
#include "indexer/media/decode.h"
#include "native/base/half.h"

namespace sightline {
namespace {

constexpr size_t kMaxImageFileBytes = size_t{256} << 20;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Failure {
  std::string stage;
  Error error;
};

// What a worker makes of one image: the prepared image, or why there is none.
struct Prepared {
  const HashedImage* image = nullptr;
  PreparedImage value;
  std::optional<Failure> failure;
};

using Group = std::vector<const HashedImage*>;

struct Plan {
  std::vector<Group> groups;  // the first image of every content that is not done yet
  Group without_thumbnail;    // embedded before, for another kind of thumbnail
};

Result<Plan> make_plan(const std::vector<HashedImage>& images, const WorkKey& key,
                       Catalog& catalog) {
  Plan plan;
  std::set<Sha256Digest> planned;
  for (size_t start = 0; start < images.size(); start += kGroupImages) {
    Group group;
    for (size_t i = start; i < std::min(start + kGroupImages, images.size()); ++i) {
      if (!planned.insert(images[i].content).second) continue;
      ASSIGN_OR_RETURN(const auto state, catalog.work_state(images[i].content, key));
      if (state == WorkState::kNone) group.push_back(&images[i]);
      if (state == WorkState::kNoThumbnail) plan.without_thumbnail.push_back(&images[i]);
    }
    if (!group.empty()) plan.groups.push_back(std::move(group));
  }
  return plan;
}

Result<std::vector<uint8_t>> make_thumbnail(const HashedImage& image, uint32_t longest_px) {
  ASSIGN_OR_RETURN(const auto bytes, read_file(image.source.path, kMaxImageFileBytes));
  ASSIGN_OR_RETURN(const auto decoded, decode_image(bytes, longest_px));
  return encode_thumbnail(decoded.pixels, longest_px);
}

Result<void> add_thumbnails(const Group& images, const ThumbnailKey& key, unsigned thread_count,
                            Catalog& catalog, EmbedReport& report) {
  OrderedProducer<std::optional<Result<std::vector<uint8_t>>>> producer(
      images.size(), thread_count, 2 * kGroupImages,
      [&](size_t position) { return make_thumbnail(*images[position], key.longest_px); });
  for (const auto* image : images) {
    const auto thumbnail = *producer.take();
    if (!thumbnail) {
      report.errors.push_back({image->source.path, "thumbnail", thumbnail.error().message});
      continue;
    }
    RETURN_IF_ERROR(catalog.put_thumbnail(image->content, key, *thumbnail));
  }
  return catalog.commit();
}

Prepared prepare(const HashedImage& image, const PrepareOptions& options) {
  Prepared prepared;
  prepared.image = &image;
  auto bytes = read_file(image.source.path, kMaxImageFileBytes);
  if (!bytes) {
    prepared.failure = {"read", std::move(bytes).error()};
  } else if (sha256(*bytes) != image.content) {
    prepared.failure = {"read", io_error("the file changed while the build was running")};
  } else if (auto value = prepare_image(*bytes, options); !value) {
    const bool by_model = value.error().code == ErrorCode::kModel;
    prepared.failure = {by_model ? "detect" : "decode", std::move(value).error()};
  } else {
    prepared.value = std::move(*value);
    prepared.value.work.content = image.content;
  }
  return prepared;
}

void fill_embeddings(std::vector<Prepared>& group, std::span<const float> embeddings, size_t dim) {
  for (auto& prepared : group) {
    for (auto& view : prepared.value.work.views) {
      view.half.resize(dim);
      std::transform(embeddings.begin(), embeddings.begin() + static_cast<ptrdiff_t>(dim),
                     view.half.begin(), float_to_half);
      embeddings = embeddings.subspan(dim);
    }
  }
}

}  // namespace

Result<EmbedReport> embed_images(const std::vector<HashedImage>& images, const ClipModel& clip,
                                 const PrepareOptions& options, const WorkKey& key,
                                 unsigned thread_count, Catalog& catalog, Progress& progress) {
  const auto started = Clock::now();
  EmbedReport report;
  ASSIGN_OR_RETURN(const auto plan, make_plan(images, key, catalog));
  RETURN_IF_ERROR(
      add_thumbnails(plan.without_thumbnail, key.thumbnail, thread_count, catalog, report));
  Group order;
  for (const auto& group : plan.groups) order.insert(order.end(), group.begin(), group.end());
  if (order.empty()) return report;

  progress.begin("embed", order.size());
  OrderedProducer<Prepared> producer(
      order.size(), thread_count, 2 * kGroupImages,
      [&](size_t position) { return prepare(*order[position], options); });
  std::map<Sha256Digest, Failure> failures;
  for (const auto& group : plan.groups) {
    std::vector<Prepared> ready;
    std::vector<float> pixels;
    for (size_t i = 0; i < group.size(); ++i) {
      Prepared prepared = producer.take();
      if (prepared.failure) {
        if (prepared.failure->error.code == ErrorCode::kModel) {
          return std::move(prepared.failure->error);
        }
        failures.emplace(prepared.image->content, std::move(*prepared.failure));
        continue;
      }
      pixels.insert(pixels.end(), prepared.value.pixels.begin(), prepared.value.pixels.end());
      prepared.value.pixels = {};
      ready.push_back(std::move(prepared));
    }
    const auto run_started = Clock::now();
    ASSIGN_OR_RETURN(const auto embeddings, clip.embed_pixels(pixels));
    report.model_s += seconds_since(run_started);
    fill_embeddings(ready, embeddings, clip.dim());
    for (const auto& prepared : ready) {
      RETURN_IF_ERROR(catalog.put_work(prepared.value.work, key));
    }
    RETURN_IF_ERROR(catalog.commit());
    report.embedded_count += ready.size();
    progress.add(group.size());
  }
  progress.end();
  for (const auto& image : images) {
    const auto failure = failures.find(image.content);
    if (failure == failures.end()) continue;
    const auto& [stage, error] = failure->second;
    report.errors.push_back({image.source.path, stage, error.message});
  }
  report.wall_s = seconds_since(started);
  return report;
}

}  // namespace sightline
