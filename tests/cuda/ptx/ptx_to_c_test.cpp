// tests/cuda/ptx/ptx_to_c_test.cpp - what PTX's instructions mean, by values worked out by hand, and what is refused.
#include "tests/cuda/ptx/ptx_to_c.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <map>
#include <numeric>
#include <regex>

#include "tests/cuda/ptx/ptx_module.hpp"

namespace cristae::test {
namespace {

char const* const header = ".version 9.0\n.target sm_75\n.address_size 64\n";

u64 f(float x) { return std::bit_cast<u32>(x); }
u64 d(double x) { return std::bit_cast<u64>(x); }
u64 s(i64 x) { return u32(x); }  ///< the bits of a 32-bit register

constexpr u64 nan32 = 0x7fffffff;
constexpr u64 any_nan32 = 0xffc12345;  ///< another NaN, to see that arithmetic does not keep it
constexpr u64 infinity32 = 0x7f800000;

/// Registers are numbered: 0 is the result, 1 and up take `in`, from 10 on they are free.
struct Case {
  char const* code;
  std::vector<u64> in;
  u64 out;
};

/// Registers of the code by number: 1 -> "%rd".
std::map<int, std::string> classes(std::string const& code) {
  std::map<int, std::string> all;
  std::regex const name("(%[a-z]+)([0-9]+)");
  for (std::sregex_iterator i(code.begin(), code.end(), name), end; i != end; ++i)
    all[std::stoi((*i)[2])] = (*i)[1];
  return all;
}

/// All cases as blocks of one kernel, each with registers of its own.
void expect_values(std::vector<Case> const& cases) {
  std::string ptx = std::string(header) +
                    ".visible .entry all(.param .u64 all_in, .param .u64 all_out)\n{\n"
                    ".reg .b64 %in, %out;\nld.param.u64 %in, [all_in];\n"
                    "ld.param.u64 %out, [all_out];\n";
  std::vector<u64> in;
  for (usize i = 0; i < cases.size(); ++i) {
    ptx +=
        "{\n.reg .pred %p<20>;\n.reg .b16 %rs<20>;\n.reg .b32 %r<20>;\n.reg .b64 %rd<20>;\n"
        ".reg .f32 %f<20>;\n.reg .f64 %fd<20>;\n";
    auto const load = [&](std::string const& type, std::string const& to) {
      ptx += fmt::format("ld.global.{} {}, [%in+{}];\n", type, to, 8 * in.size());
    };
    std::map<std::string, std::string> const types{
        {"%rs", "b16"}, {"%r", "b32"}, {"%f", "f32"}, {"%rd", "b64"}, {"%fd", "f64"}};
    auto const used = classes(cases[i].code);
    for (usize k = 0; k < cases[i].in.size(); ++k) {
      std::string const of = used.at(int(k) + 1);
      if (of == "%p") {
        load("b32", "%r19");
        ptx += fmt::format("setp.ne.s32 %p{}, %r19, 0;\n", k + 1);
      } else {
        load(types.at(of), fmt::format("{}{}", of, k + 1));
      }
      in.push_back(cases[i].in[k]);
    }
    ptx += cases[i].code;
    if (used.at(0) == "%p")
      ptx +=
          fmt::format("\nselp.b32 %r19, 1, 0, %p0;\nst.global.b32 [%out+{}], %r19;\n}}\n", 8 * i);
    else
      ptx += fmt::format("\nst.global.{0} [%out+{1}], {2}0;\n}}\n", types.at(used.at(0)), 8 * i,
                         used.at(0));
  }
  ptx += "ret;\n}\n";
  std::vector<u64> out(cases.size(), 0);
  u64 const *in_pointer = in.data(), *out_pointer = out.data();
  void* arguments[] = {&in_pointer, &out_pointer};
  PtxModule::load(ptx).launch("all", {}, {}, 0, arguments);
  for (usize i = 0; i < cases.size(); ++i) {
    std::string sources;
    for (u64 x : cases[i].in) sources += fmt::format(" {:#x}", x);
    EXPECT_EQ(out[i], cases[i].out)
        << cases[i].code << sources << fmt::format(" gave {:#x}, not {:#x}", out[i], cases[i].out);
  }
}

TEST(PtxValues, OfWholeNumbers) {
  expect_values({
      {"add.s32 %r0, %r1, %r2;", {0x7fffffff, 1}, 0x80000000},
      {"add.s32 %r0, %r1, -5;", {3}, s(-2)},
      {"add.s16 %rs0, %rs1, %rs2;", {0xffff, 2}, 1},
      {"sub.s64 %rd0, %rd1, %rd2;", {0, 1}, ~u64{0}},
      {"mul.lo.s32 %r0, %r1, %r2;", {s(-3), 5}, s(-15)},
      {"mul.lo.s16 %rs0, %rs1, %rs2;", {0xffff, 0xffff}, 1},
      {"mul.hi.s32 %r0, %r1, %r2;", {s(-2), 3}, s(-1)},
      {"mul.hi.u32 %r0, %r1, %r2;", {s(-2), 3}, 2},
      {"mul.hi.u64 %rd0, %rd1, %rd2;", {~u64{0}, ~u64{0}}, ~u64{1}},
      {"mul.hi.s64 %rd0, %rd1, %rd2;", {~u64{0}, ~u64{0}}, 0},
      {"mul.wide.u16 %r0, %rs1, %rs2;", {0xffff, 0xffff}, 0xfffe0001},
      {"mul.wide.s16 %r0, %rs1, %rs2;", {0xffff, 0x7fff}, s(-0x7fff)},
      {"mul.wide.u32 %rd0, %r1, %r2;", {0xffffffff, 0xffffffff}, 0xfffffffe00000001},
      {"mul.wide.s32 %rd0, %r1, %r2;", {0xffffffff, 7}, u64(-7)},
      {"mad.lo.s64 %rd0, %rd1, %rd2, %rd3;", {u64(-2), 3, 1}, u64(-5)},
      {"mad.hi.u32 %r0, %r1, %r2, %r3;", {0x80000000, 6, 9}, 12},
      {"mad.wide.s32 %rd0, %r1, %r2, %rd3;", {s(-4), 5, 7}, u64(-13)},
      {"div.s32 %r0, %r1, %r2;", {s(-7), 2}, s(-3)},
      {"div.s32 %r0, %r1, %r2;", {0x80000000, s(-1)}, 0x80000000},
      {"div.u32 %r0, %r1, %r2;", {s(-7), 2}, 0x7ffffffc},
      {"rem.s32 %r0, %r1, %r2;", {s(-7), 2}, s(-1)},
      {"rem.s64 %rd0, %rd1, %rd2;", {u64{1} << 63, ~u64{0}}, 0},
      {"rem.u64 %rd0, %rd1, %rd2;", {100, 7}, 2},
      {"neg.s32 %r0, %r1;", {0x80000000}, 0x80000000},
      {"abs.s32 %r0, %r1;", {s(-9)}, 9},
      {"abs.s64 %rd0, %rd1;", {u64{1} << 63}, u64{1} << 63},
      {"min.s32 %r0, %r1, %r2;", {s(-1), 1}, s(-1)},
      {"min.u32 %r0, %r1, %r2;", {s(-1), 1}, 1},
      {"max.s64 %rd0, %rd1, %rd2;", {~u64{0}, 0}, 0},
      {"max.u64 %rd0, %rd1, %rd2;", {~u64{0}, 0}, ~u64{0}},
  });
}

TEST(PtxValues, OfChainsWithCarry) {
  expect_values({
      // The high word of a sum of two words each.
      {"add.cc.u32 %r10, %r1, %r2; addc.u32 %r0, %r3, %r4;", {0xffffffff, 1, 5, 6}, 12},
      {"add.cc.u32 %r10, %r1, %r2; addc.u32 %r0, %r3, %r4;", {0xfffffffe, 1, 5, 6}, 11},
      {"add.cc.u64 %rd10, %rd1, %rd2; addc.u64 %rd0, %rd3, %rd4;", {~u64{0}, 1, 5, 6}, 12},
      // The carry alone overflows the second word.
      {"add.cc.u32 %r10, %r1, %r1; addc.cc.u32 %r11, %r2, 0; addc.u32 %r0, 0, 0;",
       {0x80000000, 0xffffffff},
       1},
      {"sub.cc.u32 %r10, %r1, %r2; subc.u32 %r0, %r3, %r4;", {1, 2, 9, 4}, 4},
      {"sub.cc.u32 %r10, %r1, %r2; subc.u32 %r0, %r3, %r4;", {2, 2, 9, 4}, 5},
      {"sub.cc.s64 %rd10, %rd1, %rd2; subc.cc.s64 %rd11, 0, 0; subc.s64 %rd0, 3, 0;", {0, 1}, 2},
      // (2^32 - 1)^2 + 2^32 - 1 has the words 0 and 2^32 - 1.
      {"mad.lo.cc.u32 %r10, %r1, %r1, %r1; madc.hi.u32 %r0, %r1, %r1, 0;",
       {0xffffffff},
       0xffffffff},
      {"mad.lo.cc.u32 %r0, %r1, %r1, %r1; madc.hi.u32 %r10, %r1, %r1, 0;", {0xffffffff}, 0},
      {"mad.hi.cc.u32 %r10, %r1, %r1, %r2; madc.lo.u32 %r0, 2, 3, 4;", {0xffffffff, 2}, 11},
  });
}

TEST(PtxValues, OfBits) {
  expect_values({
      {"shl.b32 %r0, %r1, %r2;", {1, 31}, 0x80000000},
      {"shl.b32 %r0, %r1, %r2;", {1, 32}, 0},
      {"shl.b64 %rd0, %rd1, %r2;", {3, 64}, 0},
      {"shl.b16 %rs0, %rs1, %r2;", {0x4001, 1}, 0x8002},
      {"shr.u32 %r0, %r1, %r2;", {0x80000000, 31}, 1},
      {"shr.u32 %r0, %r1, %r2;", {0x80000000, 0xffffffff}, 0},
      {"shr.s32 %r0, %r1, %r2;", {s(-8), 1}, s(-4)},
      {"shr.s32 %r0, %r1, %r2;", {s(-8), 40}, s(-1)},
      {"shr.s64 %rd0, %rd1, 100;", {u64{1} << 62}, 0},
      {"shf.l.wrap.b32 %r0, %r1, %r2, %r3;", {0x80000000, 1, 33}, 3},
      {"shf.l.clamp.b32 %r0, %r1, %r2, %r3;", {0x80000000, 1, 33}, 0x80000000},
      {"shf.r.wrap.b32 %r0, %r1, %r2, %r3;", {2, 1, 33}, 0x80000001},
      {"shf.r.clamp.b32 %r0, %r1, %r2, %r3;", {2, 1, 33}, 1},
      {"shf.r.wrap.b32 %r0, %r1, %r2, %r3;", {2, 1, 0}, 2},
      {"bfe.u32 %r0, %r1, 8, 8;", {0x12345678}, 0x56},
      {"bfe.s32 %r0, %r1, 4, 4;", {0x80}, s(-8)},
      {"bfe.s32 %r0, %r1, 28, 20;", {0xa0000000}, s(-6)},  // ends at the top bit
      {"bfe.s32 %r0, %r1, 40, 4;", {0x80000000}, s(-1)},
      {"bfe.u32 %r0, %r1, 40, 4;", {0x80000000}, 0},
      {"bfe.u64 %rd0, %rd1, 0, 0;", {~u64{0}}, 0},
      {"bfe.u64 %rd0, %rd1, 0, 64;", {~u64{0}}, ~u64{0}},
      {"bfi.b32 %r0, %r1, %r2, 8, 8;", {0xabcd, 0x11111111}, 0x1111cd11},
      {"bfi.b32 %r0, %r1, %r2, 32, 8;", {0xabcd, 0x11111111}, 0x11111111},
      {"bfi.b64 %rd0, %rd1, %rd2, 32, 32;", {5, 7}, 0x500000007},
      {"brev.b32 %r0, %r1;", {0x3}, 0xc0000000},
      {"brev.b64 %rd0, %rd1;", {0x3}, u64{3} << 62},
      {"popc.b32 %r0, %r1;", {0xf0f0}, 8},
      {"popc.b64 %r0, %rd1;", {~u64{0}}, 64},
      {"clz.b32 %r0, %r1;", {0}, 32},
      {"clz.b32 %r0, %r1;", {1}, 31},
      {"clz.b64 %r0, %rd1;", {1}, 63},
      {"clz.b64 %r0, %rd1;", {0}, 64},
      {"bfind.u32 %r0, %r1;", {0}, 0xffffffff},
      {"bfind.u32 %r0, %r1;", {9}, 3},
      {"bfind.s32 %r0, %r1;", {s(-1)}, 0xffffffff},
      {"bfind.s32 %r0, %r1;", {s(-9)}, 3},
      {"bfind.u64 %r0, %rd1;", {u64{1} << 40}, 40},
      {"bfind.shiftamt.u32 %r0, %r1;", {1}, 31},
      {"lop3.b32 %r0, %r1, %r2, %r3, 0x96;", {0xf0, 0xcc, 0xaa}, 0xf0 ^ 0xcc ^ 0xaa},
      {"lop3.b32 %r0, %r1, %r2, %r3, 0xe8;", {0xf0, 0xcc, 0xaa}, 0xe8},
      {"lop3.b32 %r0, %r1, %r2, %r3, 202;", {0xf0, 0xcc, 0xaa}, 0xca},
      {"prmt.b32 %r0, %r1, %r2, 0x7531;", {0x44332211, 0x88776655}, 0x88664422},
      {"prmt.b32 %r0, %r1, %r2, 0x0123;", {0x44332211, 0x88776655}, 0x11223344},
      {"prmt.b32 %r0, %r1, %r2, 0x8f0f;", {0x44332211, 0x88776655}, 0x00ff11ff},
      {"and.b32 %r0, %r1, -16;", {0xff}, 0xf0},
      {"xor.b64 %rd0, %rd1, %rd2;", {0xff00, 0x0ff0}, 0xf0f0},
      {"not.b16 %rs0, %rs1;", {0x00ff}, 0xff00},
      {"cnot.b32 %r0, %r1;", {0}, 1},
      {"cnot.b32 %r0, %r1;", {7}, 0},
      {"mov.b64 %rd0, {%r1, %r2};", {1, 2}, 0x200000001},
      {"mov.b64 {%r10, %r0}, %rd1;", {0x200000001}, 2},
      {"mov.b64 {_, %r0}, %rd1;", {0x200000001}, 2},
      {"mov.b32 %r0, {%rs1, %rs2};", {1, 2}, 0x20001},
      {"mov.b32 %r0, 0f3F800000;", {}, 0x3f800000},
      {"mov.b32 {%rs10, %rs0}, %r1;", {0x20001}, 2},
  });
}

TEST(PtxValues, OfFloats) {
  expect_values({
      {"add.rn.f32 %f0, %f1, %f2;", {f(1), f(0x1p-24f)}, f(1)},  // a tie goes to the even one
      {"add.rn.f32 %f0, %f1, %f2;", {f(0x1.000002p0f), f(0x1p-24f)}, f(0x1.000004p0f)},
      {"sub.rn.f32 %f0, %f1, %f2;", {infinity32, infinity32}, nan32},
      {"add.rn.f32 %f0, %f1, %f2;", {any_nan32, f(1)}, nan32},
      {"mul.rn.f32 %f0, %f1, %f2;", {f(0x1p-100f), f(0x1p-40f)}, f(0x1p-140f)},  // not flushed
      {"mul.rn.f32 %f0, %f1, %f2;", {f(0x1p-140f), f(0x1p30f)}, f(0x1p-110f)},
      {"mul.rn.f32 %f0, %f1, %f2;", {0, infinity32}, nan32},
      {"mul.rn.f32 %f10, %f1, %f1; sub.rn.f32 %f0, %f10, %f2;",
       {f(0x1.001p0f), f(0x1.002p0f)},
       0},  // the square's last bit is lost
      {"fma.rn.f32 %f0, %f1, %f1, %f2;", {f(0x1.001p0f), f(-0x1.002p0f)}, f(0x1p-24f)},
      {"fma.rn.f64 %fd0, %fd1, %fd1, %fd2;", {d(0x1.0000001p0), d(-0x1.0000002p0)}, d(0x1p-56)},
      {"div.rn.f32 %f0, %f1, %f2;", {f(1), f(3)}, 0x3eaaaaab},
      {"div.rn.f32 %f0, %f1, %f2;", {f(-1), 0}, 0xff800000},
      {"div.rn.f64 %fd0, %fd1, %fd2;", {d(1), d(3)}, 0x3fd5555555555555},
      {"rcp.rn.f32 %f0, %f1;", {f(3)}, 0x3eaaaaab},
      {"sqrt.rn.f32 %f0, %f1;", {f(2)}, 0x3fb504f3},
      {"sqrt.rn.f32 %f0, %f1;", {f(-1)}, nan32},
      {"sqrt.rn.f64 %fd0, %fd1;", {d(2)}, 0x3ff6a09e667f3bcd},
      {"min.f32 %f0, %f1, %f2;", {0, 0x80000000}, 0x80000000},
      {"min.f32 %f0, %f1, %f2;", {0x80000000, 0}, 0x80000000},
      {"max.f32 %f0, %f1, %f2;", {0, 0x80000000}, 0},
      {"max.f32 %f0, %f1, %f2;", {0x80000000, 0}, 0},
      {"min.f32 %f0, %f1, %f2;", {any_nan32, f(1)}, f(1)},
      {"min.f32 %f0, %f1, %f2;", {f(1), any_nan32}, f(1)},
      {"max.f32 %f0, %f1, %f2;", {any_nan32, any_nan32}, nan32},
      {"max.NaN.f32 %f0, %f1, %f2;", {f(1), any_nan32}, nan32},
      {"max.f64 %fd0, %fd1, %fd2;", {d(-1), d(2)}, d(2)},
      {"neg.f32 %f0, %f1;", {0}, 0x80000000},
      {"abs.f64 %fd0, %fd1;", {d(-0.0)}, 0},
      {"copysign.f32 %f0, %f1, %f2;", {f(-3), f(5)}, f(-5)},
      {"mov.f32 %f0, %f1;", {any_nan32}, any_nan32},
      {"testp.subnormal.f32 %p0, %f1;", {f(0x1p-140f)}, 1},
      {"testp.subnormal.f32 %p0, %f1;", {0}, 0},
      {"testp.normal.f32 %p0, %f1;", {infinity32}, 0},
      {"testp.infinite.f32 %p0, %f1;", {0xff800000}, 1},
      {"testp.notanumber.f64 %p0, %fd1;", {~u64{0}}, 1},
      {"testp.finite.f32 %p0, %f1;", {any_nan32}, 0},
      {"add.rn.f32 %f0, %f1, 0f3F000000;", {f(1)}, f(1.5f)},
  });
}

TEST(PtxValues, OfComparisons) {
  std::vector<Case> cases;
  // less, equal, greater, one NaN
  for (auto const& [name, truth] :
       std::map<std::string, std::array<u64, 4>>{{"eq", {0, 1, 0, 0}},
                                                 {"ne", {1, 0, 1, 0}},
                                                 {"lt", {1, 0, 0, 0}},
                                                 {"le", {1, 1, 0, 0}},
                                                 {"gt", {0, 0, 1, 0}},
                                                 {"ge", {0, 1, 1, 0}},
                                                 {"equ", {0, 1, 0, 1}},
                                                 {"neu", {1, 0, 1, 1}},
                                                 {"ltu", {1, 0, 0, 1}},
                                                 {"leu", {1, 1, 0, 1}},
                                                 {"gtu", {0, 0, 1, 1}},
                                                 {"geu", {0, 1, 1, 1}},
                                                 {"num", {1, 1, 1, 0}},
                                                 {"nan", {0, 0, 0, 1}}}) {
    static std::vector<std::string> codes;
    codes.reserve(14);
    codes.push_back("setp." + name + ".f32 %p0, %f1, %f2;");
    u64 const pairs[4][2] = {{f(1), f(2)}, {0x80000000, 0}, {f(2), f(1)}, {any_nan32, f(1)}};
    for (int i = 0; i < 4; ++i)
      cases.push_back({codes.back().c_str(), {pairs[i][0], pairs[i][1]}, truth[usize(i)]});
  }
  for (Case const& c : std::initializer_list<Case>{
           {"setp.lt.s32 %p0, %r1, %r2;", {s(-1), 1}, 1},
           {"setp.lt.u32 %p0, %r1, %r2;", {s(-1), 1}, 0},
           {"setp.hi.u32 %p0, %r1, %r2;", {s(-1), 1}, 1},
           {"setp.ls.u32 %p0, %r1, %r2;", {1, 1}, 1},
           {"setp.gt.s16 %p0, %rs1, %rs2;", {0xffff, 0}, 0},
           {"setp.gt.s16 %p0, %rs1, 200;", {300}, 1},
           {"setp.eq.b64 %p0, %rd1, -1;", {~u64{0}}, 1},
           {"setp.geu.f64 %p0, %fd1, %fd2;", {~u64{0}, d(1)}, 1},
           {"setp.lt.and.s32 %p0, %r1, %r2, %p3;", {1, 2, 1}, 1},
           {"setp.lt.and.s32 %p0, %r1, %r2, !%p3;", {1, 2, 1}, 0},
           {"setp.lt.or.s32 %p0, %r1, %r2, %p3;", {3, 2, 1}, 1},
           {"setp.lt.xor.s32 %p0, %r1, %r2, %p3;", {1, 2, 1}, 0},
           // The second result is the comparison's opposite with the same third operand.
           {"setp.lt.and.s32 %p10|%p0, %r1, %r2, %p3;", {1, 2, 1}, 0},
           {"setp.lt.and.s32 %p10|%p0, %r1, %r2, %p3;", {3, 2, 1}, 1},
           {"setp.lt.and.s32 %p10|%p0, %r1, %r2, %p3;", {3, 2, 0}, 0},
           {"selp.b32 %r0, %r1, %r2, %p3;", {5, 6, 1}, 5},
           {"selp.f32 %f0, %f1, %f2, %p3;", {f(5), any_nan32, 0}, any_nan32},
           {"slct.u32.s32 %r0, %r1, %r2, %r3;", {5, 6, s(-1)}, 6},
           {"slct.b64.f32 %rd0, %rd1, %rd2, %f3;", {5, 6, 0x80000000}, 5},
           {"slct.b64.f32 %rd0, %rd1, %rd2, %f3;", {5, 6, any_nan32}, 6},
           {"and.pred %p0, %p1, %p2;", {1, 0}, 0},
           {"xor.pred %p0, %p1, %p2;", {1, 0}, 1},
           {"not.pred %p0, %p1;", {1}, 0},
           {"mov.pred %p0, -1;", {}, 1},
           {"mov.u32 %r0, 1; @%p1 mov.u32 %r0, 2;", {1}, 2},
           {"mov.u32 %r0, 1; @!%p1 mov.u32 %r0, 2;", {1}, 1},
       })
    cases.push_back(c);
  expect_values(cases);
}

TEST(PtxValues, OfConversions) {
  u64 const top = u64{1} << 63;
  expect_values({
      {"cvt.rzi.s32.f32 %r0, %f1;", {f(-2.9f)}, s(-2)},
      {"cvt.rzi.s32.f32 %r0, %f1;", {f(3e9f)}, 0x7fffffff},
      {"cvt.rzi.s32.f32 %r0, %f1;", {0xff800000}, 0x80000000},
      {"cvt.rzi.s32.f32 %r0, %f1;", {any_nan32}, 0},
      {"cvt.rzi.u32.f32 %r0, %f1;", {f(-1)}, 0},
      {"cvt.rzi.u32.f32 %r0, %f1;", {infinity32}, 0xffffffff},
      {"cvt.rzi.u32.f64 %r0, %fd1;", {d(4294967295.9)}, 0xffffffff},
      {"cvt.rzi.u32.f64 %r0, %fd1;", {~u64{0}}, 0x80000000},
      {"cvt.rzi.s64.f32 %rd0, %f1;", {any_nan32}, top},
      {"cvt.rzi.u64.f32 %rd0, %f1;", {any_nan32}, top},
      {"cvt.rzi.u64.f32 %rd0, %f1;", {f(1e20f)}, ~u64{0}},
      {"cvt.rzi.s64.f64 %rd0, %fd1;", {d(-9.3e18)}, top},
      {"cvt.rzi.s64.f32 %rd0, %f1;", {f(0x1p62f)}, u64{1} << 62},
      {"cvt.rni.s32.f32 %r0, %f1;", {f(2.5f)}, 2},
      {"cvt.rni.s32.f32 %r0, %f1;", {f(3.5f)}, 4},
      {"cvt.rmi.s32.f32 %r0, %f1;", {f(-2.1f)}, s(-3)},
      {"cvt.rpi.s32.f32 %r0, %f1;", {f(2.1f)}, 3},
      {"cvt.rni.f32.f32 %f0, %f1;", {f(-0.5f)}, 0x80000000},
      {"cvt.rzi.f32.f32 %f0, %f1;", {f(-7.9f)}, f(-7)},
      {"cvt.rmi.f32.f32 %f0, %f1;", {any_nan32}, nan32},
      {"cvt.rpi.f64.f64 %fd0, %fd1;", {d(7.1)}, d(8)},
      {"cvt.rn.f32.u32 %f0, %r1;", {16777217}, f(16777216)},
      {"cvt.rn.f32.u32 %f0, %r1;", {16777219}, f(16777220)},
      {"cvt.rn.f32.s32 %f0, %r1;", {s(-16777217)}, f(-16777216)},
      {"cvt.rn.f32.u32 %f0, %r1;", {0xffffffff}, f(0x1p32f)},
      {"cvt.rn.f32.u64 %f0, %rd1;", {top + (u64{1} << 39)}, f(0x1p63f)},  // a tie
      {"cvt.rn.f32.u64 %f0, %rd1;", {top + (u64{1} << 39) + 1}, f(0x1.000002p63f)},
      {"cvt.rn.f32.s64 %f0, %rd1;", {~u64{0}}, f(-1)},
      {"cvt.rn.f64.u64 %fd0, %rd1;", {~u64{0}}, d(0x1p64)},
      {"cvt.rn.f32.u16 %f0, %rs1;", {0xffff}, f(65535)},
      {"cvt.rn.f32.f64 %f0, %fd1;", {d(1e300)}, infinity32},
      {"cvt.rn.f32.f64 %f0, %fd1;", {d(1 + 0x1p-24)}, f(1)},
      {"cvt.rn.f32.f64 %f0, %fd1;", {d(0x1p-149)}, f(0x1p-149f)},
      {"cvt.rn.f32.f64 %f0, %fd1;", {~u64{0}}, nan32},
      {"cvt.f64.f32 %fd0, %f1;", {f(0x1p-149f)}, d(0x1p-149)},
      {"cvt.s32.s8 %r0, %rs1;", {0x1280}, s(-128)},
      {"cvt.u32.u8 %r0, %rs1;", {0x1280}, 0x80},
      {"cvt.s64.s16 %rd0, %rd1;", {0x12348000}, u64(-32768)},  // a wider register is cut
      {"cvt.u16.u32 %rs0, %r1;", {0x12348000}, 0x8000},
      {"cvt.u64.u32 %rd0, %r1;", {s(-1)}, 0xffffffff},
      {"cvt.s64.s32 %rd0, %r1;", {s(-1)}, ~u64{0}},
      {"cvt.u32.u64 %r0, %rd1;", {0x1234567890}, 0x34567890},
      {"cvt.s8.s32 %r0, %r1;", {0x1ff}, s(-1)},  // a wider register gets the sign
  });
}

// --- memory and control -----------------------------------------------------------------------------

/// A kernel `k` with parameters in and out, both arrays, and registers of every kind.
std::string kernel(std::string const& body, std::string const& module = "") {
  return header + module +
         ".visible .entry k(\n.param .u64 k_in,\n.param .u64 k_out\n)\n{\n"
         ".reg .pred %p<9>;\n.reg .b16 %rs<9>;\n.reg .b32 %r<9>;\n.reg .b64 %rd<9>;\n"
         ".reg .f32 %f<9>;\n.reg .f64 %fd<9>;\nld.param.u64 %rd7, [k_in];\n"
         "ld.param.u64 %rd8, [k_out];\n" +
         body + "\nret;\n}\n";
}

template <class In, class Out>
void run(PtxModule const& module, In const* in, Out* out, Dim3 grid = {}, Dim3 block = {},
         usize shared_bytes = 0) {
  void* arguments[] = {&in, &out};
  module.launch("k", grid, block, shared_bytes, arguments);
}

TEST(PtxMemory, LoadsAndStoresVectorsAndNarrowValues) {
  u32 const in[4] = {0x8081, 2, 3, 4};
  u32 out[9] = {};
  run(PtxModule::load(kernel(R"(
      ld.global.v4.u32 {%r0, %r1, %r2, %r3}, [%rd7];
      st.global.v2.u32 [%rd8], {%r3, %r2};
      ld.s8 %r4, [%rd7];
      ld.u8 %r5, [%rd7];
      ld.global.nc.s16 %r6, [%rd7];
      st.u32 [%rd8+8], %r4;
      st.u32 [%rd8+12], %r5;
      st.volatile.global.u32 [%rd8+16], %r6;
      st.u8 [%rd8+20], %r6;
      ld.v2.u64 {%rd7, %rd1}, [%rd7];  // its own address
      st.u64 [%rd8+24], %rd7;
      )")),
      in, out);
  u32 const expected[9] = {4, 3, 0xffffff81, 0x81, 0xffff8081, 0x81, 0x8081, 2, 0};
  for (int i = 0; i < 9; ++i) EXPECT_EQ(out[i], expected[i]) << i;
}

TEST(PtxMemory, HoldsVariablesOfTheModule) {
  auto const module = PtxModule::load(kernel(R"(
      mov.u64 %rd0, bytes;
      ld.global.u8 %r0, [%rd0+2];
      ld.const.f32 %f0, [constants+4];
      ld.global.u64 %rd1, [pointer];
      ld.u32 %r1, [%rd1];
      mov.u64 %rd2, words+4;
      ld.global.u32 %r2, [%rd2];
      ld.global.u32 %r3, [zeros+12];
      st.global.u32 [%rd8], %r0;
      st.global.f32 [%rd8+4], %f0;
      st.global.u32 [%rd8+8], %r1;
      st.global.u32 [%rd8+12], %r2;
      st.global.u32 [%rd8+16], %r3;
      )",
                                             R"(
.global .align 1 .b8 bytes[3] = {1, 2, 253};
.const .align 4 .f32 constants[2] = {0f3F800000, 0f40000000};
.global .align 4 .u32 words[2] = {5, -6};
.global .align 8 .u64 pointer = generic(words);
.global .align 4 .b8 zeros[16];
)"));
  u32 out[5] = {};
  run(module, out, out);
  EXPECT_EQ(out[0], 253u);
  EXPECT_EQ(out[1], f(2));
  EXPECT_EQ(out[2], 5u);
  EXPECT_EQ(out[3], u32(-6));
  EXPECT_EQ(out[4], 0u);
  usize bytes = 0;
  auto* const constants = static_cast<float*>(module.global("constants", bytes));
  ASSERT_EQ(bytes, 8u);
  constants[1] = 7;
  run(module, out, out);
  EXPECT_EQ(out[1], f(7));
  EXPECT_EQ(module.global("nothing", bytes), nullptr);
}

TEST(PtxMemory, PassesStructuresByValueAndDepotsByAddress) {
  struct Point {
    float x;
    double y;
  };
  std::string const ptx = std::string(header) + R"(
.func (.param .align 8 .b8 func_retval0[16]) twice(.param .align 8 .b8 twice_param_0[16]);
.func sum(.param .b64 sum_param_0, .param .b64 sum_param_1)
{
  .reg .b64 %rd<3>;
  .reg .f64 %fd<3>;
  ld.param.u64 %rd0, [sum_param_0];
  ld.param.f64 %fd0, [sum_param_1];
  ld.f64 %fd1, [%rd0+8];
  add.rn.f64 %fd2, %fd0, %fd1;
  st.f64 [%rd0], %fd2;
  ret;
}
.visible .entry k(.param .align 8 .b8 k_param_0[16], .param .u64 .ptr .align 1 k_param_1)
.maxntid 32
.minnctapersm 2
{
  .local .align 8 .b8 __local_depot0[16];
  .reg .b64 %SP;
  .reg .b64 %SPL;
  .reg .b64 %rd<3>;
  .reg .f32 %f<3>;
  .reg .f64 %fd<3>;
  mov.u64 %SPL, __local_depot0;
  cvta.local.u64 %SP, %SPL;
  mov.b64 %rd1, k_param_0;
  ld.param.f32 %f0, [%rd1];
  ld.param.f64 %fd0, [k_param_0+8];
  ld.param.u64 %rd0, [k_param_1];
  cvta.to.global.u64 %rd0, %rd0;
  { // callseq 0, 0
  .param .align 8 .b8 param0[16];
  st.param.f32 [param0+0], %f0;
  st.param.f64 [param0+8], %fd0;
  .param .align 8 .b8 retval0[16];
  call.uni (retval0), twice, (param0);
  ld.param.f32 %f1, [retval0+0];
  ld.param.f64 %fd1, [retval0+8];
  }
  st.local.f64 [%SPL+8], %fd1;
  {
  .param .b64 param0;
  st.param.b64 [param0], %SP;
  .param .b64 param1;
  st.param.b64 [param1], 0d3FF0000000000000;
  call.uni sum, (param0, param1);
  }
  ld.local.f64 %fd2, [%SPL];
  st.global.f32 [%rd0], %f1;
  st.global.f64 [%rd0+8], %fd2;
  ret;
}
.func (.param .align 8 .b8 func_retval0[16]) twice(.param .align 8 .b8 twice_param_0[16])
{
  .reg .f32 %f<2>;
  .reg .f64 %fd<2>;
  ld.param.f32 %f0, [twice_param_0];
  ld.param.f64 %fd0, [twice_param_0+8];
  add.rn.f32 %f1, %f0, %f0;
  add.rn.f64 %fd1, %fd0, %fd0;
  st.param.f32 [func_retval0+0], %f1;
  st.param.f64 [func_retval0+8], %fd1;
  ret;
}
)";
  auto const module = PtxModule::load(ptx);
  ASSERT_EQ(module.kernels(), std::vector<std::string>{"k"});
  ASSERT_EQ(module.kernel("k").parameters.size(), 2u);
  EXPECT_EQ(module.kernel("k").parameters[0].bytes, sizeof(Point));
  Point in{1.5f, 2.25}, out{};
  Point* pointer = &out;
  void* arguments[] = {&in, &pointer};
  module.launch("k", {}, {}, 0, arguments);
  EXPECT_EQ(out.x, 3.0f);
  EXPECT_EQ(out.y, 5.5);
}

TEST(PtxControl, LoopsBranchesAndTables) {
  // Adds up 3 + 2 + 1; then a table branches by block.
  auto const module = PtxModule::load(kernel(R"(
      mov.u32 %r0, 3;
      mov.u32 %r1, 0;
$L__BB0_1:
      .pragma "nounroll";
      add.s32 %r1, %r1, %r0;
      add.s32 %r0, %r0, -1;
      setp.ne.s32 %p0, %r0, 0;
      @%p0 bra $L__BB0_1;
      mov.u32 %r2, %ctaid.x;
      mul.wide.u32 %rd0, %r2, 4;
      add.s64 %rd8, %rd8, %rd0;
$L_brx_0: .branchtargets $L__BB0_3, $L__BB0_2;
      brx.idx %r2, $L_brx_0;
$L__BB0_2:
      add.s32 %r1, %r1, 100;
      bra.uni $L__BB0_4;
$L__BB0_3:
      add.s32 %r1, %r1, 1000;
$L__BB0_4:
      st.global.u32 [%rd8], %r1;
      )"));
  u32 out[2] = {};
  run(module, out, out, {2});
  EXPECT_EQ(out[0], 1006u);
  EXPECT_EQ(out[1], 106u);
  try {
    run(module, out, out, {3});
    FAIL();
  } catch (PtxError const& e) {
    EXPECT_STREQ(e.what(), "ptx:30: error: a branch beyond its table (block 2,0,0 thread 0,0,0)");
  }
}

TEST(PtxGrids, NumberTheirThreads) {
  auto const module = PtxModule::load(kernel(R"(
      mov.u32 %r0, %tid.x;
      mov.u32 %r1, %ntid.x;
      mov.u32 %r2, %tid.y;
      mad.lo.s32 %r0, %r2, %r1, %r0;
      mov.u32 %r3, %ntid.y;
      mul.lo.s32 %r4, %r3, %r1;
      mov.u32 %r5, %ctaid.y;
      mov.u32 %r6, %nctaid.x;
      mov.u32 %r7, %ctaid.x;
      mad.lo.s32 %r5, %r5, %r6, %r7;
      mad.lo.s32 %r0, %r5, %r4, %r0;
      mul.wide.u32 %rd0, %r0, 4;
      add.s64 %rd8, %rd8, %rd0;
      mov.u32 %r1, %laneid;
      mov.u32 %r2, %warpid;
      mad.lo.s32 %r1, %r2, 32, %r1;
      st.global.u32 [%rd8], %r1;
      )"));
  std::vector<u32> out(6 * 40, 999);
  run(module, out.data(), out.data(), {3, 2}, {20, 2});
  for (u32 i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], i % 40) << i;
}

TEST(PtxGrids, ShareMemoryBetweenTheBarriersOfABlock) {
  // Each thread reverses the block through shared memory, twice, the second time in dynamic memory.
  auto const module = PtxModule::load(kernel(R"(
      .shared .align 4 .b8 row[256];
      mov.u32 %r0, %tid.x;
      mov.u32 %r1, %ntid.x;
      mov.u32 %r4, %ctaid.x;
      mad.lo.s32 %r4, %r4, %r1, %r0;
      mul.wide.u32 %rd0, %r4, 4;
      add.s64 %rd7, %rd7, %rd0;
      add.s64 %rd8, %rd8, %rd0;
      ld.global.u32 %r5, [%rd7];
      mul.wide.u32 %rd1, %r0, 4;
      mov.u64 %rd2, row;
      mov.u64 %rd3, dynamic;
      add.s64 %rd4, %rd2, %rd1;
      st.shared.u32 [%rd4], %r5;
      bar.sync 0;
      sub.s32 %r2, %r1, %r0;
      add.s32 %r2, %r2, -1;
      mul.wide.u32 %rd5, %r2, 4;
      add.s64 %rd6, %rd2, %rd5;
      ld.shared.u32 %r3, [%rd6];
      add.s64 %rd6, %rd3, %rd1;
      st.shared.u32 [%rd6], %r3;
      barrier.sync.aligned 0;
      add.s64 %rd6, %rd3, %rd5;
      ld.shared.u32 %r6, [%rd6];
      add.s32 %r6, %r6, %r3;
      st.global.u32 [%rd8], %r6;
      )",
                                             ".extern .shared .align 16 .b8 dynamic[];\n"));
  std::vector<u32> in(128), out(128);
  std::iota(in.begin(), in.end(), 1);
  run(module, in.data(), out.data(), {2}, {64}, 256);
  for (u32 i = 0; i < 128; ++i) EXPECT_EQ(out[i], in[i] + in[i / 64 * 64 + 63 - i % 64]) << i;
}

TEST(PtxGrids, CountWithAtomics) {
  auto const module = PtxModule::load(kernel(R"(
      mov.u32 %r0, %tid.x;
      atom.global.add.u64 %rd0, [%rd8], 3;
      red.global.add.u32 [%rd8+8], 1;
      atom.relaxed.gpu.global.max.s32 %r1, [%rd8+12], %r0;
      atom.global.min.u32 %r1, [%rd8+16], %r0;
      atom.global.inc.u32 %r1, [%rd8+20], 4;
      atom.global.cas.b64 %rd1, [%rd8+24], 0, 77;
      atom.exch.b32 %r2, [%rd8+32], %r0;
      atom.or.b32 %r2, [%rd8+36], 5;
      membar.gl;
      fence.acq_rel.gpu;
      )"));
  struct {
    u64 sum = 10;
    u32 count = 0;
    i32 most = -1;
    u32 least = 900, wrapped = 0;
    u64 swapped = 0;
    u32 last = 0, bits = 8;
  } out;
  run(module, &out, &out, {3}, {50});
  EXPECT_EQ(out.sum, 460u);
  EXPECT_EQ(out.count, 150u);
  EXPECT_EQ(out.most, 49);
  EXPECT_EQ(out.least, 0u);
  EXPECT_EQ(out.wrapped, 0u);  // 150 steps around 5 values
  EXPECT_EQ(out.swapped, 77u);
  EXPECT_EQ(out.last, 49u);
  EXPECT_EQ(out.bits, 13u);
}

// --- refusals -------------------------------------------------------------------------------------

std::string message_of(std::string const& ptx) {
  try {
    ptx_to_c(ptx);
  } catch (PtxError const& e) {
    return e.what();
  }
  return "accepted";
}

/// Of an instruction on line 17.
std::string refusal(std::string const& instruction) { return message_of(kernel(instruction)); }

TEST(PtxRefuses, WhatItDoesNotKnow) {
  EXPECT_EQ(refusal("add.s32 %r0, %r1, %r2;"), "accepted");
  for (char const* name : {"vadd2.u32.u32.u32",
                           "add.rz.f32",
                           "add.rn.ftz.f32",
                           "add.sat.s32",
                           "cvt.rn.ftz.f32.f64",
                           "cvt.sat.f32.f32",
                           "cvt.f32.u32",
                           "cvt.rn.f64.f32",
                           "cvt.s32.f32",
                           "cvt.rzi.f32.f64",
                           "setp.lt.ftz.f32",
                           "setp.lo.s32",
                           "setp.lt.b32",
                           "setp.equ.s32",
                           "ld.global.v8.f32",
                           "ld.global.v4.f64",
                           "ld.tex.f32",
                           "st.const.u32",
                           "mul.s32",
                           "mad.lo.s32.x",
                           "min.ftz.f32",
                           "atom.global.add.noftz.f16",
                           "atom.global.add.s64",
                           "shfl.sync.idx.b32",
                           "vote.sync.any.pred",
                           "activemask.b32",
                           "bar.warp.sync",
                           "bar.red.popc.u32",
                           "cp.async.ca",
                           "nanosleep.u32",
                           "isspacep.local",
                           "ldu.global.f32",
                           "mov.b128",
                           "fma.f32",
                           "div.full.f32"})
    EXPECT_EQ(refusal(fmt::format("{} %r0, %r1, %r2;", name)),
              fmt::format("ptx:17: error: unknown instruction '{}' (nothing is skipped)", name));
}

TEST(PtxRefuses, WhatHasNoDefinedBits) {
  for (char const* name : {"ex2.approx.f32", "ex2.approx.ftz.f32", "lg2.approx.f32",
                           "rcp.approx.ftz.f64", "rsqrt.approx.f32", "sin.approx.f32",
                           "div.approx.f32", "sqrt.approx.f32", "tanh.approx.f32"})
    EXPECT_EQ(refusal(fmt::format("{} %f0, %f1;", name)),
              fmt::format("ptx:17: error: '{}' (its bits are not defined and differ between GPUs)",
                          name));
  for (char const* name : {"add.f32", "sub.f64", "mul.f32"})
    EXPECT_EQ(
        refusal(fmt::format("{} %f0, %f1, %f2;", name)),
        fmt::format("ptx:17: error: '{}' has no rounding modifier (the assembler may fuse it, "
                    "which changes bits). Compile with --fmad=false.",
                    name));
  EXPECT_EQ(
      refusal("red.global.add.f32 [%rd8], %f0;"),
      "ptx:17: error: 'red.global.add.f32' (a sum of floats depends on the order of threads)");
}

TEST(PtxRefuses, WhatDoesNotFit) {
  std::map<std::string, std::string> const messages{
      {"add.s32 %r0, %rd1, %r2;", "register '%rd1' has 64 bits, the instruction 32"},
      {"add.s32 %rd0, %r1, %r2;", "register '%rd0' has 64 bits, the instruction 32"},
      {"shl.b64 %rd0, %rd1, %rd2;", "register '%rd2' has 64 bits, the instruction 32"},
      {"ld.global.u64 %r0, [%rd1];", "register '%r0' has 32 bits, the instruction 64"},
      {"cvt.u64.u32 %r0, %r1;", "register '%r0' has 32 bits, the instruction 64"},
      {"selp.b32 %r0, %r1, %r2, %r3;", "register '%r3' has 32 bits, the instruction 1"},
      {"add.s32 %r0, %r1, %r99;", "unknown name '%r99'"},
      {"add.s32 %r0, %r1;", "'add.s32' has 3 operands, not 2"},
      {"add.s32 %r0, %r1, 4294967296;", "a number does not fit its type"},
      {"add.s16 %rs0, %rs1, -32769;", "a number does not fit its type"},
      {"add.s32 %r0, %r1, 010;", "unknown form of a number '010'"},
      {"add.rn.f32 %f0, %f1, 1;", "a whole number for a float"},
      {"add.rn.f32 %f0, %f1, 0d3FF0000000000000;", "a float of another size"},
      {"add.rn.f32 %f0, %f1, 1.5;", "unknown form of a number '1.5'"},
      {"and.pred %p0, %p1, !%p2;", "unknown form of an operand"},
      {"ld.param.u64 %rd0, [k_in+8];", "an access beyond the end of 'k_in'"},
      {"ld.global.u64 %rd0, [k_in];", "'k_in' is in another space"},
      {"ld.global.u32 %r0, [%r1];", "address '%r1' has 32 bits, not 64"},
      {"ld.global.v2.u32 %r0, [%rd1];", "'ld.global.v2.u32' loads 2 values"},
      {"mov.u32 %r0, %clock;", "unknown name '%clock'"},
      {"mov.u64 %rd0, %tid.x;", "'%tid.x' has 32 bits"},
      {"bar.sync 1;", "'bar.sync' of some threads only"},
      {"call.uni nobody, ();", "unknown function 'nobody' (or a call through a pointer)"},
      {".loc 1 2 3;", "unknown directive '.loc'"},
      {".reg .f16 %h<2>;", "unknown type '.f16'"},
      {"brx.idx %r0, $L_brx;", "unknown name '$L_brx'"},
  };
  for (auto const& [instruction, message] : messages) {
    EXPECT_EQ(refusal(instruction), "ptx:17: error: " + message) << instruction;
  }
  EXPECT_EQ(message_of(".alias a, b;"), "ptx:1: error: unknown directive '.alias'");
  EXPECT_EQ(message_of(".extern .global .u32 elsewhere;"),
            "ptx:1: error: variable 'elsewhere' is not in this module");
  EXPECT_EQ(message_of(".global .f32 x = 1;"), "ptx:1: error: a whole number for a float");
  EXPECT_EQ(message_of(".global .u8 x[2] = {1, 2, 3};"), "ptx:1: error: more values than elements");
  EXPECT_EQ(message_of(".target sm_75, debug"), "ptx:1: error: unknown directive ','");
  EXPECT_EQ(
      message_of(std::string(header) + ".func f();\n.visible .entry k()\n{\ncall f;\nret;\n}"),
      "ptx:7: error: function 'f' has no body");
}

TEST(PtxFaults, StopTheLaunchWithLineAndThread) {
  u32 out[4] = {1, 2, 3, 4};
  auto const message = [&](std::string const& body) -> std::string {
    try {
      run(PtxModule::load(kernel(body)), out, out, {2}, {3});
    } catch (PtxError const& e) {
      return e.what();
    }
    return "none";
  };
  EXPECT_EQ(message("ld.u32 %r0, [%rd7+4];"), "none");
  EXPECT_EQ(message("ld.u32 %r0, [%rd7+2];"),
            "ptx:17: error: the address is not aligned (block 0,0,0 thread 0,0,0)");
  EXPECT_EQ(message("mov.u32 %r1, %tid.x;\nsetp.eq.s32 %p0, %r1, 2;\n@%p0 trap;"),
            "ptx:19: error: trap (block 0,0,0 thread 2,0,0)");
  EXPECT_EQ(message("mov.u32 %r1, %ctaid.x;\nxor.b32 %r1, %r1, 1;\ndiv.u32 %r0, %r1, %r1;"),
            "ptx:19: error: division by zero is not defined (block 1,0,0 thread 0,0,0)");
  // In a fiber too.
  EXPECT_EQ(message("bar.sync 0;\nmov.u32 %r1, %tid.x;\nsetp.eq.s32 %p0, %r1, 1;\n@%p0 trap;"),
            "ptx:20: error: trap (block 0,0,0 thread 1,0,0)");
}

TEST(PtxLaunch, MustFitTheKernel) {
  auto const module =
      PtxModule::load(std::string(header) + ".visible .entry k()\n.maxntid 64, 1, 1\n{\nret;\n}");
  auto const message = [&](char const* name, Dim3 grid, Dim3 block) -> std::string {
    try {
      module.launch(name, grid, block, 0, nullptr);
    } catch (PtxError const& e) {
      return e.what();
    }
    return "none";
  };
  EXPECT_EQ(message("k", {1}, {64}), "none");
  EXPECT_EQ(message("k", {2}, {65}), "ptx: error: 2 blocks of 65 threads do not fit kernel 'k'");
  EXPECT_EQ(message("k", {0}, {1}), "ptx: error: 0 blocks of 1 threads do not fit kernel 'k'");
  EXPECT_EQ(message("l", {1}, {1}), "ptx: error: no kernel 'l' is in the module");
}

}  // namespace
}  // namespace cristae::test
