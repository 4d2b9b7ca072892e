// The kernels of the CUDA driver as PTX text, which the driver compiles for the device it finds: neither a compiler nor a
// library of CUDA is needed. ISA 6.0 is understood by every driver since 384, and sm_52 runs on every device since 2014. Assembled
// with ptxas 12.9 for sm_52, 60, 61, 70, 75, 80, 86, 89, 90, 100, 103 and 120 (at most 30 registers), and with ptxas 13.5 for sm_75, 80,
// 90, 100 and 120. A step that a compiler left out would show in the result, which counts them.
#ifndef GCX_GPU_PTX_H
#define GCX_GPU_PTX_H

// Eight chains, for an FMA takes four cycles or more and a scheduler may have few threads to turn to.
enum { GCX_PTX_CHAINS = 8 };

#define GCX_PTX_FMA(type, x) "fma.rn." type " " x "," x ",%m,%c;\n"
#define GCX_PTX_STEP(type)                                                                                                   \
    GCX_PTX_FMA(type, "%x0") GCX_PTX_FMA(type, "%x1") GCX_PTX_FMA(type, "%x2") GCX_PTX_FMA(type, "%x3")                      \
    GCX_PTX_FMA(type, "%x4") GCX_PTX_FMA(type, "%x5") GCX_PTX_FMA(type, "%x6") GCX_PTX_FMA(type, "%x7")
#define GCX_PTX_STEPS_4(type) GCX_PTX_STEP(type) GCX_PTX_STEP(type) GCX_PTX_STEP(type) GCX_PTX_STEP(type)
#define GCX_PTX_STEPS_16(type) GCX_PTX_STEPS_4(type) GCX_PTX_STEPS_4(type) GCX_PTX_STEPS_4(type) GCX_PTX_STEPS_4(type)
#define GCX_PTX_BEGIN(type, one, from, to) "add.rn." type " " to "," from "," one ";\n"
#define GCX_PTX_ADD(type, to, from) "add.rn." type " " to "," to "," from ";\n"

// Chain i begins at the item's number modulo 256 + i; the result is the sum of the chains. Factor and addend are arguments, so
// that no compiler knows the sum. `one` is 1 of the type, `size` the bytes of it.
#define GCX_PTX_RATE(name, type, one, size)                                                                                 \
    ".visible .entry " name "(.param .u64 result, .param ." type " factor, .param ." type " addend, .param .u32 iterations)\n"\
    "{\n"                                                                                                                    \
    ".reg .pred %p;\n.reg .u32 %item, %seed, %block, %size, %n;\n.reg .u64 %to, %offset;\n"                                  \
    ".reg ." type " %x<8>, %m, %c;\n"                                                                                        \
    "ld.param.u64 %to,[result];\ncvta.to.global.u64 %to,%to;\n"                                                              \
    "ld.param." type " %m,[factor];\nld.param." type " %c,[addend];\nld.param.u32 %n,[iterations];\n"                        \
    "mov.u32 %item,%tid.x;\nmov.u32 %block,%ctaid.x;\nmov.u32 %size,%ntid.x;\nmad.lo.u32 %item,%block,%size,%item;\n"        \
    "and.b32 %seed,%item,255;\ncvt.rn." type ".u32 %x0,%seed;\n"                                                             \
    GCX_PTX_BEGIN(type, one, "%x0", "%x1") GCX_PTX_BEGIN(type, one, "%x1", "%x2") GCX_PTX_BEGIN(type, one, "%x2", "%x3")     \
    GCX_PTX_BEGIN(type, one, "%x3", "%x4") GCX_PTX_BEGIN(type, one, "%x4", "%x5") GCX_PTX_BEGIN(type, one, "%x5", "%x6")     \
    GCX_PTX_BEGIN(type, one, "%x6", "%x7")                                                                                   \
    "LOOP:\n" GCX_PTX_STEPS_16(type) GCX_PTX_STEPS_16(type)                                                                  \
    "sub.u32 %n,%n,1;\nsetp.ne.u32 %p,%n,0;\n@%p bra LOOP;\n"                                                                \
    GCX_PTX_ADD(type, "%x0", "%x1") GCX_PTX_ADD(type, "%x2", "%x3") GCX_PTX_ADD(type, "%x4", "%x5")                          \
    GCX_PTX_ADD(type, "%x6", "%x7") GCX_PTX_ADD(type, "%x0", "%x2") GCX_PTX_ADD(type, "%x4", "%x6")                          \
    GCX_PTX_ADD(type, "%x0", "%x4")                                                                                          \
    "mul.wide.u32 %offset,%item," size ";\nadd.u64 %to,%to,%offset;\nst.global." type " [%to],%x0;\nret;\n}\n"

static const char gcx_ptx[] =
    ".version 6.0\n.target sm_52\n.address_size 64\n"
    GCX_PTX_RATE("gcx_rate_fp32", "f32", "0f3F800000", "4")
    GCX_PTX_RATE("gcx_rate_fp64", "f64", "0d3FF0000000000000", "8");

#endif
