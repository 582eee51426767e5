#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "native/base/result.h"
#include "native/base/sha256.h"

namespace sightline {

struct Noun {
  std::string name;
  std::string plural;  // empty: none, and no article ("water", "skis")

  std::string with_article() const;  // "an old car"
};

// The words that phrases are made of, for one kind of collection. A text file holds them:
//
//   # A comment; empty lines mean nothing.
//   things:
//   car
//   knife | knives
//   water |
//   conditions:
//   at night
//
// A section's name and a colon stand on a line, then its entries, one a line. A noun's plural
// follows a bar where it is not formed by the rules, and is left empty where there is none.
// Required are things, colours (or other words that stand in front of things), conditions and
// places; phrases of a missing section are left out. Entries of "query ..." replace those of the
// section behind that word for query_phrases and example_phrases.
struct PhraseList {
  Sha256Digest digest = {};  // of the file's bytes
  std::vector<Noun> things;
  std::vector<std::string> colours;
  std::vector<std::string> conditions;  // "at night"
  std::vector<std::string> places;      // "in a park"
  std::vector<std::string> activities;  // "parked", "on the left"
  std::vector<std::string> words;       // phrases by themselves: "fog"
  std::vector<std::string> adjectives;  // of scenes: "rainy"
  std::vector<std::string> scenes;      // "street"
  std::vector<std::string> templates;   // in front of a phrase: "a photo of"
  std::vector<std::string> relations;   // between two classes of a detector: "next to"
  std::vector<std::string> uncoloured;  // things, or classes of a detector, that take no colour
  std::vector<Noun> query_things;
  std::vector<std::string> query_colours;
  std::vector<std::string> query_conditions;
  std::vector<std::string> query_places;

  // A name as the list has it among its things, else with its plural by the rules.
  Noun noun(const std::string& name) const;
  bool takes_colours(const std::string& name) const;
};

// The names of the lists that come with the program.
std::vector<std::string> phrase_list_names();

// A list of the program by its name, else a file. Errors: kNotFound, kInvalidArgument with file and
// line.
Result<PhraseList> open_phrase_list(const std::string& name_or_path);

// path: for messages.
Result<PhraseList> parse_phrase_list(const std::string& path, std::string_view text);

}  // namespace sightline
