using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Bert;
using Microsoft.ML.Eva.Hub;
using Microsoft.ML.Eva.Backbones.Resnet;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva;

/// <summary>A pretrained network to start from.</summary>
public sealed class Checkpoint
{
    private readonly Func<string> _identity;
    private readonly Func<CheckpointContent> _read;

    private Checkpoint(string name, Func<string> identity, Func<CheckpointContent> read) => (Name, _identity, _read) = (name, identity, read);

    /// <summary>Gets all-MiniLM-L6-v2: BERT with 6 layers of width 384, 22.7 million parameters, English, up to 512 tokens. Comes with NuGet, needs no network.</summary>
    public static Checkpoint MiniLM { get; } = new("all-MiniLM-L6-v2", () => "embedded:all-MiniLM-L6-v2", EmbeddedMiniLm.Read);

    /// <summary>
    /// Gets ResNet-18 with ImageNet weights, for pictures. Needs no network, but the application must reference the NuGet package
    /// Microsoft.ML.DnnImageFeaturizer.ResNet18, whose file is read.
    /// </summary>
    public static Checkpoint ResNet18 { get; } = new(EmbeddedResnet18.Name, () => "embedded:resnet-18", () => EmbeddedResnet18.Read());

    /// <summary>A checkpoint in Hugging Face's form: a folder with <c>config.json</c>, <c>model.safetensors</c> (or its shards) and tokenizer files. Which families are known stands in docs/checkpoints.md.</summary>
    /// <param name="folder">The folder. It is read when the first fit needs it.</param>
    /// <exception cref="ArgumentException">The name is empty or there is no such folder.</exception>
    public static Checkpoint FromFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var path = Path.GetFullPath(folder);
        if (!Directory.Exists(path))
            throw new ArgumentException($"There is no folder '{folder}'. It should hold config.json, model.safetensors and the tokenizer's files.", nameof(folder));
        return new Checkpoint(Path.GetFileName(Path.TrimEndingDirectorySeparator(path)), () => Identity(path), () => CheckpointFolder.Read(path, CPU));
    }

    /// <summary>A model of the Hugging Face hub: taken from the local cache if it is there (also if Python put it there), else downloaded when the first fit needs it.</summary>
    /// <param name="repository">The model's name, e.g. <c>FacebookAI/roberta-base</c>.</param>
    /// <param name="revision">A branch, tag or commit. A full commit hash never changes.</param>
    /// <param name="options">Where the cache and the hub are, and what may be downloaded; null: as the environment says (docs/hub.md). They are copied.</param>
    /// <param name="progress">Is told how far a download is.</param>
    /// <exception cref="ArgumentException">A name or option is not usable.</exception>
    public static Checkpoint FromHub(string repository, string revision = "main", HubOptions? options = null, IProgress<DownloadProgress>? progress = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(repository);
        ArgumentException.ThrowIfNullOrWhiteSpace(revision);
        var copy = options?.Clone() ?? new HubOptions();
        var validator = new OptionsValidator();
        copy.Validate(validator);
        validator.ThrowIfFaulty(nameof(options));
        // The folder's name ends in the commit, so that it stands for the content; an update of a branch is another folder.
        string? folder = null;
        string Folder() => folder ??= HubResolver.Resolve(repository, revision, copy, progress);
        return new Checkpoint(repository, () => Identity(Folder()), () => CheckpointFolder.Read(Folder(), CPU, repository));
    }

    /// <summary>
    /// A fitted model, to train it on with new data: its weights with their adapters merged, its head and its tokenizer or
    /// preprocessing are the start. The label may have new classes and lack old ones: outputs are matched by the classes' names, those
    /// of new classes start anew. All else of the fit is as with any checkpoint.
    /// </summary>
    /// <param name="model">A fitted or loaded model, or a chain with exactly one of this library's in it. It is not changed; keep it until the new fit has begun.</param>
    /// <exception cref="ArgumentException">There is no model of this library in the chain, or more than one.</exception>
    public static Checkpoint FromModel(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var fitted = FindFitted(model, nameof(model));
        return new Checkpoint(fitted.CheckpointName, () => $"model:{fitted.Number}", fitted.ToCheckpoint);
    }

    /// <summary>A model saved with <c>mlContext.Model.Save</c>, to train it on with new data; see <see cref="FromModel(ITransformer)"/>.</summary>
    /// <param name="path">The .zip. It is read when the first fit needs it.</param>
    /// <exception cref="ArgumentException">There is no such file. That it holds no model of this library is an <see cref="InvalidDataException"/> of the fit.</exception>
    public static Checkpoint FromModel(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var full = Path.GetFullPath(path);
        if (!File.Exists(full))
            throw new ArgumentException($"There is no file '{path}'. It should be a model saved with mlContext.Model.Save.", nameof(path));
        return new Checkpoint(Path.GetFileName(full), () => $"{full}:{new FileInfo(full).Length}:{File.GetLastWriteTimeUtc(full).Ticks}", () => ReadModel(full));
    }

    /// <summary>Gets the name that messages and reports use.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The content on the device, shared with everyone else who holds it. The caller must release it.</summary>
    internal CheckpointContent Acquire(Device device) => CheckpointStore.Acquire(_identity(), device, _read);

    private static EvaTransformer FindFitted(ITransformer model, string parameterName)
    {
        var fitted = Flatten(model).OfType<EvaTransformer>().ToList();
        return fitted.Count == 1 ? fitted[0]
            : throw new ArgumentException(fitted.Count == 0 ? "There is no model of Microsoft.ML.Eva in it." : $"There are {fitted.Count} models of Microsoft.ML.Eva in it; give the one to train on.", parameterName);
    }

    private static IEnumerable<ITransformer> Flatten(ITransformer model) =>
        model is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [model];

    private static CheckpointContent ReadModel(string path)
    {
        var model = LoadModel(path);
        try
        {
            return FindFitted(model, nameof(path)).ToCheckpoint();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"'{Path.GetFileName(path)}' cannot be trained on: {e.Message}", e);
        }
        finally
        {
            (model as IDisposable)?.Dispose(); // the tensors have handles of their own
        }
    }

    private static ITransformer LoadModel(string path)
    {
        try
        {
            return new MLContext().Model.Load(path, out _);
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"'{Path.GetFileName(path)}' is no model saved with mlContext.Model.Save: {e.Message}", e);
        }
    }

    // Another file under the same name is another checkpoint.
    private static string Identity(string folder) => string.Join('|', new DirectoryInfo(folder).EnumerateFiles()
        .Where(file => file.Extension is ".safetensors" or ".json" or ".txt" or ".model")
        .OrderBy(file => file.Name, StringComparer.Ordinal)
        .Select(file => $"{file.FullName}:{file.Length}:{file.LastWriteTimeUtc.Ticks}"));
}
