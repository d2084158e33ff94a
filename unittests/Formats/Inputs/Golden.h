//===- Golden.h - What public implementations answer -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Made by make_golden.py; test/Formats/golden.test makes it anew and compares.

// clang-format off
constexpr GoldenFloat goldenFloats[] = {
    {"float16", 5, 10, FloatConvention::IEEE, 0x1f87f165810ea7c5u, 0x2bb27ba819d2bc30u},
    {"bfloat16", 8, 7, FloatConvention::IEEE, 0xcf8e09175d8f5ba5u, 0xc58476cb289925c2u},
    {"float8_e5m2", 5, 2, FloatConvention::IEEE, 0x6c1e56b6fb09c905u, 0x3508da859f9dcfb0u},
    {"float8_e4m3", 4, 3, FloatConvention::IEEE, 0x225eaf4799a27e65u, 0x17589899ca143cbdu},
    {"float8_e3m4", 3, 4, FloatConvention::IEEE, 0xf47936f19e549625u, 0x2527070e598785f2u},
    {"float8_e4m3fn", 4, 3, FloatConvention::FN, 0xdad1d9c50f749ca5u, 0x4e5dd3520d621edcu},
    {"float8_e4m3fnuz", 4, 3, FloatConvention::FNUZ, 0xf51851cb11c63018u, 0xb6307f7fc4886500u},
    {"float8_e5m2fnuz", 5, 2, FloatConvention::FNUZ, 0x94ae6fc493d49818u, 0x6fefc236558fa8f8u},
    {"float6_e3m2fn", 3, 2, FloatConvention::Finite, 0x25da13434201d785u, 0xae644a6c8b8f752bu},
    {"float6_e2m3fn", 2, 3, FloatConvention::Finite, 0x7ffacb24ad8b0aa5u, 0xd7fc09805c93aaf9u},
    {"float4_e2m1fn", 2, 1, FloatConvention::Finite, 0x2403bb76b85dfea5u, 0xf7c0766ebca40fb2u},
};
constexpr uint64_t goldenE8M0Decode = 0x6d2c8b41c3f0e5a5u;
constexpr uint64_t goldenE8M0Encode = 0xdfdb6ab639ea3accu;
constexpr GoldenLinear goldenLinear[] = {
    {8, true, Granularity::PerTensor, 0, 0x3d98f234f18670a9u, 0xba1faf3f5be978b6u},
    {8, true, Granularity::PerAxis, 0, 0xec21e1ada81e16cbu, 0x980acea9152f5777u},
    {8, true, Granularity::Blocked, 4, 0xd09faf09815ad3d0u, 0x5dddb3f3083f45a4u},
    {8, false, Granularity::PerTensor, 0, 0x25cadd6acb40c671u, 0xba1faf3f5be978b6u},
    {8, false, Granularity::PerAxis, 0, 0xb283c1abf343bbb8u, 0x980acea9152f5777u},
    {8, false, Granularity::Blocked, 4, 0x970c40eff402c3ebu, 0x5dddb3f3083f45a4u},
    {16, true, Granularity::PerTensor, 0, 0xa72d5cade2b23c35u, 0x78018bf16506fa1au},
    {16, true, Granularity::PerAxis, 0, 0x45a0a09c3b418116u, 0x421ff0478c9ba7e0u},
    {16, true, Granularity::Blocked, 4, 0xce05fdb0ec7882a3u, 0x786f239ce6056724u},
    {16, false, Granularity::PerTensor, 0, 0x6d54025ec373ce3du, 0x78018bf16506fa1au},
    {16, false, Granularity::PerAxis, 0, 0x1d2ca8d7ca6279f2u, 0x421ff0478c9ba7e0u},
    {16, false, Granularity::Blocked, 4, 0x0a5776cfdc8459c9u, 0x786f239ce6056724u},
    {4, true, Granularity::PerTensor, 0, 0x55ffe733e2d542efu, 0xb06fda49840c9bdfu},
    {4, true, Granularity::PerAxis, 0, 0x0798e89420e850b2u, 0xab37c54f052c6eeau},
    {4, true, Granularity::Blocked, 4, 0xfe40767f774cc7ddu, 0x6a3091c6575ff357u},
    {4, false, Granularity::PerTensor, 0, 0x29d65de7ce50070cu, 0xb06fda49840c9bdfu},
    {4, false, Granularity::PerAxis, 0, 0xfad8f4ca166d4fa9u, 0xab37c54f052c6eeau},
    {4, false, Granularity::Blocked, 4, 0xdd0c30ce17d81b2eu, 0x6a3091c6575ff357u},
    {2, true, Granularity::PerTensor, 0, 0x07e44d5b16ef0ac4u, 0x5825181a2286f119u},
    {2, true, Granularity::PerAxis, 0, 0x7fd9fb6e72d8ec30u, 0x565b0efb3bb190ebu},
    {2, true, Granularity::Blocked, 4, 0xf7af7f0d531ef0e4u, 0xdc1d8efa17d0cd87u},
    {2, false, Granularity::PerTensor, 0, 0x1a8efb35c66b0264u, 0x5825181a2286f119u},
    {2, false, Granularity::PerAxis, 0, 0xec014231a6815bd7u, 0x565b0efb3bb190ebu},
    {2, false, Granularity::Blocked, 4, 0x19bb45c4c23f4db4u, 0xdc1d8efa17d0cd87u},
};
constexpr GoldenDynamic goldenDynamic[] = {
    {static_cast<float>(1), static_cast<float>(0), 0x3d807188u, 128, 0x40f58179560f0350u},
    {static_cast<float>(0.01), static_cast<float>(0.003), 0x3a24685cu, 123, 0xbf8d19f474fbd13bu},
    {static_cast<float>(3), static_cast<float>(30), 0x3e58c264u, 0, 0x22725053f2109bbbu},
    {static_cast<float>(3), static_cast<float>(-30), 0x3e58d8d9u, 255, 0x4781bd55b49fd416u},
    {static_cast<float>(0), static_cast<float>(0), 0x3b808081u, 0, 0x94eb5aa73e186ba5u},
    {static_cast<float>(0.001), static_cast<float>(-0.004), 0x388386b1u, 191, 0x1b9485f4f40dac7du},
};
constexpr uint64_t goldenQLinearMatMul = 0x40c1a7944bf92d3eu;
constexpr GoldenNBits goldenNBits[] = {
    {4, 0xe4be04fd544ed219u},
    {8, 0xa4b8efdaa5677bebu},
};
// clang-format on
