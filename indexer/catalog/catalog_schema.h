#pragma once

#include "indexer/catalog/sqlite_database.h"

namespace sightline {

inline constexpr int64_t kCatalogApplicationId = 0x534c4e31;  // "SLN1"
inline constexpr int64_t kCatalogVersion = 1;

// Makes the tables in an empty database, leaves a catalog of this version as it is and refuses all
// else without touching it. Errors: kUnsupported for another program's database or a newer catalog.
Result<void> prepare_catalog(SqliteDatabase& database, const std::string& title);

}  // namespace sightline
