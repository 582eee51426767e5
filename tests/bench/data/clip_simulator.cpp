#include "tests/bench/data/clip_simulator.h"

#include <algorithm>
#include <cmath>

#include "native/vectors/dot.h"
#include "native/vectors/top_k.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline::bench {
namespace {

using testing::scale_to_unit;
using testing::TestRandom;

constexpr uint32_t kTopicCount = 700;
constexpr uint32_t kSubjectsPerTopic = 64;
// Shares of the variance, chosen such that the nearest neighbours among 1,000 vectors are as near
// as among the real ones and that texts must open about as many more cells than images as
// published.
constexpr float kTopicShare = 0.5f;
constexpr float kSubjectShare = 0.25f;
constexpr float kOwnShare = 0.25f;
// A topic lies around the real image that fits its text best out of so many, mixed with another.
constexpr uint32_t kCandidates = 300;
constexpr float kLeastBestShare = 0.8f;
// How far a subject leans towards the text of its topic, and aside to one of the texts nearest to
// that, at most: photos are about 0.1 nearer to their own name than to others.
constexpr float kMostLeaning = 0.35f;
constexpr float kMostLeaningAside = 0.2f;
constexpr uint32_t kNearTexts = 16;
// The sample covariance of 1,000 vectors understates the small directions.
constexpr double kShrinkage = 0.02;

uint64_t mix(uint64_t a, uint64_t b) { return TestRandom(a * 0x9e3779b97f4a7c15 + b).next(); }

std::vector<float> mean_of(const Vectors& vectors) {
  std::vector<double> sum(vectors.dim);
  for (uint32_t i = 0; i < vectors.rows; ++i) {
    for (uint32_t d = 0; d < vectors.dim; ++d) sum[d] += vectors.row(i)[d];
  }
  std::vector<float> mean(vectors.dim);
  for (uint32_t d = 0; d < vectors.dim; ++d) mean[d] = static_cast<float>(sum[d] / vectors.rows);
  return mean;
}

void subtract(std::span<float> vector, std::span<const float> other) {
  for (size_t d = 0; d < vector.size(); ++d) vector[d] -= other[d];
}

// [dim, dim] of centred rows, shrunk towards a sphere.
std::vector<double> covariance_of(const Vectors& centred) {
  const size_t dim = centred.dim;
  std::vector<double> covariance(dim * dim);
  for (uint32_t i = 0; i < centred.rows; ++i) {
    const auto row = centred.row(i);
    for (size_t a = 0; a < dim; ++a) {
      for (size_t b = 0; b <= a; ++b) covariance[a * dim + b] += double{row[a]} * row[b];
    }
  }
  double trace = 0;
  for (double& value : covariance) value /= centred.rows - 1;
  for (size_t a = 0; a < dim; ++a) trace += covariance[a * dim + a];
  for (double& value : covariance) value *= 1 - kShrinkage;
  for (size_t a = 0; a < dim; ++a) {
    covariance[a * dim + a] += kShrinkage * trace / static_cast<double>(dim);
  }
  return covariance;
}

// The lower triangle of a positive matrix becomes its Cholesky root.
void take_root(std::vector<double>& matrix, size_t dim) {
  for (size_t a = 0; a < dim; ++a) {
    for (size_t b = 0; b <= a; ++b) {
      double sum = matrix[a * dim + b];
      for (size_t c = 0; c < b; ++c) sum -= matrix[a * dim + c] * matrix[b * dim + c];
      matrix[a * dim + b] = a == b ? std::sqrt(sum) : sum / matrix[b * dim + b];
    }
  }
}

// Solves root * z = vector.
std::vector<float> whiten(const std::vector<float>& root, std::span<const float> vector) {
  const size_t dim = vector.size();
  std::vector<float> z(dim);
  for (size_t a = 0; a < dim; ++a) {
    double sum = vector[a];
    for (size_t b = 0; b < a; ++b) sum -= double{root[a * dim + b]} * z[b];
    z[a] = static_cast<float>(sum / root[a * dim + a]);
  }
  return z;
}

std::vector<uint32_t> nearest(const Vectors& vectors, std::span<const float> to, uint32_t count) {
  BasicTopK<float> top(count);
  for (uint32_t i = 0; i < vectors.rows; ++i) {
    top.offer(-dot_f32(to.data(), vectors.row(i).data(), vectors.dim), i);
  }
  std::vector<uint32_t> rows;
  for (const auto& neighbor : top.take_sorted()) rows.push_back(neighbor.ordinal);
  return rows;
}

// 0..count-1, small numbers far more often: a few topics hold most photos.
uint32_t draw_skewed(TestRandom& random, uint32_t count) {
  const float u = random.uniform();
  return std::min(count - 1, static_cast<uint32_t>(static_cast<float>(count) * u * u));
}

}  // namespace

RealVectors read_real_vectors(const std::string& folder) {
  RealVectors real;
  real.images = read_npy(folder + "/clip_image_flickr8k/clip_embeddings.npy");
  for (uint32_t i = 0; i < real.images.rows; ++i) scale_to_unit(real.images.row(i));
  real.texts.dim = real.images.dim;
  for (const char* name : {"coco_clip_a+cname", "lvis_v1_clip_a+cname", "oid_clip_a+cname"}) {
    Vectors some = read_npy(folder + "/clip_text_detic/" + name + ".npy");
    for (uint32_t i = 0; i < some.rows; ++i) {
      scale_to_unit(some.row(i));
      // The tables share names.
      bool seen = false;
      for (uint32_t j = 0; j < real.texts.rows && !seen; ++j) {
        seen = dot_f32(some.row(i).data(), real.texts.row(j).data(), some.dim) > 0.998f;
      }
      if (seen) continue;
      real.texts.values.insert(real.texts.values.end(), some.row(i).begin(), some.row(i).end());
      ++real.texts.rows;
    }
  }
  return real;
}

ClipSimulator::ClipSimulator(const RealVectors& real, uint64_t seed)
    : dim_(real.images.dim), seed_(seed), mean_(mean_of(real.images)), text_offsets_(real.texts) {
  Vectors images = real.images;
  for (uint32_t i = 0; i < images.rows; ++i) subtract(images.row(i), mean_);
  auto root = covariance_of(images);
  take_root(root, dim_);
  root_.resize(root.size());
  for (size_t a = 0; a < dim_; ++a) {
    for (size_t b = 0; b <= a; ++b) root_[a * dim_ + b] = static_cast<float>(root[a * dim_ + b]);
  }
  const auto text_mean = mean_of(real.texts);
  for (uint32_t i = 0; i < text_offsets_.rows; ++i) subtract(text_offsets_.row(i), text_mean);

  std::vector<std::vector<float>> whitened;
  for (uint32_t i = 0; i < images.rows; ++i) whitened.push_back(whiten(root_, images.row(i)));
  for (uint32_t t = 0; t < kTopicCount; ++t) {
    TestRandom random(mix(seed_, 1'000'000'000 + t));
    Topic topic{std::vector<float>(dim_),
                std::exp(0.3f * random.normal()),
                random.below(text_offsets_.rows),
                {}};
    const auto text = text_offsets_.row(topic.text);
    topic.near_texts = nearest(text_offsets_, text, kNearTexts);
    uint32_t most_like = random.below(images.rows);
    for (uint32_t i = 1; i < kCandidates; ++i) {
      const uint32_t candidate = random.below(images.rows);
      if (dot_f32(text.data(), images.row(candidate).data(), dim_) >
          dot_f32(text.data(), images.row(most_like).data(), dim_)) {
        most_like = candidate;
      }
    }
    const float share = kLeastBestShare + (1 - kLeastBestShare) * random.uniform();
    const float a = std::sqrt(kTopicShare * share), b = std::sqrt(kTopicShare * (1 - share));
    const auto& one = whitened[most_like];
    const auto& other = whitened[random.below(images.rows)];
    for (uint32_t d = 0; d < dim_; ++d) topic.z[d] = a * one[d] + b * other[d];
    topics_.push_back(std::move(topic));
  }
}

void ClipSimulator::add_normals(uint64_t stream, float scale, std::span<float> z) const {
  TestRandom random(stream);
  for (float& value : z) value += scale * random.normal();
}

void ClipSimulator::draw(uint64_t row, std::span<float> out) const {
  TestRandom random(mix(seed_, 2 * row + 1));
  const uint32_t topic_number = draw_skewed(random, kTopicCount);
  const Topic& topic = topics_[topic_number];
  const uint64_t subject =
      mix(seed_ + 1, topic_number * kSubjectsPerTopic + draw_skewed(random, kSubjectsPerTopic));
  TestRandom of_subject(subject);
  const uint32_t aside = topic.near_texts[of_subject.below(kNearTexts)];
  const float leaning = kMostLeaning * of_subject.uniform();
  const float leaning_aside = kMostLeaningAside * of_subject.uniform();
  const float tightness = topic.tightness * std::exp(0.3f * of_subject.normal());

  std::vector<float> z = topic.z;
  add_normals(of_subject.next(), std::sqrt(kSubjectShare) * topic.tightness, z);
  add_normals(random.next(), std::sqrt(kOwnShare) * tightness, z);
  const auto dot = best_dot_kernels().dot_f32;
  for (uint32_t d = 0; d < dim_; ++d) {
    out[d] = dot(root_.data() + size_t{d} * dim_, z.data(), d + 1) +
             leaning * text_offsets_.row(topic.text)[d] +
             leaning_aside * text_offsets_.row(aside)[d];
  }
  // Only what differs from the mean is scaled: the share of the mean, which is most of what texts
  // see, varies no more than it does in the real vectors.
  const float offset_square = dot(out.data(), out.data(), dim_);
  const float along = dot(out.data(), mean_.data(), dim_) / offset_square;
  const float missing = (1 - dot(mean_.data(), mean_.data(), dim_)) / offset_square;
  const float scale = std::sqrt(along * along + missing) - along;
  for (uint32_t d = 0; d < dim_; ++d) out[d] = mean_[d] + scale * out[d];
  scale_to_unit(out);
}

}  // namespace sightline::bench
