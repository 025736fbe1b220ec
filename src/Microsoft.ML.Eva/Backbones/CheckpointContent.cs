using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>
/// A pretrained network as data: its config.json, tensors and small files (tokenizer, pooling, preprocessor). Read once per
/// process and device, shared by every network made from it and freed with the last: each holder counts as a reference.
/// </summary>
internal sealed class CheckpointContent
{
    private const string TrainedSuffix = " (fine-tuned)";

    private readonly Lock _gate = new();
    private TextTokenizer? _tokenizer;
    private int _references = 1;

    /// <summary>What messages call it: a name, or the folder's last part. Never a full path, since it is saved with models.</summary>
    public required string Name { get; init; }

    /// <summary>The root object of config.json.</summary>
    public required JsonElement Config { get; init; }

    /// <summary>The tensors by the names the family's modules have now (older names are mapped on loading). Frozen.</summary>
    public required IReadOnlyDictionary<string, Tensor> Tensors { get; init; }

    /// <summary>What the backbone's names began with in the file (<c>bert.</c>), or nothing; messages show it.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Contents of the files that scoring needs, by name relative to the folder: vocab.txt, tokenizer.json, 1_Pooling/config.json, …</summary>
    public required IReadOnlyDictionary<string, byte[]> Files { get; init; }

    /// <summary>What the head among the tensors was trained for, if this is a model fitted before; null for published checkpoints.</summary>
    public TrainedHead? Trained { get; init; }

    /// <summary>The family: config.json's <c>model_type</c>.</summary>
    public string ModelType => TypeOf(Config);

    /// <summary>A configuration's <c>model_type</c>; empty if it has none.</summary>
    public static string TypeOf(JsonElement config) => config.TryGetProperty("model_type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString()! : "";

    /// <summary>A network's present weights as something to start from. Nothing is copied: the tensors share the network's memory, which stays as long as either of them.</summary>
    public static CheckpointContent Of(Network network, TrainedHead trained)
    {
        using var scope = NewDisposeScope();
        using var gradient = no_grad();
        return new CheckpointContent
        {
            Name = TrainedName(network.Checkpoint.Name),
            Config = network.Checkpoint.Config,
            Files = network.Checkpoint.Files,
            Trained = trained,
            Tensors = network.AllTensors().ToDictionary(tensor => tensor.Key, tensor => tensor.Value.detach().DetachFromDisposeScope()),
        };
    }

    /// <summary>What a checkpoint is called once it has been trained.</summary>
    public static string TrainedName(string name) => name.EndsWith(TrainedSuffix, StringComparison.Ordinal) ? name : name + TrainedSuffix;

    /// <summary>A few characters that other weights would most likely change. Reads all of them.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = new HashStream(hash);
        foreach (var (name, tensor) in Tensors.OrderBy(tensor => tensor.Key, StringComparer.Ordinal))
        {
            using var scope = NewDisposeScope();
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            TensorBytes.WriteTo(stream, tensor.cpu().contiguous());
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash())[..32];
    }

    /// <summary>The tokenizer that the files describe, made when it is first asked for and shared with every content whose files say the same.</summary>
    /// <exception cref="InvalidDataException">Files are missing or broken, or name what is not supported.</exception>
    public TextTokenizer Tokenizer
    {
        get
        {
            lock (_gate)
                return _tokenizer ??= TokenizerStore.Acquire(Name, Config, Files);
        }
    }

    /// <summary>The tokenizer that the files describe, for who has made it before there was a content.</summary>
    public TextTokenizer? KnownTokenizer
    {
        init => _tokenizer = value;
    }

    /// <summary>config.json for weights that are written as 32-bit numbers, whatever the checkpoint's were: programs that follow it would round them otherwise.</summary>
    public JsonObject ConfigOfFloat32()
    {
        var config = JsonObject.Create(Config)!;
        foreach (var type in new[] { "dtype", "torch_dtype" })
            if (config.ContainsKey(type))
                config[type] = "float32";
        return config;
    }

    /// <summary>Counts one more holder.</summary>
    /// <exception cref="ObjectDisposedException">The last holder has already let go.</exception>
    public CheckpointContent AddReference()
    {
        ObjectDisposedException.ThrowIf(!TryAddReference(), this);
        return this;
    }

    /// <summary>Counts one more holder, unless the last one has already let go.</summary>
    public bool TryAddReference()
    {
        for (var count = Volatile.Read(ref _references); count > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _references, count + 1, count);
            if (seen == count)
                return true;
            count = seen;
        }
        return false;
    }

    /// <summary>The same content with its tensors on <paramref name="device"/>; this one is released if that is another device.</summary>
    public CheckpointContent MoveTo(Device device)
    {
        if (Tensors.Values.All(tensor => tensor.device.type == device.type && (tensor.device.index == device.index || device.index < 0)))
            return this;
        var moved = new CheckpointContent
        {
            Name = Name,
            Config = Config,
            Prefix = Prefix,
            Files = Files,
            Trained = Trained,
            KnownTokenizer = _tokenizer,
            Tensors = Tensors.ToDictionary(t => t.Key, t => t.Value.to(device).DetachFromDisposeScope()),
        };
        Release();
        return moved;
    }

    /// <summary>Counts one holder less; the last one frees the tensors.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
            foreach (var tensor in Tensors.Values)
                tensor.Dispose();
    }
}
