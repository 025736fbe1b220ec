using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>Reads BOFT. The tensors tell the number of factors: without its CUDA extension PEFT trains one and writes another number.</summary>
internal sealed class PeftBoftReader : PeftReader
{
    private readonly BoftOptions _options;

    public PeftBoftReader(PeftConfig config, PeftTensors tensors) : base(config, tensors)
    {
        var (size, count) = (config.Integer("boft_block_size", 4, 0, int.MaxValue), config.Integer("boft_block_num", 0, 0, int.MaxValue));
        if ((size == 0) == (count == 0))
            throw config.Fault("boft_block_num", $"is {count} and boft_block_size is {size}; exactly one of them must be greater than 0");
        _options = new BoftOptions
        {
            BlockSize = size > 0 ? size : null,
            BlockCount = count > 0 ? count : null,
            ButterflyFactors = config.Integer("boft_n_butterfly_factor", 1, 1, 16),
            Dropout = config.Number("boft_dropout", 0, value => value is >= 0 and < 1, "a number from 0 to less than 1"),
        };
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> KnownKeys => PeftKeys.Boft;

    /// <inheritdoc/>
    protected override Func<LayerAdapter> Read(AdaptableLayer layer, string fileName, IReadOnlyList<string> fileNames)
    {
        if (layer.Weight.Value.dim() != 2)
            throw new InvalidDataException($"{Config.Source} adapts the convolution '{fileName}' by BOFT, which is not supported.");
        ButterflyPattern pattern;
        try
        {
            if (Tensors.Peek($"{fileName}.boft_R") is { } found && found.dim() == 4 && found.shape[0] == 1)
                _options.ButterflyFactors = 1;
            pattern = ButterflyPattern.Create(_options, fileName, layer.InFeatures);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{Config.Source}: {e.Message}", e);
        }
        var why = $"{pattern.Factors} butterfly factors in blocks of {pattern.BlockSize} ask for";
        var rotations = Tensors.Take($"{fileName}.boft_R", why, [pattern.Factors, pattern.BlockCount, pattern.BlockSize, pattern.BlockSize]);
        var scale = Tensors.Take($"{fileName}.boft_s", "this layer asks for", [layer.OutFeatures, 1]);
        if (Tensors.Has($"{fileName}.boft_P"))
            Tensors.Ignore($"{fileName}.boft_P"); // older files; follows from the settings
        var device = layer.Weight.Value.device;
        return () => new BoftAdapter(layer, pattern, rotations.to(device, copy: true), scale.to(device, copy: true), _options.Dropout);
    }

    /// <inheritdoc/>
    protected override AdapterOptions ToOptions(IReadOnlyList<LayerAdapter> adapters) => _options;
}
