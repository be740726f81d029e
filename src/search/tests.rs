//! Searches on curves whose optimum is known.
