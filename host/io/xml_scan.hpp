// host/io/xml_scan.hpp - a look at an XML text before a parser sees it.
#pragma once

#include <string>
#include <string_view>

namespace cristae {

inline constexpr unsigned max_xml_depth = 256;
inline constexpr unsigned max_formula_parts = 2000;  ///< of one element of MathML

/// The text with the insides of <notes>, <annotation> and <csymbol> blanked, so that every line and
/// column stays: they mean nothing to a simulation, and parsers take long over hostile ones.
/// Throws Error(model) with the place: a DOCTYPE (entities could expand without end), elements
/// nested deeper than max_xml_depth, elements of formulas with more than max_formula_parts, tags
/// that do not match, an encoding other than UTF-8 or ASCII; in formulas, numbers that are none
/// (1,5) and text between elements.
std::string scanned_xml(std::string_view text, std::string const& file);

}  // namespace cristae
