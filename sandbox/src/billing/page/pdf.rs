//! An invoice as PDF.
