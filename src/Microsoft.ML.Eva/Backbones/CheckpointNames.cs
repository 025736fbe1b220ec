using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>From the names tensors have in files – old ones, prefixed ones – to those of the family's modules today.</summary>
internal static partial class CheckpointNames
{
    /// <summary>
    /// Whether a tensor is of use here: not the heads of pretraining and of other tasks, whose decoder may be as large as the
    /// vocabulary, and not buffers that only old files have.
    /// </summary>
    public static bool IsWanted(string name) => !Unused().IsMatch(name);

    [GeneratedRegex(
        @"^(cls|lm_head|lm_predictions|mask_predictions|discriminator_predictions|generator_predictions|generator_lm_head|qa_outputs|decoder|vocab_(transform|layer_norm|projector))\."
        + @"|(^|\.)(position_ids|num_batches_tracked|rotary_emb\.inv_freq)$|(^|\.)h\.\d+\.attn\.(bias|masked_bias)$")]
    private static partial Regex Unused();

    /// <summary>The same tensors under today's names, and the prefix that was taken off. On failure all are disposed.</summary>
    /// <exception cref="InvalidDataException">Two names become one, or a tensor does not hold floating-point numbers.</exception>
    public static (Dictionary<string, Tensor> Tensors, string Prefix) Canonical(Dictionary<string, Tensor> tensors, string familyPrefix, string source)
    {
        var prefix = $"{familyPrefix}.";
        var hasPrefix = tensors.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));
        var renamed = new Dictionary<string, Tensor>(tensors.Count);
        try
        {
            foreach (var (name, tensor) in tensors)
            {
                if (!tensor.is_floating_point())
                    throw new InvalidDataException($"Tensor '{name}' of {source} holds {tensor.dtype}, not floating-point numbers. Quantized checkpoints cannot be fine-tuned here.");
                var now = Modern(hasPrefix && name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name);
                if (!renamed.TryAdd(now, tensor))
                    throw new InvalidDataException($"{source} has two tensors that both mean '{now}'; one of them is '{name}'.");
            }
            return (renamed, hasPrefix ? prefix : "");
        }
        catch
        {
            foreach (var tensor in tensors.Values)
                tensor.Dispose();
            throw;
        }
    }

    private static string Modern(string name)
    {
        if (name.EndsWith("LayerNorm.gamma", StringComparison.Ordinal))
            return string.Concat(name.AsSpan(0, name.Length - "gamma".Length), "weight");
        return name.EndsWith("LayerNorm.beta", StringComparison.Ordinal) ? string.Concat(name.AsSpan(0, name.Length - "beta".Length), "bias") : name;
    }
}
