//! One text, several instruction sets: compiles a plain loop again for each set that [`Isa`](crate::Isa) knows.
//!
//! The bodies hold no intrinsics. They are loops without branches in which every output is computed on its own, so that
//! the compiler may vectorise them but may not change a rounding: Rust neither reorders sums nor fuses a multiplication
//! with an addition. Where a body asks for a fused one (`mul_add`), the instruction exists in the AVX2 and AVX-512
//! versions, and the portable version calls a library function that rounds the same way. Hence equal bits, always.

/// `fn name(isa: Isa, arguments) { body }`, with the body compiled for every instruction set and `isa` choosing.
///
/// The caller passes an `isa` that the machine has: [`Isa::active`](crate::Isa::active), or one of
/// [`Isa::available`](crate::Isa::available) in a test. Anything else panics.
macro_rules! for_each_isa {
    ($(#[$attribute:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$attribute])*
        #[allow(clippy::too_many_arguments)]
        pub(crate) fn $name(isa: $crate::Isa, $($argument: $type),*) {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body($($argument: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx2($($argument: $type),*) {
                body($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx512($($argument: $type),*) {
                body($($argument),*)
            }

            match isa {
                $crate::Isa::Portable => body($($argument),*),
                #[cfg(test)]
                $crate::Isa::Wide => body($($argument),*),
                #[cfg(target_arch = "x86_64")]
                $crate::Isa::Avx2 => {
                    assert!(isa.is_available(), "this machine has no {isa}");
                    // SAFETY: the assertion above has asked the processor for AVX2 and FMA.
                    unsafe { avx2($($argument),*) }
                }
                #[cfg(target_arch = "x86_64")]
                $crate::Isa::Avx512 => {
                    assert!(isa.is_available(), "this machine has no {isa}");
                    // SAFETY: the assertion above has asked the processor for AVX-512F, AVX2 and FMA.
                    unsafe { avx512($($argument),*) }
                }
                #[cfg(not(target_arch = "x86_64"))]
                other => panic!("this machine has no {other}"),
            }
        }
    };
}

pub(crate) use for_each_isa;
