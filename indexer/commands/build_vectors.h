#pragma once

#include "indexer/commands/build.h"

namespace sightline {

// Whether the sources are a file of vectors (.npy), to be published by build_vectors.
bool is_vector_file(const std::string& path);

// Makes the bundle of options.out from one file of vectors, options.records beside it.
Result<int> build_vectors(const BuildOptions& options);

}  // namespace sightline
