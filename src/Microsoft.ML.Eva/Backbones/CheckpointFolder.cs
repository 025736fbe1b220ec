using System.Text.Json;
using Microsoft.ML.Eva.Data.Trajectories;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>
/// Reads a folder in the Hugging Face layout: config.json, safetensors in one file or several, tokenizer files. Nothing in it
/// is trusted; pickles are never opened. Every tensor is read straight into its own memory, one at a time.
/// </summary>
internal static class CheckpointFolder
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";
    private const long LargestConfig = 1 << 20;
    private const long LargestIndex = 16 << 20;
    private const long LargestSmallFile = 64 << 20; // the tokenizer.json of the most multilingual models has some 30 MB

    /// <summary>The files besides config.json that scoring may need.</summary>
    private static readonly string[] SmallFiles =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt",
        "spm.model", "sentencepiece.bpe.model", "spiece.model", "preprocessor_config.json", "generation_config.json",
        "modules.json", "sentence_bert_config.json", NetworkFactory.PoolingFile, PolicySettings.FileName,
    ];

    /// <summary>Reads the folder; floating-point tensors become float32 on <paramref name="device"/>.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where the tensors go.</param>
    /// <param name="name">What messages and saved models call the checkpoint; null: the folder's last part.</param>
    /// <returns>The content, with one reference that is the caller's.</returns>
    /// <exception cref="ArgumentException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">The folder's content is broken or of an unknown family; the message names file and fault.</exception>
    public static CheckpointContent Read(string folder, Device device, string? name = null)
    {
        if (!Directory.Exists(folder))
            throw new ArgumentException($"There is no folder '{folder}'.", nameof(folder));
        name ??= Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        var config = ReadJson(folder, "config.json", LargestConfig);
        var family = ModelFamily.Of(new ConfigReader(config, name));
        var files = ReadSmallFiles(folder);
        var (tensors, prefix) = CheckpointNames.Canonical(ReadTensors(folder), family.Prefix, name);
        MoveTo(tensors, device);
        return new CheckpointContent { Name = name, Config = config, Tensors = tensors, Prefix = prefix, Files = files };
    }

    private static Dictionary<string, Tensor> ReadTensors(string folder)
    {
        if (File.Exists(Path.Combine(folder, SingleFile)))
            return ReadShard(folder, SingleFile);
        if (File.Exists(Path.Combine(folder, IndexFile)))
            return ReadShards(folder);
        if (Directory.EnumerateFiles(folder, "pytorch_model*.bin").FirstOrDefault() is { } pickle)
            throw new InvalidDataException(
                $"'{folder}' has its weights in {Path.GetFileName(pickle)} only. That is a Python pickle, which can run code, so it is not read. Convert it to {SingleFile}, e.g. with save_pretrained of the transformers library.");
        throw new InvalidDataException($"'{folder}' has neither {SingleFile} nor {IndexFile}.");
    }

    private static Dictionary<string, Tensor> ReadShard(string folder, string file) =>
        SafetensorsReader.ReadFile(Path.Combine(folder, file), CheckpointNames.IsWanted, float32);

    private static Dictionary<string, Tensor> ReadShards(string folder)
    {
        var shards = ShardIndex.Parse(ReadJson(folder, IndexFile, LargestIndex), IndexFile);
        foreach (var file in shards.Files.Where(file => !File.Exists(Path.Combine(folder, file))))
            throw new InvalidDataException($"{IndexFile} lists {file}, which is not in '{folder}'.");
        var all = new Dictionary<string, Tensor>();
        try
        {
            foreach (var file in shards.Files)
                foreach (var (name, tensor) in ReadShard(folder, file))
                {
                    if (all.TryAdd(name, tensor))
                        continue;
                    tensor.Dispose();
                    throw new InvalidDataException($"Tensor '{name}' is in {file} and in another file of {IndexFile}.");
                }
            var absent = shards.Names.Where(n => CheckpointNames.IsWanted(n) && !all.ContainsKey(n)).ToList();
            if (absent.Count > 0)
                throw new InvalidDataException($"{IndexFile} lists tensors that none of its files has: {string.Join(", ", absent.Take(20))}.");
            return all;
        }
        catch
        {
            foreach (var tensor in all.Values)
                tensor.Dispose();
            throw;
        }
    }

    private static Dictionary<string, byte[]> ReadSmallFiles(string folder)
    {
        var files = new Dictionary<string, byte[]>();
        foreach (var file in SmallFiles)
            if (File.Exists(Path.Combine(folder, file)))
                files.Add(file, ReadFile(folder, file, LargestSmallFile));
        return files;
    }

    private static JsonElement ReadJson(string folder, string file, long largest)
    {
        if (!File.Exists(Path.Combine(folder, file)))
            throw new InvalidDataException($"'{folder}' has no {file}.");
        try
        {
            using var json = UntrustedJson.Parse(ReadFile(folder, file, largest));
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? json.RootElement.Clone()
                : throw new InvalidDataException($"{file} in '{folder}' is not a JSON object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} in '{folder}' is not JSON, at line {e.LineNumber + 1}, position {e.BytePositionInLine + 1}: {e.Message}", e);
        }
    }

    private static byte[] ReadFile(string folder, string file, long largest)
    {
        var path = Path.Combine(folder, file);
        var length = new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target.Length : new FileInfo(path).Length;
        if (length > largest)
            throw new InvalidDataException($"{file} in '{folder}' has {length} bytes; at most {largest} are read.");
        return File.ReadAllBytes(path);
    }

    private static void MoveTo(Dictionary<string, Tensor> tensors, Device device)
    {
        foreach (var (name, tensor) in tensors)
        {
            if (tensor.device.type == device.type && tensor.device.index == device.index)
                continue;
            using (tensor)
                tensors[name] = tensor.to(device).DetachFromDisposeScope();
        }
    }
}
