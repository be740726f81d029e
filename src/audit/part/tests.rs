use super::*;

const KNOWN: &[(&str, usize, Role)] = &[
    // GPT-2 of Hugging Face, nanoGPT.
    ("transformer.wte.weight", 2, Role::Embedding),
    ("wpe.weight", 2, Role::Embedding),
    ("h.0.attn.c_attn.weight", 2, Role::Attention),
    ("h.0.attn.c_proj.bias", 1, Role::Bias),
    ("h.0.mlp.c_proj.weight", 2, Role::Mlp),
    ("h.0.ln_1.weight", 1, Role::Norm),
    ("h.0.ln_2.bias", 1, Role::Norm),
    ("ln_f.weight", 1, Role::Norm),
    ("lm_head.weight", 2, Role::Head),
    // LLaMA and Mistral, of Hugging Face and of Meta.
    ("model.embed_tokens.weight", 2, Role::Embedding),
    ("model.layers.3.self_attn.o_proj.weight", 2, Role::Attention),
    ("model.layers.3.self_attn.q_norm.weight", 1, Role::Norm),
    ("model.layers.3.mlp.down_proj.weight", 2, Role::Mlp),
    ("model.layers.3.post_attention_layernorm.weight", 1, Role::Norm),
    ("model.norm.weight", 1, Role::Norm),
    ("tok_embeddings.weight", 2, Role::Embedding),
    ("layers.0.attention.wo.weight", 2, Role::Attention),
    ("layers.0.feed_forward.w1.weight", 2, Role::Mlp),
    ("layers.0.attention_norm.weight", 1, Role::Norm),
    ("output.weight", 2, Role::Head),
    // Mixtral.
    ("model.layers.0.block_sparse_moe.gate.weight", 2, Role::Mlp),
    ("model.layers.0.block_sparse_moe.experts.7.w2.weight", 2, Role::Mlp),
    // GPT-NeoX.
    ("gpt_neox.embed_in.weight", 2, Role::Embedding),
    ("embed_out.weight", 2, Role::Head),
    ("gpt_neox.layers.1.attention.query_key_value.weight", 2, Role::Attention),
    ("gpt_neox.layers.1.attention.dense.bias", 1, Role::Bias),
    ("gpt_neox.layers.1.mlp.dense_h_to_4h.weight", 2, Role::Mlp),
    ("gpt_neox.final_layer_norm.bias", 1, Role::Norm),
    // OLMo 1 and 2.
    ("model.transformer.wte.weight", 2, Role::Embedding),
    ("model.transformer.ff_out.weight", 2, Role::Head),
    ("model.transformer.blocks.0.ff_out.weight", 2, Role::Mlp),
    ("model.transformer.blocks.0.att_proj.weight", 2, Role::Attention),
    ("model.transformer.blocks.0.attn_norm.weight", 1, Role::Norm),
    ("model.layers.0.post_feedforward_layernorm.weight", 1, Role::Norm),
    // Flax, T5, BLOOM, BERT, RWKV, modded-nanogpt, PyTorch's own layers, Transformer Engine.
    ("params/Block_0/LayerNorm_0/scale", 1, Role::Norm),
    ("Block_0/MultiHeadDotProductAttention_0/query/kernel", 3, Role::Attention),
    ("transformer/wte/embedding", 2, Role::Embedding),
    ("shared.weight", 2, Role::Embedding),
    ("decoder.block.0.layer.2.DenseReluDense.wo.weight", 2, Role::Mlp),
    ("transformer.word_embeddings_layernorm.weight", 1, Role::Norm),
    ("bert.encoder.layer.0.attention.output.dense.weight", 2, Role::Attention),
    ("blocks.0.ffn.key.weight", 2, Role::Mlp),
    ("value_embeds.1.weight", 2, Role::Embedding),
    ("layers.0.self_attn.in_proj_weight", 2, Role::Attention),
    ("layers.0.self_attn.in_proj_bias", 1, Role::Bias),
    ("layers.0.layernorm_mlp.fc1_weight", 2, Role::Mlp),
    ("layers.0.layernorm_mlp.layer_norm_weight", 1, Role::Norm),
    ("blocks.0.attn.b_Q", 2, Role::Bias),
    // TransformerLens.
    ("embed.W_E", 2, Role::Embedding),
    ("pos_embed.W_pos", 2, Role::Embedding),
    ("unembed.W_U", 2, Role::Head),
    ("unembed.b_U", 1, Role::Bias),
    ("blocks.0.attn.W_O", 3, Role::Attention),
    ("blocks.0.mlp.W_in", 2, Role::Mlp),
    ("blocks.0.mlp.b_in", 1, Role::Bias),
    ("blocks.0.ln1.w", 1, Role::Norm),
    // DeepSeek, Qwen with experts; layers in one tensor, of Flax.
    ("model.layers.0.mlp.shared_expert_gate.weight", 2, Role::Mlp),
    ("model.layers.0.mlp.shared_experts.up_proj.weight", 2, Role::Mlp),
    ("model/layers/self_attention/query/bias", 3, Role::Bias),
    ("model/layers/mlp/wi/bias", 2, Role::Bias),
    // haliax, which wraps every array.
    ("transformer.blocks.stacked.ln_1.weight.0", 2, Role::Norm),
    ("transformer.blocks.stacked.mlp.c_fc.bias.0", 2, Role::Bias),
    ("embeddings.token_embeddings.weight.array", 2, Role::Embedding),
    ("lm_head.weight.0", 2, Role::Head),
];

#[test]
fn names_of_many_programs_are_known() {
    for (name, rank, role) in KNOWN {
        assert_eq!(Part::of(name, &vec![2; *rank]), Part::Known(*role), "{name}");
    }
}

#[test]
fn other_names_go_by_their_rank_and_masks_are_no_weights() {
    for (name, rank, part) in [
        ("backbone.layers.0.mixer.A_log", 2, Part::Matrix),
        ("norm1.linear.weight", 2, Part::Matrix),
        ("x", 1, Part::Vector),
        ("", 0, Part::Vector),
        ("../..", 3, Part::Matrix),
        ("weight", 2, Part::Matrix),
        ("h.0.attn.bias", 4, Part::Buffer),
        ("layers.0.self_attn.rotary_emb.inv_freq", 1, Part::Buffer),
    ] {
        assert_eq!(Part::of(name, &vec![2; rank]), part, "{name}");
    }
}

#[test]
fn what_is_a_matrix_by_its_rank_alone_may_decay_or_stay_where_matrices_decay() {
    for (name, shape, part) in [
        ("vit.cls_token", &[1, 1, 768][..], Part::Either),
        ("blocks.0.att.time_mix_k", &[1, 1, 768], Part::Either),
        ("layers.0.attn.relative_position_bias_table", &[169, 3], Part::Either),
        ("proj.weight", &[1, 768], Part::Matrix),
        ("conv.weight", &[4, 1, 8], Part::Matrix),
        ("h.0.attn.c_attn.bias", &[24], Part::Known(Role::Bias)),
    ] {
        assert_eq!(Part::of(name, shape), part, "{name}");
    }
    let decayed = |mask| Part::Either.is_decayed_by(mask);
    assert_eq!(decayed(Mask::Matrices), None);
    assert_eq!((decayed(Mask::Linear), decayed(Mask::Global)), (Some(false), Some(true)));
}
