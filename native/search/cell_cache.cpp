#include "native/search/cell_cache.h"

#include <algorithm>
#include <utility>

namespace sightline {
namespace {

template <class Content>
const Content* find(const std::map<uint32_t, Content>& contents, uint32_t number) {
  const auto found = contents.find(number);
  return found == contents.end() ? nullptr : &found->second;
}

}  // namespace

CellCache::Lease::Lease(Lease&& other) noexcept
    : cache_(std::exchange(other.cache_, nullptr)), held_(std::move(other.held_)) {}

CellCache::Lease::~Lease() {
  if (cache_ == nullptr) return;
  for (const uint64_t key : held_) cache_->release(key);
  cache_->forget_unused();
}

void CellCache::Lease::hold(IndexPart part, uint32_t number) {
  const uint64_t key = key_of(part, number);
  if (held_.insert(key).second) cache_->hold(key);
}

void CellCache::want(const ObjectRef& ref, Wanted what, std::vector<ObjectRef>& missing) {
  wanted_[ref.sha256] = what;
  if (std::find(missing.begin(), missing.end(), ref) == missing.end()) missing.push_back(ref);
}

std::optional<CellCache::Wanted> CellCache::arrived(const ObjectRef& ref) {
  const auto found = wanted_.find(ref.sha256);
  if (found == wanted_.end()) return std::nullopt;
  const Wanted what = found->second;
  wanted_.erase(found);
  return what;
}

const Cell* CellCache::cell(uint32_t number) const { return find(cells_, number); }
const CellPiece* CellCache::piece(uint32_t first_row) const { return find(pieces_, first_row); }
const RowList* CellCache::list(uint32_t number) const { return find(lists_, number); }

void CellCache::put_cell(uint32_t number, Cell cell, uint64_t bytes) {
  cells_[number] = std::move(cell);
  note_arrival(key_of(IndexPart::kCell, number), bytes);
}

void CellCache::put_piece(uint32_t first_row, CellPiece piece, uint64_t bytes) {
  pieces_[first_row] = std::move(piece);
  note_arrival(key_of(IndexPart::kPiece, first_row), bytes);
}

void CellCache::put_list(uint32_t number, RowList list, uint64_t bytes) {
  lists_[number] = std::move(list);
  note_arrival(key_of(IndexPart::kList, number), bytes);
}

void CellCache::set_limit(uint64_t bytes) {
  limit_ = bytes;
  forget_unused();
}

void CellCache::hold(uint64_t key) {
  Entry& entry = entries_[key];
  if (entry.holders++ == 0 && entry.bytes > 0) unheld_.erase(entry.used_at);
}

void CellCache::release(uint64_t key) {
  Entry& entry = entries_[key];
  if (--entry.holders > 0) return;
  if (entry.bytes == 0) {
    entries_.erase(key);
    return;
  }
  entry.used_at = ++clock_;
  unheld_.emplace(entry.used_at, key);
}

void CellCache::note_arrival(uint64_t key, uint64_t bytes) {
  Entry& entry = entries_[key];
  resident_bytes_ += bytes - entry.bytes;
  if (entry.bytes > 0 && entry.holders == 0) unheld_.erase(entry.used_at);
  entry.bytes = bytes;
  entry.used_at = ++clock_;
  if (entry.holders == 0) unheld_.emplace(entry.used_at, key);
  forget_unused();
}

void CellCache::forget_unused() {
  while (resident_bytes_ > limit_ && !unheld_.empty()) {
    const uint64_t key = unheld_.begin()->second;
    unheld_.erase(unheld_.begin());
    resident_bytes_ -= entries_[key].bytes;
    entries_.erase(key);
    const auto number = static_cast<uint32_t>(key);
    switch (static_cast<IndexPart>(key >> 32)) {
      case IndexPart::kCell:
        cells_.erase(number);
        break;
      case IndexPart::kPiece:
        pieces_.erase(number);
        break;
      default:
        lists_.erase(number);
    }
  }
}

}  // namespace sightline
