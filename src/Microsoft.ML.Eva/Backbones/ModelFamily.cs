using Microsoft.ML.Eva.Backbones.Bert;
using Microsoft.ML.Eva.Backbones.Dinov2;
using Microsoft.ML.Eva.Backbones.Heads;
using Microsoft.ML.Eva.Backbones.Resnet;
using Microsoft.ML.Eva.Backbones.Vit;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>
/// What tells one architecture from another: the name under which its task models keep the backbone, how the backbone is made
/// and what its own classifier is. A new family is one line in <see cref="All"/>.
/// </summary>
/// <param name="Prefix">The backbone's name in checkpoints with a head (<c>bert</c> in <c>bert.encoder.layer.0…</c>).</param>
/// <param name="Backbone">Makes the backbone, its weights bound but not checked.</param>
/// <param name="Classifier">Makes the family's own classifier over vectors of the backbone's hidden size.</param>
internal sealed record ModelFamily(
    string Prefix, Func<ConfigReader, WeightBinder, Backbone> Backbone, Func<ConfigReader, HeadBinder, long, Head> Classifier)
{
    /// <summary>Makes a head of another kind where the common ones do not fit the family's last hidden state; else null.</summary>
    public Func<HeadKind, ConfigReader, HeadBinder, long, Head?> SpecialHead { get; init; } = (_, _, _, _) => null;

    /// <summary>Every family by config.json's <c>model_type</c>.</summary>
    public static IReadOnlyDictionary<string, ModelFamily> All { get; } = new SortedDictionary<string, ModelFamily>(StringComparer.Ordinal)
    {
        ["bert"] = new("bert", (config, binder) => new BertBackbone(BertConfig.Read(config), binder), (config, binder, size) => new BertPoolerHead(binder, config, size)),
        ["dinov2"] = Dinov2Family("dinov2", hasRegisters: false),
        ["dinov2_with_registers"] = Dinov2Family("dinov2_with_registers", hasRegisters: true),
        ["resnet"] = new("resnet", (config, binder) => new ResnetBackbone(config, binder), (_, binder, size) => new PlaceMeanHead(binder, size))
        {
            SpecialHead = (_, _, binder, size) => new PlaceMeanHead(binder, size), // there is no CLS, and all places are one mean
        },
        ["vit"] = new("vit", (config, binder) => new VitBackbone(config, binder), (config, binder, size) => new ClsHead(binder, size, config.Dropout("hidden_dropout_prob", 0)))
        {
            SpecialHead = (kind, _, binder, size) => kind == HeadKind.Mean ? new PatchHead(binder, size, VitBackbone.PrefixTokens, withCls: false) : null,
        },
    };

    /// <summary>The family of a <c>model_type</c>.</summary>
    /// <exception cref="InvalidDataException">There is none; the message lists those that are known.</exception>
    public static ModelFamily Of(ConfigReader config)
    {
        var type = config.Text("model_type", "");
        if (type.Length == 0)
            throw config.Fault("model_type", $"is missing; known are {string.Join(", ", All.Keys)}");
        return All.TryGetValue(type, out var family)
            ? family
            : throw config.Fault("model_type", $"is '{(type.Length <= 60 ? type : type[..60] + "…")}'; known are {string.Join(", ", All.Keys)}");
    }

    private static ModelFamily Dinov2Family(string prefix, bool hasRegisters) => new(
        prefix, (config, binder) => new Dinov2Backbone(config, hasRegisters, binder),
        (config, binder, size) => new PatchHead(binder, size, Dinov2Backbone.PrefixTokensOf(config, hasRegisters), withCls: true))
    {
        SpecialHead = (kind, config, binder, size) => kind == HeadKind.Mean ? new PatchHead(binder, size, Dinov2Backbone.PrefixTokensOf(config, hasRegisters), withCls: false) : null,
    };
}
