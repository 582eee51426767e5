#include "indexer/packing/matrix_choice.h"

#include <algorithm>
#include <map>
#include <thread>

#include "indexer/base/parallel.h"
#include "native/base/half.h"
#include "native/clip/text_tower_bytes.h"

namespace sightline {
namespace {

constexpr WeightMatrix TextTowerLayer::*kMatrices[] = {
    &TextTowerLayer::query_key_value, &TextTowerLayer::attention_output, &TextTowerLayer::mlp_up,
    &TextTowerLayer::mlp_down};

std::vector<float> float_token_rows(const ClipTextWeights& tower, std::span<const uint32_t> ids) {
  std::vector<float> rows;
  for (const uint32_t id : ids) {
    const auto row =
        tower.token_table.begin() + static_cast<ptrdiff_t>(size_t{id} * tower.shape.width);
    rows.insert(rows.end(), row, row + tower.shape.width);
  }
  return rows;
}

std::vector<const TextTowerLayer*> pointers(const std::vector<TextTowerLayer>& layers) {
  std::vector<const TextTowerLayer*> result;
  for (const auto& layer : layers) result.push_back(&layer);
  return result;
}

// The mean square of what each column of each matrix is multiplied with.
class InputSquares : public MatrixObserver {
 public:
  void observe(const WeightMatrix& matrix, std::span<const float> inputs) override {
    auto& squares = squares_[&matrix];
    squares.resize(matrix.column_count);
    for (size_t i = 0; i < inputs.size(); ++i) {
      squares[i % matrix.column_count] += inputs[i] * inputs[i];
    }
  }
  const std::vector<float>& of(const WeightMatrix& matrix) { return squares_[&matrix]; }

 private:
  std::map<const WeightMatrix*, std::vector<float>> squares_;
};

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

// The packed layers against the texts' float embeddings.
class Chooser {
 public:
  Chooser(const ClipTextWeights& tower, const std::vector<std::vector<uint32_t>>& texts,
          size_t most_layer_bytes)
      : tower_(tower), texts_(texts), most_layer_bytes_(most_layer_bytes) {}

  Result<PackedTower> run(double least_cosine) {
    RETURN_IF_ERROR(embed_floats());
    pack_ends();
    for (const auto& layer : tower_.layers) {
      TextTowerLayer& packed = packed_.layers.emplace_back(layer);
      for (const auto matrix : kMatrices) {
        packed.*matrix = pack(layer.*matrix, WeightFormat::kFourBit);
        ++packed_.matrix_count;
      }
    }
    ASSIGN_OR_RETURN(packed_.mean_cosine, mean_cosine());
    if (packed_.mean_cosine >= least_cosine) return std::move(packed_);
    if (affordable(every_matrix()).empty()) return std::move(packed_);
    ASSIGN_OR_RETURN(const auto candidates, by_cost());
    const auto order = affordable(candidates);
    // The fewest of them that suffice, by halving the interval.
    size_t too_few = 0;
    size_t enough = order.size();
    while (too_few + 1 < enough) {
      const size_t count = (too_few + enough) / 2;
      widen(order, count);
      ASSIGN_OR_RETURN(const double cosine, mean_cosine());
      (cosine >= least_cosine ? enough : too_few) = count;
    }
    widen(order, enough);
    packed_.eight_bit_count = static_cast<uint32_t>(enough);
    ASSIGN_OR_RETURN(packed_.mean_cosine, mean_cosine());
    return std::move(packed_);
  }

 private:
  struct Candidate {
    double gain;  // of cosine, for each weight
    size_t layer;
    WeightMatrix TextTowerLayer::*matrix;
  };

  Result<void> embed_floats() {
    const auto layers = pointers(tower_.layers);
    const TextTowerRun run{tower_.shape, tower_.ends, layers, best_matrix_kernels(), &squares_};
    for (const auto& ids : texts_) {
      ASSIGN_OR_RETURN(auto embedding, run.embed(float_token_rows(tower_, ids)));
      expected_.push_back(std::move(embedding));
    }
    return {};
  }

  // Eight bits for the first `count` matrices of the order, four for the others.
  void widen(const std::vector<Candidate>& order, size_t count) {
    for (size_t i = 0; i < order.size(); ++i) {
      WeightMatrix& place = packed_.layers[order[i].layer].*order[i].matrix;
      const auto format = i < count ? WeightFormat::kEightBit : WeightFormat::kFourBit;
      if (place.format == format) continue;
      place = pack(tower_.layers[order[i].layer].*order[i].matrix, format);
    }
  }

  void pack_ends() {
    packed_.ends = tower_.ends;
    for (float& value : packed_.ends.positions) value = half_to_float(float_to_half(value));
    packed_.ends.projection = pack(tower_.ends.projection, WeightFormat::kEightBit);
  }

  WeightMatrix pack(const WeightMatrix& matrix, WeightFormat format) {
    return pack_matrix(matrix, format, squares_.of(matrix));
  }

  Result<double> mean_cosine() const {
    const auto layers = pointers(packed_.layers);
    const TextTowerRun run{tower_.shape, packed_.ends, layers};
    std::vector<Result<std::vector<float>>> found(texts_.size(), std::vector<float>{});
    parallel_for(texts_.size(), std::thread::hardware_concurrency(),
                 [&](size_t i) { found[i] = run.embed(packed_token_rows(tower_, texts_[i])); });
    double sum = 0;
    for (size_t i = 0; i < texts_.size(); ++i) {
      RETURN_IF_ERROR(found[i]);
      sum += dot(*found[i], expected_[i]);
    }
    return sum / static_cast<double>(texts_.size());
  }

  std::vector<Candidate> every_matrix() const {
    std::vector<Candidate> all;
    for (size_t layer = 0; layer < packed_.layers.size(); ++layer) {
      for (const auto matrix : kMatrices) all.push_back({0, layer, matrix});
    }
    return all;
  }

  // Those of them, the first ones before the others, for which there is room.
  std::vector<Candidate> affordable(const std::vector<Candidate>& candidates) const {
    size_t bytes = 0;
    for (const auto& layer : packed_.layers) bytes += write_text_layer(layer).size();
    std::vector<Candidate> taken;
    for (const auto& candidate : candidates) {
      const WeightMatrix& four_bits = packed_.layers[candidate.layer].*candidate.matrix;
      const size_t more = four_bits.codes.size() - four_bits.block_scales.size();
      if (bytes + more > most_layer_bytes_) continue;
      bytes += more;
      taken.push_back(candidate);
    }
    return taken;
  }

  Result<std::vector<Candidate>> by_cost() {
    auto order = every_matrix();
    for (auto& candidate : order) {
      WeightMatrix& place = packed_.layers[candidate.layer].*candidate.matrix;
      const WeightMatrix& source = tower_.layers[candidate.layer].*candidate.matrix;
      WeightMatrix four_bits = std::move(place);
      place = pack(source, WeightFormat::kEightBit);
      ASSIGN_OR_RETURN(const double cosine, mean_cosine());
      place = std::move(four_bits);
      candidate.gain = (cosine - packed_.mean_cosine) / static_cast<double>(source.weights.size());
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const Candidate& a, const Candidate& b) { return a.gain > b.gain; });
    return order;
  }

  const ClipTextWeights& tower_;
  const std::vector<std::vector<uint32_t>>& texts_;
  const size_t most_layer_bytes_;
  InputSquares squares_;
  std::vector<std::vector<float>> expected_;  // [texts]
  PackedTower packed_;
};

}  // namespace

std::vector<float> packed_token_rows(const ClipTextWeights& tower, std::span<const uint32_t> ids) {
  const auto rows = float_token_rows(tower, ids);
  const TokenRows packed = pack_token_rows(rows, tower.shape.width);
  std::vector<float> values(rows.size());
  for (uint32_t i = 0; i < ids.size(); ++i) {
    packed.decode(i, std::span(values).subspan(size_t{i} * tower.shape.width, tower.shape.width));
  }
  return values;
}

Result<PackedTower> choose_matrices(const ClipTextWeights& tower,
                                    const std::vector<std::vector<uint32_t>>& texts,
                                    double least_cosine, size_t most_layer_bytes) {
  return Chooser(tower, texts, most_layer_bytes).run(least_cosine);
}

}  // namespace sightline
