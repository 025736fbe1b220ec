using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>Reads VeRA. Where the shared matrices were not saved, they are drawn again: libtorch's numbers for a seed are the same here.</summary>
internal sealed class PeftVeraReader : PeftReader
{
    private readonly VeraOptions _options;
    private VeraProjection? _projection;
    private Func<VeraProjection>? _createProjection;

    public PeftVeraReader(PeftConfig config, PeftTensors tensors) : base(config, tensors) => _options = new VeraOptions
    {
        Rank = config.Integer("r", 256, 1, int.MaxValue),
        InitialScale = config.Number("d_initial", 0.1, _ => true, "a number"),
        Dropout = config.Number("vera_dropout", 0, value => value is >= 0 and < 1, "a number from 0 to less than 1"),
    };

    /// <inheritdoc/>
    protected override IReadOnlyList<string> KnownKeys => PeftKeys.Vera;

    /// <inheritdoc/>
    protected override void ReadShared(PeftTargets targets)
    {
        if (targets.Adapted.FirstOrDefault(module => module.Weight.Value.dim() != 2 || module.Layer is null) is { } other)
            throw new InvalidDataException($"{Config.Source} adapts '{other.Name}' by VeRA, which is supported for linear layers of the encoder only.");
        var layers = targets.Adapted.Select(module => module.Layer!).ToList();
        var (inFeatures, outFeatures) = (layers.Max(layer => layer.InFeatures), layers.Max(layer => layer.OutFeatures));
        var device = layers[0].Weight.Value.device;
        if (Config.Boolean("save_projection", absent: true))
        {
            const string why = "r and the widest adapted layers ask for";
            var a = Tensors.TakeFull("base_model.vera_A", why, [_options.Rank, inFeatures]);
            var b = Tensors.TakeFull("base_model.vera_B", why, [outFeatures, _options.Rank]);
            _createProjection = () => new VeraProjection(a.to(device, copy: true), b.to(device, copy: true));
            return;
        }
        var seed = Config.Integer("projection_prng_key", 0, 0, int.MaxValue);
        _createProjection = () =>
        {
            using var generator = new Generator((ulong)seed);
            return VeraProjection.Create(layers, _options.Rank, generator);
        };
    }

    /// <inheritdoc/>
    protected override Func<LayerAdapter> Read(AdaptableLayer layer, string fileName, IReadOnlyList<string> fileNames)
    {
        var lambdaB = Tensors.Take($"{fileName}.vera_lambda_b", "this layer asks for", [layer.OutFeatures]);
        var lambdaD = Tensors.Take($"{fileName}.vera_lambda_d", $"r = {_options.Rank} asks for", [_options.Rank]);
        var device = layer.Weight.Value.device;
        return () => new VeraAdapter(layer, _projection ??= _createProjection!(), lambdaB.to(device, copy: true), lambdaD.to(device, copy: true), _options.Dropout);
    }

    /// <inheritdoc/>
    protected override AdapterOptions ToOptions(IReadOnlyList<LayerAdapter> adapters) => _options;
}
