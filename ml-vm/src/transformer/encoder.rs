//! The arithmetic of a BERT classifier (J. Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers", 2018), by the
//! parts of `candle-nn`. `candle-transformers` has an encoder, too, but no classifier, and would take longer to build than
//! all other crates of this feature together.

use candle_core::{D, Module, Result, Tensor};
use candle_nn::{Embedding, LayerNorm, Linear, VarBuilder, embedding, layer_norm, linear, ops};

use super::folder::{Activation, Config};

/// Embeddings, layers, pooler and classifier.
pub(super) struct Encoder {
    words: Embedding,
    positions: Embedding,
    types: Embedding,
    norm: LayerNorm,
    layers: Vec<Layer>,
    pooler: Linear,
    classifier: Linear,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attended: Linear,
    attended_norm: LayerNorm,
    inner: Linear,
    outer: Linear,
    outer_norm: LayerNorm,
    heads: usize,
    activation: Activation,
}

impl Encoder {
    /// Takes its weights by their usual names.
    ///
    /// # Errors
    /// One is missing or of another shape.
    pub(super) fn load(weights: &VarBuilder<'_>, config: &Config) -> Result<Self> {
        let bert = weights.pp("bert");
        let from = bert.pp("embeddings");
        let hidden = config.hidden_size;
        let layer = |n: usize| Layer::load(&bert.pp(format!("encoder.layer.{n}")), config);
        Ok(Self {
            words: embedding(config.vocab_size, hidden, from.pp("word_embeddings"))?,
            positions: embedding(config.max_position_embeddings, hidden, from.pp("position_embeddings"))?,
            types: embedding(config.type_vocab_size, hidden, from.pp("token_type_embeddings"))?,
            norm: layer_norm(hidden, config.layer_norm_eps, from.pp("LayerNorm"))?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            pooler: linear(hidden, hidden, bert.pp("pooler.dense"))?,
            classifier: linear(hidden, 3, weights.pp("classifier"))?,
        })
    }

    /// Three logits for each row of `ids`. `types` and `mask` (1: a token, 0: padding) have its shape.
    ///
    /// # Errors
    /// An id is not in the vocabulary, or the shapes differ.
    pub(super) fn forward(&self, ids: &Tensor, types: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let (_, length) = ids.dims2()?;
        let positions = Tensor::arange(0, length as u32, ids.device())?;
        let embedded = (self.words.forward(ids)? + self.types.forward(types)?)?
            .broadcast_add(&self.positions.forward(&positions)?)?;
        let mut hidden = self.norm.forward(&embedded)?;
        // Padding is so far down that its share of attention is 0.
        let mask = mask.to_dtype(hidden.dtype())?.unsqueeze(1)?.unsqueeze(1)?;
        let mask = mask.affine(f64::from(f32::MAX), -f64::from(f32::MAX))?;
        for layer in &self.layers {
            hidden = layer.forward(&hidden, &mask)?;
        }
        let first = hidden.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?;
        self.classifier.forward(&self.pooler.forward(&first)?.tanh()?)
    }
}

impl Layer {
    fn load(from: &VarBuilder<'_>, config: &Config) -> Result<Self> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let (attention, eps) = (from.pp("attention"), config.layer_norm_eps);
        Ok(Self {
            query: linear(hidden, hidden, attention.pp("self.query"))?,
            key: linear(hidden, hidden, attention.pp("self.key"))?,
            value: linear(hidden, hidden, attention.pp("self.value"))?,
            attended: linear(hidden, hidden, attention.pp("output.dense"))?,
            attended_norm: layer_norm(hidden, eps, attention.pp("output.LayerNorm"))?,
            inner: linear(hidden, inner, from.pp("intermediate.dense"))?,
            outer: linear(inner, hidden, from.pp("output.dense"))?,
            outer_norm: layer_norm(hidden, eps, from.pp("output.LayerNorm"))?,
            heads: config.num_attention_heads,
            activation: config.hidden_act,
        })
    }

    fn forward(&self, hidden: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let (batch, length, size) = hidden.dims3()?;
        let split = |values: Tensor| {
            values.reshape((batch, length, self.heads, size / self.heads))?.transpose(1, 2)?.contiguous()
        };
        let (query, key, value) = (
            split(self.query.forward(hidden)?)?,
            split(self.key.forward(hidden)?)?,
            split(self.value.forward(hidden)?)?,
        );
        let scale = ((size / self.heads) as f64).sqrt();
        let scores = (query.matmul(&key.t()?.contiguous()?)? / scale)?.broadcast_add(mask)?;
        let attended = ops::softmax(&scores, D::Minus1)?.matmul(&value)?;
        let attended = attended.transpose(1, 2)?.reshape((batch, length, size))?;
        let attended = self.attended_norm.forward(&(self.attended.forward(&attended)? + hidden)?)?;
        let inner = self.inner.forward(&attended)?;
        let inner = match self.activation {
            Activation::Gelu => inner.gelu_erf()?,
            Activation::GeluTanh => inner.gelu()?,
            Activation::Relu => inner.relu()?,
        };
        self.outer_norm.forward(&(self.outer.forward(&inner)? + attended)?)
    }
}
