//! The instruction set in use, as a value: found once, and forced by `CNN_ISA` for tests and comparisons.

use std::fmt;
use std::sync::OnceLock;

/// An instruction set that the kernels have a path for. All of them give the same bits; they differ in speed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// Plain Rust with [`f32::mul_add`]: correct everywhere, slow where the processor has no such instruction.
    Portable,
    /// 8 lanes, with FMA.
    Avx2,
    /// 16 lanes.
    Avx512,
    /// The vectors and tiles of AVX-512 in plain Rust, so that the tests of this crate walk them on any machine.
    #[cfg(test)]
    Wide,
}

impl Isa {
    /// Every instruction set known here, slowest first.
    pub const ALL: [Isa; 3] = [Isa::Portable, Isa::Avx2, Isa::Avx512];

    /// The best one of this machine, or the one that the environment variable `CNN_ISA` names (`avx512`, `avx2` or
    /// `portable`). The answer is found once per process.
    ///
    /// # Panics
    ///
    /// Where [`Isa::asked`] is an error: a forced path that is silently another would make every comparison worthless.
    pub fn active() -> Isa {
        static ACTIVE: OnceLock<Isa> = OnceLock::new();
        *ACTIVE.get_or_init(|| Isa::asked().unwrap_or_else(|error| panic!("{error}")))
    }

    /// The one that `CNN_ISA` names, or else the best of this machine: for a program to ask before it begins.
    ///
    /// # Errors
    ///
    /// [`IsaError`] when `CNN_ISA` names none of the three, or one that this machine lacks.
    pub fn asked() -> Result<Isa, IsaError> {
        match std::env::var("CNN_ISA") {
            Ok(name) if !name.is_empty() => Isa::of_name(&name),
            _ => Ok(*Isa::available()
                .last()
                .expect("the portable path is always available")),
        }
    }

    fn of_name(name: &str) -> Result<Isa, IsaError> {
        let isa = Isa::named(name).ok_or_else(|| IsaError::Unknown {
            name: name.to_owned(),
        })?;
        match isa.is_available() {
            true => Ok(isa),
            false => Err(IsaError::Missing { isa }),
        }
    }

    /// The instruction sets that this machine can run, slowest first.
    pub fn available() -> Vec<Isa> {
        Self::ALL
            .into_iter()
            .filter(|isa| isa.is_available())
            .collect()
    }

    /// Whether this machine can run it.
    pub fn is_available(self) -> bool {
        match self {
            Isa::Portable => true,
            #[cfg(test)]
            Isa::Wide => true,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Isa::Avx2.is_available() && is_x86_feature_detected!("avx512f"),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// Its name, as `CNN_ISA` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Portable => "portable",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
            #[cfg(test)]
            Isa::Wide => "wide",
        }
    }

    fn named(name: &str) -> Option<Isa> {
        Self::ALL
            .into_iter()
            .find(|isa| isa.name().eq_ignore_ascii_case(name))
    }
}

/// Why `CNN_ISA` cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IsaError {
    /// There is none of that name.
    Unknown {
        /// What `CNN_ISA` holds.
        name: String,
    },
    /// The machine does not have it.
    Missing {
        /// What was asked for.
        isa: Isa,
    },
}

impl fmt::Display for IsaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(
                f,
                "CNN_ISA is {name:?}: say avx512, avx2 or portable, or leave it out"
            ),
            Self::Missing { isa } => {
                let best = Isa::available()
                    .last()
                    .expect("the portable path is always available")
                    .name();
                write!(
                    f,
                    "CNN_ISA asks for {isa}, which this machine does not have; its best is {best}"
                )
            }
        }
    }
}

impl std::error::Error for IsaError {}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_nothing_else_is_taken() {
        for isa in Isa::ALL {
            assert_eq!(Isa::named(isa.name()), Some(isa));
            assert_eq!(Isa::named(&isa.name().to_uppercase()), Some(isa));
        }
        assert_eq!(Isa::named("sse2"), None);
    }

    #[test]
    fn a_wrong_name_is_told_what_would_be_right() {
        let error = Isa::of_name("sse2").unwrap_err().to_string();
        assert!(
            error.contains("\"sse2\": say avx512, avx2 or portable"),
            "{error}"
        );
        assert_eq!(Isa::of_name("Portable"), Ok(Isa::Portable));
    }

    #[test]
    fn the_active_one_is_available() {
        assert!(Isa::available().contains(&Isa::active()));
        assert_eq!(Isa::available()[0], Isa::Portable);
    }
}
