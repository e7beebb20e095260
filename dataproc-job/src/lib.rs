//! Stage 2: resolves documents to assets and splits the haul per asset.
