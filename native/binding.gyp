{
  # The same kernel source is compiled once per instruction set, each with its own flags; dispatch.cc chooses at run time.
  "variables": {
    "kernel_flags": [
      "-std=c++17", "-O3", "-fno-exceptions", "-fno-rtti", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-psabi"
    ],
    "avx2_flags": ["-mavx2", "-mfma"],
    "avx512_flags": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx2", "-mfma", "-mprefer-vector-width=512"],
    "avx512bf16_flags": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512bf16", "-mavx2", "-mfma", "-mprefer-vector-width=512"],
    "supra_avx512%": 0,
    "supra_avx512bf16%": 0
  },
  "target_defaults": {
    "cflags!": ["-fno-omit-frame-pointer"],
    "cflags_cc!": ["-fno-exceptions", "-std=gnu++17", "-std=gnu++20"],
    "xcode_settings": { "MACOSX_DEPLOYMENT_TARGET": "11.0", "CLANG_CXX_LANGUAGE_STANDARD": "c++17" }
  },
  "targets": [
    {
      "target_name": "kernels_baseline",
      "type": "static_library",
      "sources": ["source/isa-baseline.cc"],
      "cflags_cc": ["<@(kernel_flags)"],
      "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(kernel_flags)"] }
    },
    {
      "target_name": "supra_native",
      "sources": ["source/addon.cc", "source/dispatch.cc", "source/pool.cc"],
      "dependencies": ["kernels_baseline"],
      "cflags_cc": ["-std=c++17", "-O2", "-fexceptions", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-cast-function-type"],
      "xcode_settings": { "GCC_ENABLE_CPP_EXCEPTIONS": "YES", "OTHER_CPLUSPLUSFLAGS": ["-std=c++17", "-fvisibility=hidden"] },
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["kernels_avx2"] }],
        ["target_arch=='x64' and supra_avx512==1", { "dependencies": ["kernels_avx512"], "defines": ["SUPRA_HAS_AVX512"] }],
        ["target_arch=='x64' and supra_avx512bf16==1", { "dependencies": ["kernels_avx512bf16"], "defines": ["SUPRA_HAS_AVX512BF16"] }]
      ]
    }
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [{
        "target_name": "kernels_avx2",
        "type": "static_library",
        "sources": ["source/isa-avx2.cc"],
        "cflags_cc": ["<@(kernel_flags)", "<@(avx2_flags)"],
        "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(kernel_flags)", "<@(avx2_flags)"] }
      }]
    }],
    ["target_arch=='x64' and supra_avx512==1", {
      "targets": [{
        "target_name": "kernels_avx512",
        "type": "static_library",
        "sources": ["source/isa-avx512.cc"],
        "cflags_cc": ["<@(kernel_flags)", "<@(avx512_flags)"],
        "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(kernel_flags)", "<@(avx512_flags)"] }
      }]
    }],
    ["target_arch=='x64' and supra_avx512bf16==1", {
      "targets": [{
        "target_name": "kernels_avx512bf16",
        "type": "static_library",
        "sources": ["source/isa-avx512bf16.cc"],
        "cflags_cc": ["<@(kernel_flags)", "<@(avx512bf16_flags)"],
        "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(kernel_flags)", "<@(avx512bf16_flags)"] }
      }]
    }]
  ]
}
