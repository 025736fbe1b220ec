using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>
/// The tensors of adapter_model.safetensors, taken one by one; what nobody took is reported. Owns them
/// all: who needs one for longer copies it.
/// </summary>
internal sealed class PeftTensors : IDisposable
{
    /// <summary>The file's name in its folder.</summary>
    public const string FileName = "adapter_model.safetensors";

    /// <summary>What every name begins with, but for VeRA's shared matrices.</summary>
    public const string Prefix = "base_model.model.";

    private readonly Dictionary<string, Tensor> _tensors;
    private readonly HashSet<string> _taken = [];

    private PeftTensors(Dictionary<string, Tensor> tensors, string source) => (_tensors, Source) = (tensors, source);

    /// <summary>What messages call the file.</summary>
    public string Source { get; }

    /// <summary>The names that nobody took, in order, with the prefix.</summary>
    public IEnumerable<string> Left => _tensors.Keys.Except(_taken).Order(StringComparer.Ordinal);

    /// <summary>Reads the file of a folder.</summary>
    /// <exception cref="InvalidDataException">It is missing or broken.</exception>
    public static PeftTensors Read(string folder)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new InvalidDataException(File.Exists(Path.Combine(folder, "adapter_model.bin"))
                ? $"'{name}' has its tensors in adapter_model.bin, which can carry programs and is not read. Save it again with safetensors."
                : $"'{name}' is no PEFT adapter folder: it has no {FileName}.");
        return new PeftTensors(SafetensorsReader.ReadFile(path, convertFloatsTo: ScalarType.Float32), $"{FileName} of '{name}'");
    }

    /// <summary>Whether there is a tensor of that name (without the prefix).</summary>
    public bool Has(string name) => _tensors.ContainsKey(Prefix + name);

    /// <summary>The tensor of that name, without taking it; null if there is none.</summary>
    public Tensor? Peek(string name) => _tensors.GetValueOrDefault(Prefix + name);

    /// <summary>The tensor of that name, which must be there in one of <paramref name="shapes"/>; <paramref name="why"/> says who asks for them.</summary>
    /// <exception cref="InvalidDataException">It is missing, or of another shape.</exception>
    public Tensor Take(string name, string why, params long[][] shapes) => TakeFull(Prefix + name, why, shapes);

    /// <summary>As <see cref="Take"/>, with a name that does not begin with the prefix.</summary>
    public Tensor TakeFull(string name, string why, params long[][] shapes)
    {
        if (!_tensors.TryGetValue(name, out var tensor))
            throw new InvalidDataException($"{Source} lacks '{name}' [{string.Join(", ", shapes[0])}], which {why}.");
        if (!shapes.Any(shape => tensor.shape.AsSpan().SequenceEqual(shape)))
            throw new InvalidDataException($"{Source}: '{name}' is [{string.Join(", ", tensor.shape)}], but {string.Join(" or ", shapes.Select(shape => $"[{string.Join(", ", shape)}]"))} is what {why}.");
        _taken.Add(name);
        return tensor;
    }

    /// <summary>Takes a tensor that is of no use.</summary>
    public void Ignore(string name) => _taken.Add(Prefix + name);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
            tensor.Dispose();
    }
}
