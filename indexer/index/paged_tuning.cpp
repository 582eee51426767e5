#include "indexer/index/paged_tuning.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "indexer/index/index_plan.h"
#include "indexer/index/matrix.h"
#include "indexer/index/scan_plan.h"
#include "native/search/cell_scan.h"
#include "native/search/paged_query.h"

namespace sightline {
namespace {

constexpr size_t kMostHeldOut = 200;
constexpr uint32_t kShownRows = 50;
constexpr uint32_t kFirstRows = 50;
constexpr uint32_t kRefinedStep = 50;
constexpr uint32_t kMostSettledRows = 400;
// Every cell reaches as deep.
constexpr float kWholeDepth = 1e6f;
// Of probe_recall, while the first answer finds too little.
constexpr double kRecallStep = 0.0025;
constexpr float kSpreadWeights[] = {0, 0.5f, 1, 1.5f, 2, 2.5f, 3};

// One held-out query against the plan.
struct Trial {
  std::vector<double> centroids;    // similarity of each cell's centroid
  std::vector<double> reach;        // of each cell
  std::vector<uint32_t> true_rows;  // rows of the index
  std::vector<uint32_t> true_cells;
  ScanTables scan;
  DigitValues first;  // of the components in the root
  DigitValues fine;
};

Result<Trial> make_trial(const HeldOutTruth& truth, size_t number,
                         std::span<const uint32_t> row_of_source, const PagedPlan& plan) {
  Trial trial;
  const auto& codes = plan.basis.codes;
  const auto& directory = plan.directory;
  ASSIGN_OR_RETURN(const auto weights, weigh_query(codes, truth.query(number)));
  trial.centroids = centroid_similarities(directory, weights);
  for (const uint32_t source : truth.nearest(number)) {
    trial.true_rows.push_back(row_of_source[source]);
    trial.true_cells.push_back(cell_of(directory, row_of_source[source]));
  }
  trial.scan = make_scan_tables(codes, weights);
  trial.fine = make_digit_values(codes, weights);
  QueryWeights known = weights;
  known.weights.resize(codes.root_components);
  trial.first = make_digit_values(codes, known);
  return trial;
}

void set_spread_weight(float weight, CellDirectory& directory, std::vector<Trial>& trials) {
  directory.spread_weight = weight;
  for (auto& trial : trials) trial.reach = cell_reach(directory, trial.centroids);
}

// How deep a query must look so that the share of true neighbors is reached on average.
float depth_needed(const std::vector<Trial>& trials, double share) {
  std::vector<double> depths;
  for (const auto& trial : trials) {
    const auto scale = reach_scale(trial.reach);
    for (const uint32_t cell : trial.true_cells) {
      const double below = scale.top - trial.reach[cell];
      depths.push_back(below > 0 && scale.depth(1) > 0 ? below / scale.depth(1) : 0);
    }
  }
  std::sort(depths.begin(), depths.end());
  const auto last = static_cast<size_t>(std::ceil(share * static_cast<double>(depths.size())));
  if (depths.empty()) return kWholeDepth;
  // Rounded up: the cell that decides is to be opened.
  const auto depth = static_cast<float>(depths[std::min(last, depths.size()) - 1]);
  return std::nextafter(std::min(depth, kWholeDepth), 2 * kWholeDepth);
}

// Sets the depth, and the number of cells that it opens on average.
void set_depth(float depth, const std::vector<Trial>& trials, CellDirectory& directory) {
  directory.probe_depth = depth;
  directory.probe_cells = static_cast<uint32_t>(directory.first_row.size() - 1);
  double opened = 0;
  for (const auto& trial : trials) {
    opened += static_cast<double>(cells_in_depth(directory, trial.reach));
  }
  const double mean = opened / static_cast<double>(std::max<size_t>(1, trials.size()));
  directory.probe_cells = std::max(1u, static_cast<uint32_t>(std::lround(mean)));
}

// The rows that look best by their first digits in the best `cell_count` cells.
std::vector<Neighbor> scan_cells(const Trial& trial, const PagedPlan& plan, size_t cell_count) {
  auto order = opening_order(trial.reach);
  order.resize(std::min(order.size(), cell_count));
  TopK best(kRankedPerRefined * kMostSettledRows);
  for (const uint32_t cell : order) scan_cell(plan, cell, trial.centroids[cell], trial.scan, best);
  return best.take_sorted();
}

// How many true rows are among the best `count` where the pieces of the best `refined_rows`
// candidates are fetched and refined by these digits.
uint32_t found_refined(const Trial& trial, const PagedPlan& plan, std::span<const Neighbor> ranked,
                       const DigitValues& digits, size_t refined_rows, size_t count) {
  const size_t row_bytes = plan.basis.codes.row_bytes();
  std::set<std::pair<uint32_t, uint32_t>> fetched;
  std::vector<std::pair<double, uint32_t>> refined;
  for (size_t i = 0; i < std::min(ranked.size(), kRankedPerRefined * refined_rows); ++i) {
    const uint32_t row = ranked[i].ordinal;
    const uint32_t cell = cell_of(plan.directory, row);
    const std::pair piece(cell, (row - plan.directory.first_row[cell]) / plan.piece_rows);
    if (i < refined_rows) fetched.insert(piece);
    if (!fetched.contains(piece)) continue;
    const int32_t sum =
        dot_digits(digits.values, std::span(plan.codes).subspan(row * row_bytes, row_bytes));
    refined.emplace_back(-(trial.centroids[cell] + digits.unit * sum), row);
  }
  std::sort(refined.begin(), refined.end());
  refined.resize(std::min(refined.size(), count));
  return static_cast<uint32_t>(std::count_if(refined.begin(), refined.end(), [&](auto& row) {
    return std::ranges::find(trial.true_rows, row.second) != trial.true_rows.end();
  }));
}

// Adds the true rows found where so many are refined: kRefinedStep, twice that, and so on.
void add_found(const Trial& trial, const PagedPlan& plan, size_t cell_count,
               std::vector<uint32_t>& found) {
  const auto ranked = scan_cells(trial, plan, cell_count);
  for (size_t i = 0; i < found.size(); ++i) {
    found[i] += found_refined(trial, plan, ranked, trial.fine, (i + 1) * kRefinedStep,
                              HeldOutTruth::kNeighbors);
  }
}

}  // namespace

HeldOutQueries HeldOutQueries::split(std::span<const float> queries, std::span<const float> rows,
                                     uint32_t dim) {
  HeldOutQueries result;
  const auto source = queries.empty() ? rows : queries;
  const size_t count = source.size() / dim;
  const size_t stride = std::max<size_t>(5, count / kMostHeldOut);
  for (size_t i = 0; i < count; ++i) {
    const auto row = source.subspan(i * dim, dim);
    if (i % stride == stride - 1 && result.held_out.size() < kMostHeldOut * dim) {
      result.held_out.insert(result.held_out.end(), row.begin(), row.end());
    } else if (!queries.empty()) {
      result.fitting.insert(result.fitting.end(), row.begin(), row.end());
    }
  }
  // Too few queries to spare any: rows are measured with.
  if (result.held_out.empty() && !queries.empty()) {
    result.held_out = split({}, rows, dim).held_out;
  }
  return result;
}

HeldOutTruth::HeldOutTruth(std::vector<float> queries, uint32_t dim)
    : queries_(std::move(queries)), dim_(dim) {
  best_.assign(queries_.size() / dim, BasicTopK<float>(kNeighbors));
}

void HeldOutTruth::offer(uint32_t first, std::span<const float> rows) {
  if (best_.empty()) return;
  const size_t count = rows.size() / dim_;
  std::vector<float> products(count * best_.size());
  multiply_transposed(rows, queries_, dim_, products);
  std::vector<BasicTopK<float>> own(best_.size(), BasicTopK<float>(kNeighbors));
  for (size_t row = 0; row < count; ++row) {
    for (size_t q = 0; q < own.size(); ++q) {
      own[q].offer(-products[row * own.size() + q], first + static_cast<uint32_t>(row));
    }
  }
  const std::lock_guard lock(mutex_);
  for (size_t q = 0; q < own.size(); ++q) {
    for (const auto& [distance, row] : own[q].take_sorted()) best_[q].offer(distance, row);
  }
}

std::vector<uint32_t> HeldOutTruth::nearest(size_t query) const {
  auto best = best_[query];
  std::vector<uint32_t> rows;
  for (const auto& neighbor : best.take_sorted()) rows.push_back(neighbor.ordinal);
  return rows;
}

Result<void> tune_effort(const HeldOutTruth& truth, const PagedOptions& options, PagedPlan& plan) {
  CellDirectory& directory = plan.directory;
  directory.first_rows = kFirstRows;
  directory.settled_rows = kMostSettledRows;
  directory.probe_cells = static_cast<uint32_t>(directory.first_row.size() - 1);
  directory.probe_depth = kWholeDepth;
  if (truth.query_count() == 0) return {};
  std::vector<uint32_t> row_of_source(plan.source_rows.size());
  for (uint32_t row = 0; row < row_of_source.size(); ++row) {
    row_of_source[plan.source_rows[row]] = row;
  }
  std::vector<Trial> trials;
  for (size_t q = 0; q < truth.query_count(); ++q) {
    ASSIGN_OR_RETURN(auto trial, make_trial(truth, q, row_of_source, plan));
    trials.push_back(std::move(trial));
  }
  uint32_t fewest = UINT32_MAX;
  float best_weight = 0;
  for (const float weight : kSpreadWeights) {
    set_spread_weight(weight, directory, trials);
    set_depth(depth_needed(trials, options.probe_recall), trials, directory);
    if (directory.probe_cells >= fewest) continue;
    fewest = directory.probe_cells;
    best_weight = weight;
  }
  set_spread_weight(best_weight, directory, trials);

  double all = 0;
  for (const auto& trial : trials) all += static_cast<double>(trial.true_rows.size());
  const auto measure_first = [&] {
    double found = 0;
    for (const auto& trial : trials) {
      const size_t cells = cells_in_depth(directory, trial.reach);
      found += found_refined(trial, plan, scan_cells(trial, plan, cells), trial.first, kFirstRows,
                             kShownRows);
    }
    return found;
  };
  double recall = options.probe_recall;
  double first_found = 0;
  do {
    set_depth(depth_needed(trials, recall), trials, directory);
    first_found = measure_first();
    recall += kRecallStep;
  } while (first_found < options.first_recall * all && recall <= options.most_probe_recall);
  std::vector<uint32_t> cold(kMostSettledRows / kRefinedStep);
  std::vector<uint32_t> warm(cold.size());
  for (const auto& trial : trials) {
    add_found(trial, plan, cells_in_depth(directory, trial.reach), cold);
    add_found(trial, plan, kSearchedPerProbe * directory.probe_cells, warm);
  }
  // Where a recall is not reached, the fewest refined rows that find most.
  const auto fewest_steps = [&](std::span<const uint32_t> found, double recall) {
    const auto enough = std::ranges::find_if(found, [&](double f) { return f >= recall * all; });
    const auto chosen = enough != found.end() ? enough : std::ranges::max_element(found);
    return static_cast<size_t>(chosen - found.begin());
  };
  const size_t step =
      std::max(fewest_steps(cold, options.settled_recall), fewest_steps(warm, options.warm_recall));
  directory.settled_rows = static_cast<uint32_t>(step + 1) * kRefinedStep;
  plan.quality = {static_cast<uint32_t>(trials.size()), cold[step] / all, first_found / all};
  return {};
}

}  // namespace sightline
