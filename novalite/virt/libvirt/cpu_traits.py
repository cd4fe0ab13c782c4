"""Processor features as os-traits names them."""

from collections.abc import Iterable

_X86 = {
    "3dnow": "3DNOW", "abm": "ABM", "aes": "AESNI", "avx": "AVX", "avx2": "AVX2",
    "avx512bw": "AVX512BW", "avx512cd": "AVX512CD", "avx512dq": "AVX512DQ",
    "avx512er": "AVX512ER", "avx512f": "AVX512F", "avx512pf": "AVX512PF",
    "avx512vl": "AVX512VL", "avx512vnni": "AVX512VNNI", "avx512vbmi": "AVX512VBMI",
    "avx512ifma": "AVX512IFMA", "avx512vbmi2": "AVX512VBMI2",
    "avx512bitalg": "AVX512BITALG", "avx512-vpopcntdq": "AVX512VPOPCNTDQ",
    "gfni": "AVX512GFNI", "vaes": "AVX512VAES", "vpclmulqdq": "AVX512VPCLMULQDQ",
    "bmi1": "BMI", "bmi2": "BMI2", "pclmuldq": "CLMUL", "f16c": "F16C", "fma": "FMA3",
    "fma4": "FMA4", "mmx": "MMX", "mpx": "MPX", "sha-ni": "SHA", "sse": "SSE", "sse2": "SSE2",
    "sse3": "SSE3", "pni": "SSE3", "sse4.1": "SSE41", "sse4.2": "SSE42", "sse4a": "SSE4A",
    "ssse3": "SSSE3", "svm": "AMD_SVM", "vmx": "INTEL_VMX", "tbm": "TBM", "xop": "XOP",
    "stibp": "STIBP", "pdpe1gb": "PDPE1GB", "pcid": "PCID",
}  # fmt: skip


def traits(features: Iterable[str]) -> list[str]:
    """HW_CPU_X86_* for libvirt's names of processor features; unknown ones are left out."""
    return sorted({f"HW_CPU_X86_{_X86[name]}" for name in features if name in _X86})
