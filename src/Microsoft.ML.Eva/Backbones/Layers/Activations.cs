using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>A function of each entry. Gives a fresh tensor.</summary>
internal delegate Tensor Activation(Tensor x);

/// <summary>The activations that config.json may name.</summary>
internal static class Activations
{
    private static readonly Dictionary<string, Activation> Known = new(StringComparer.Ordinal)
    {
        ["gelu"] = Gelu,
        ["gelu_new"] = GeluTanh,
        ["gelu_fast"] = GeluTanh,
        ["gelu_pytorch_tanh"] = GeluTanh,
        ["relu"] = Relu,
        ["silu"] = Silu,
        ["swish"] = Silu,
        ["tanh"] = Tanh,
    };

    /// <summary>x·Φ(x), with the exact error function.</summary>
    public static Tensor Gelu(Tensor x) => functional.gelu(x);

    /// <summary>The tanh form of GELU: x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))).</summary>
    public static Tensor GeluTanh(Tensor x)
    {
        using var scope = NewDisposeScope();
        var inner = x.Plus(x.pow(Scalars.Of(3)).Times(0.044715)).Times(Math.Sqrt(2 / Math.PI));
        return (x.Times(0.5) * inner.tanh().Plus(1)).MoveToOuterDisposeScope();
    }

    /// <summary>max(x, 0).</summary>
    public static Tensor Relu(Tensor x) => x.relu();

    /// <summary>x·sigmoid(x).</summary>
    public static Tensor Silu(Tensor x) => functional.silu(x);

    /// <summary>The hyperbolic tangent.</summary>
    public static Tensor Tanh(Tensor x) => x.tanh();

    /// <summary>The activation that config.json names under <paramref name="key"/>.</summary>
    public static Activation Parse(ConfigReader config, string key, string absent)
    {
        var name = config.Text(key, absent);
        return Known.TryGetValue(name, out var activation)
            ? activation
            : throw config.Fault(key, $"is '{(name.Length <= 60 ? name : name[..60] + "…")}'; known are {string.Join(", ", Known.Keys)}");
    }
}
