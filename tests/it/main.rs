//! The one integration binary.
mod published;
