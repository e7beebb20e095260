//! Stage 1: gathers what the sources say into the lake.
