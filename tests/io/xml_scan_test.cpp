// tests/io/xml_scan_test.cpp - what is refused before a parser sees it, and what is blanked.
#include "host/io/xml_scan.hpp"

#include <gtest/gtest.h>

#include <string>

#include "host/base/error.hpp"

namespace cristae {
namespace {

std::string problem_of(std::string const& text) {
  try {
    scanned_xml(text, "m.xml");
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::model);
    return error.what();
  }
  return "none";
}

std::string nested(usize depth) {
  std::string text;
  for (usize i = 0; i < depth; ++i) text += "<a>";
  for (usize i = 0; i < depth; ++i) text += "</a>";
  return text;
}

TEST(XmlScan, LeavesAPlainDocumentAlone) {
  std::string const text =
      "\xef\xbb\xbf<?xml version='1.0' encoding=\"utf-8\"?>\n<!-- a > b <c> -->\n"
      "<a x='>' y=\"'/>\"><b/><![CDATA[</a><!DOCTYPE>]]></a >\n";
  EXPECT_EQ(scanned_xml(text, "m.xml"), text);
}

TEST(XmlScan, BlanksNotesAndAnnotationsAndKeepsPlaces) {
  EXPECT_EQ(
      scanned_xml("<m><notes>a<p>\nb</p></notes><x/><s:annotation><notes/>c</s:annotation></m>",
                  "m.xml"),
      "<m><notes>    \n     </notes><x/><s:annotation>         </s:annotation></m>");
  EXPECT_EQ(scanned_xml("<m><notes/><x>y</x></m>", "m.xml"), "<m><notes/><x>y</x></m>");
}

TEST(XmlScan, BlanksWhatSymbolsAreCalled) {
  EXPECT_EQ(scanned_xml("<apply><csymbol a='b'>x y</csymbol><ci>x</ci></apply>", "m.xml"),
            "<apply><csymbol a='b'>   </csymbol><ci>x</ci></apply>");
}

TEST(XmlScan, RefusesDocumentTypesNestingAndOtherEncodings) {
  EXPECT_EQ(problem_of("<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"),
            "m.xml:2:1: error: a document type declaration (DOCTYPE) (its entities can expand "
            "without end, and SBML has none). Remove it.");
  EXPECT_EQ(problem_of(nested(256)), "none");
  EXPECT_EQ(problem_of(nested(257)),
            "m.xml:1:769: error: elements are nested deeper than 256 (no model needs that, and "
            "parsers break on it). Simplify it.");
  EXPECT_EQ(problem_of(nested(100'000)), problem_of(nested(257)));
  EXPECT_EQ(problem_of("<?xml version='1.0' encoding='UTF-16'?><a/>"),
            "m.xml:1:30: error: the encoding 'UTF-16' is not read. Save it as UTF-8.");
  EXPECT_EQ(problem_of(std::string("\xff\xfe<\0a\0/\0>\0", 10)),
            "m.xml:1:4: error: a character 0 in the text (XML in UTF-16 or UTF-32 is not read). "
            "Save it as UTF-8.");
}

TEST(XmlScan, CountsThePartsOfFormulasAlone) {
  auto const with_parts = [](std::string const& name, usize parts) {
    auto text = "<" + name + ">";
    for (usize i = 0; i < parts; ++i) text += "<b/>";
    return text + "</" + name + ">";
  };
  EXPECT_EQ(problem_of(with_parts("a", 3000)), "none");
  EXPECT_EQ(problem_of(with_parts("apply", 2000)), "none");
  EXPECT_EQ(problem_of(with_parts("m:piecewise", 2001)),
            "m.xml:1:8014: error: a formula has more than 2000 parts in one element 'piecewise'. "
            "Split it by rules.");
}

TEST(XmlScan, RefusesNumbersThatAreNone) {
  for (auto const* number :
       {"<cn>1.5</cn>", "<cn> -.5e-3\n</cn>", "<cn type='real'>5.</cn>", "<cn base='10'>+3</cn>",
        "<cn type = \"integer\"> -3 </cn>", "<cn type='e-notation'> 1.5 <sep/> -3 </cn>",
        "<m:cn type='rational'>1<sep></sep>3</m:cn>", "<cn>INF</cn>",
        "<notes><cn>1,5</cn></notes>"})
    EXPECT_EQ(problem_of(std::string("<a>") + number + "</a>"), "none") << number;
  EXPECT_EQ(problem_of("<a><cn>1,5</cn></a>"),
            "m.xml:1:4: error: '1,5' is no number of its type (a parser would take what it can "
            "read of it for the whole). Correct the <cn>.");
  for (auto const* number :
       {"<cn>0x10</cn>", "<cn>1 2</cn>", "<cn>1d3</cn>", "<cn></cn>", "<cn>1<sep/>2</cn>",
        "<cn type='integer'>1.5</cn>", "<cn type='e-notation'>1<sep/>2.5</cn>",
        "<cn type='e-notation'>1</cn>", "<cn type='rational'>1.5<sep/>2</cn>",
        "<cn base='16'>10</cn>", "<cn>1<!-- 2 -->3</cn>", "<cn>+-3</cn>"})
    EXPECT_NE(problem_of(std::string("<a>") + number + "</a>").find("is no number of its type"),
              std::string::npos)
        << number;
}

TEST(XmlScan, RefusesTextBetweenTheElementsOfAFormula) {
  EXPECT_EQ(problem_of("<math><apply> <times/>\n3<ci>k</ci></apply></math>"),
            "m.xml:2:1: error: '3' stands in a formula without an element. Put numbers into <cn>, "
            "names into <ci>.");
  EXPECT_EQ(problem_of("<ci>k<b/>2</ci>"),
            "m.xml:1:6: error: an element stands in the name of a formula (only its text is "
            "read). Correct the <ci>.");
  EXPECT_EQ(problem_of("<a>text<math><ci>k<!-- 2 --></ci></math>text</a>"), "none");
}

TEST(XmlScan, RefusesADegreeBehindItsArgument) {
  EXPECT_EQ(problem_of("<apply><root/><ci>k</ci><degree><cn>3</cn></degree></apply>"),
            "m.xml:1:25: error: element 'degree' stands behind an argument (libSBML would take "
            "that for it). Write it directly behind its function.");
  EXPECT_EQ(problem_of("<apply><log/><logbase><cn>3</cn></logbase><ci>k</ci></apply>"), "none");
}

TEST(XmlScan, RefusesWhatItCannotFollow) {
  EXPECT_EQ(problem_of("<a><b></a></b>"),
            "m.xml:1:7: error: end tag 'a' where 'b' is open. Correct the tags.");
  EXPECT_EQ(problem_of("<a>\n<b>"),
            "m.xml:2:1: error: element 'b' is not closed. Add its end tag.");
  EXPECT_EQ(problem_of("</a>"),
            "m.xml:1:1: error: end tag 'a' without its start. Correct the tags.");
  EXPECT_EQ(problem_of("<a b='"), "m.xml:1:1: error: a tag is not closed. Add '>'.");
  EXPECT_EQ(problem_of("<a><!-- "), "m.xml:1:4: error: a comment is not closed. Add '-->'.");
  EXPECT_EQ(problem_of("<"), "m.xml:1:1: error: '<' begins no tag. Write &lt; for the character.");
  EXPECT_EQ(problem_of(""),
            "m.xml:1:1: error: there is no element (this is no XML document). Check the file.");
}

}  // namespace
}  // namespace cristae
