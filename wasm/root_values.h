#pragma once

#include "native/bundle/columns.h"
#include "native/bundle/facets.h"
#include "native/bundle/root.h"
#include "wasm/js_values.h"

namespace sightline {

// What JavaScript gets of the root, as `Root` in web/engine/core_types.ts says it.
val to_object(const Root& root);

// What the root tells of a facet; of values that share bins, nothing.
val to_object(const FacetColumn& column);

val to_object(const Column& column);

}  // namespace sightline
