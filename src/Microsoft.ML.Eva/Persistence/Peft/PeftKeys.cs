namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>The keys of adapter_config.json in PEFT 0.21.2, the release whose files are written.</summary>
internal static class PeftKeys
{
    /// <summary>The release.</summary>
    public const string Version = "0.21.2";

    private static readonly string[] Common =
    [
        "auto_mapping", "base_model_name_or_path", "bias", "exclude_modules", "fan_in_fan_out", "inference_mode", "layers_pattern",
        "layers_to_transform", "modules_to_save", "peft_type", "peft_version", "revision", "target_modules", "task_type",
        "runtime_config", // older files
    ];

    /// <summary>LoRA, rsLoRA, DoRA.</summary>
    public static IReadOnlyList<string> Lora { get; } =
    [
        .. Common, "alora_invocation_tokens", "alpha_pattern", "arrow_config", "corda_config", "ensure_weight_tying", "eva_config",
        "init_lora_weights", "kasa_config", "layer_replication", "loftq_config", "lora_alpha", "lora_bias", "lora_dropout",
        "lora_ga_config", "megatron_config", "megatron_core", "monteclora_config", "qalora_group_size", "r", "rank_pattern",
        "target_parameters", "trainable_token_indices", "use_bdlora", "use_dora", "use_qalora", "use_rslora", "velora_config",
    ];

    /// <summary>AdaLoRA.</summary>
    public static IReadOnlyList<string> AdaLora { get; } =
        [.. Lora, "beta1", "beta2", "deltaT", "init_r", "orth_reg_weight", "target_r", "tfinal", "tinit", "total_step"];

    /// <summary>BOFT.</summary>
    public static IReadOnlyList<string> Boft { get; } =
        [.. Common, "boft_block_num", "boft_block_size", "boft_dropout", "boft_n_butterfly_factor", "init_weights"];

    /// <summary>VeRA.</summary>
    public static IReadOnlyList<string> Vera { get; } =
        [.. Common, "d_initial", "init_weights", "projection_prng_key", "r", "save_projection", "vera_dropout"];
}
