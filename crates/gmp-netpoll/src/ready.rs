//! [`Ready`]: what a descriptor is ready for.
//!
//! Go: runtime/netpoll.go (mode 'r', 'w'), and the bits that tokio's users ask for

use std::ops::{BitAnd, BitOr, Sub};

/// A set of kinds of readiness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready(u8);

impl Ready {
    /// Nothing.
    pub const EMPTY: Self = Self(0);
    /// A read may find something.
    pub const READABLE: Self = Self(1);
    /// A write may find room.
    pub const WRITABLE: Self = Self(1 << 1);
    /// The peer writes no more. Final.
    pub const READ_CLOSED: Self = Self(1 << 2);
    /// The peer reads no more. Final.
    pub const WRITE_CLOSED: Self = Self(1 << 3);
    /// There is out-of-band data.
    pub const PRIORITY: Self = Self(1 << 4);
    /// There is an error to be had.
    pub const ERROR: Self = Self(1 << 5);

    /// What a reader waits for.
    pub const READ: Self = Self(Self::READABLE.0 | Self::READ_CLOSED.0);
    /// What a writer waits for.
    pub const WRITE: Self = Self(Self::WRITABLE.0 | Self::WRITE_CLOSED.0);
    /// What no operation disproves.
    pub const FINAL: Self = Self(Self::READ_CLOSED.0 | Self::WRITE_CLOSED.0);

    /// All bits as a number.
    #[inline]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The set with these bits; others than the above mean nothing.
    #[inline]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Whether nothing is in it.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the two have something in common.
    #[inline]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Ready {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Ready {
    type Output = Self;

    #[inline]
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Sub for Ready {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}
