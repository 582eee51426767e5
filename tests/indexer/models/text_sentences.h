#pragma once

#include <string>
#include <vector>

// 1,000 different texts of 3 to 20 tokens, in words that the streets model knows and in others.
inline std::vector<std::string> thousand_texts() {
  const std::vector<std::string> colours = {"red",    "blue",   "green",  "white", "black",
                                            "silver", "orange", "purple", "dark",  "yellow"};
  const std::vector<std::string> things = {"car",           "bus",   "lorry", "person",   "cyclist",
                                           "traffic light", "house", "dog",   "Zeppelin", "tree"};
  const std::vector<std::string> ends = {"",
                                         " at night",
                                         " in the rain, seen from behind",
                                         " beside a blue bus",
                                         " in the fog on a wide road with many parked cars!",
                                         " 1984",
                                         " under snow",
                                         " straße",
                                         " on a bridge",
                                         " and two people crossing the street"};
  std::vector<std::string> texts;
  for (const auto& colour : colours) {
    for (const auto& thing : things) {
      for (const auto& end : ends) texts.push_back(colour + " " + thing + end);
    }
  }
  return texts;
}
