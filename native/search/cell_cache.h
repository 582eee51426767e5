#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "native/base/sha256.h"
#include "native/bundle/cells.h"
#include "native/bundle/facets.h"
#include "native/bundle/object_ref.h"

namespace sightline {

// What an object of an index is. The first three are held by a CellCache and may be forgotten.
enum class IndexPart : uint8_t { kCell, kPiece, kList, kTransform, kNames, kGraph };

// The cells, pieces and lists of an index that are in memory, and the objects that were asked for.
// Above a limit of memory, what no query holds is forgotten: what was used longest ago first.
class CellCache {
 public:
  // An object that was asked for.
  struct Wanted {
    IndexPart part = IndexPart::kCell;
    uint32_t number = 0;  // of the part, the cell or the list; of a piece, its first row
    uint32_t rows = 0;    // of a piece
  };

  // Objects that a query works with: they stay from when they come until this ends. The cache must
  // stay where it is while this lives.
  class Lease {
   public:
    explicit Lease(CellCache& cache) : cache_(&cache) {}
    ~Lease();
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;

    // In memory already or still to come; once for each object.
    void hold(IndexPart part, uint32_t number);

   private:
    CellCache* cache_;
    std::set<uint64_t> held_;  // keys
  };

  // Adds the object to `missing`, once.
  void want(const ObjectRef& ref, Wanted what, std::vector<ObjectRef>& missing);
  bool waits_for(const ObjectRef& ref) const { return wanted_.contains(ref.sha256); }
  // What was asked for by that reference, which is then no longer waited for.
  std::optional<Wanted> arrived(const ObjectRef& ref);

  // Null where it is not in memory. The pointer is good until something else is put in.
  const Cell* cell(uint32_t number) const;
  const CellPiece* piece(uint32_t first_row) const;
  const RowList* list(uint32_t number) const;
  const std::map<uint32_t, Cell>& cells() const { return cells_; }
  const std::map<uint32_t, RowList>& lists() const { return lists_; }

  // bytes: of the payload, by which memory is counted.
  void put_cell(uint32_t number, Cell cell, uint64_t bytes);
  void put_piece(uint32_t first_row, CellPiece piece, uint64_t bytes);
  void put_list(uint32_t number, RowList list, uint64_t bytes);

  uint64_t resident_bytes() const { return resident_bytes_; }
  void set_limit(uint64_t bytes);

 private:
  struct Entry {
    uint64_t bytes = 0;  // 0: it has not come
    uint64_t used_at = 0;
    uint32_t holders = 0;
  };

  static uint64_t key_of(IndexPart part, uint32_t number) {
    return uint64_t{static_cast<uint8_t>(part)} << 32 | number;
  }
  void hold(uint64_t key);
  void release(uint64_t key);
  void note_arrival(uint64_t key, uint64_t bytes);
  void forget_unused();

  std::map<uint32_t, Cell> cells_;
  std::map<uint32_t, CellPiece> pieces_;  // by first row
  std::map<uint32_t, RowList> lists_;
  std::map<uint64_t, Entry> entries_;    // by key
  std::map<uint64_t, uint64_t> unheld_;  // keys of what is here and nobody holds, by used_at
  std::map<Sha256Digest, Wanted> wanted_;
  uint64_t clock_ = 0;
  uint64_t resident_bytes_ = 0;
  uint64_t limit_ = UINT64_MAX;
};

}  // namespace sightline
