#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sightline {

// The things a query asks for together: "a dog, a bicycle and a red van" → three phrases. CLIP
// embeds such a text as a bag of words, and the nearest images show one of its things; so each is
// embedded on its own and an image must be near all of them. Texts without a conjunction come back
// as they are; so do "black and white" and others that join adjectives of one thing.
std::vector<std::string> split_conjunction(std::string_view text);

}  // namespace sightline
