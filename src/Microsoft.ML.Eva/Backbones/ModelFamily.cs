using Microsoft.ML.Eva.Backbones.Bert;
using Microsoft.ML.Eva.Backbones.Deberta;
using Microsoft.ML.Eva.Backbones.DecisionTransformer;
using Microsoft.ML.Eva.Backbones.Dinov2;
using Microsoft.ML.Eva.Backbones.Distilbert;
using Microsoft.ML.Eva.Backbones.Electra;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Backbones.Heads;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Backbones.Modernbert;
using Microsoft.ML.Eva.Backbones.Mpnet;
using Microsoft.ML.Eva.Backbones.Resnet;
using Microsoft.ML.Eva.Backbones.Roberta;
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
        ["deberta-v2"] = new("deberta", (config, binder) => new DebertaBackbone(DebertaConfig.Read(config), binder), DebertaHead),
        ["decision_transformer"] = new("decision_transformer", (config, binder) => new DecisionTransformerBackbone(DecisionTransformerConfig.Read(config), binder), (config, _, _) => throw NoClassifier(config))
        {
            SpecialHead = (_, config, _, _) => throw NoClassifier(config),
        },
        ["dinov2"] = Dinov2Family("dinov2", hasRegisters: false),
        ["dinov2_with_registers"] = Dinov2Family("dinov2_with_registers", hasRegisters: true),
        ["distilbert"] = new("distilbert", (config, binder) => new DistilbertBackbone(DistilbertConfig.Read(config), binder), DistilbertHead),
        ["electra"] = new("electra", ElectraBackbone.Create, ElectraHead),
        ["gpt2"] = new("transformer", (config, binder) => new Gpt2Backbone(Gpt2Config.Read(config), binder), (config, binder, size) => new Gpt2ClassifierHead(binder, config, size)),
        ["modernbert"] = new("model", (config, binder) => new ModernbertBackbone(ModernbertConfig.Read(config), binder), (config, binder, size) => new ModernbertHead(binder, config, size)),
        ["mpnet"] = new("mpnet", (config, binder) => new MpnetBackbone(MpnetConfig.Read(config), binder), RobertaHead),
        ["resnet"] = new("resnet", (config, binder) => new ResnetBackbone(config, binder), (_, binder, size) => new PlaceMeanHead(binder, size))
        {
            SpecialHead = (_, _, binder, size) => new PlaceMeanHead(binder, size), // there is no CLS, and all places are one mean
        },
        ["roberta"] = new("roberta", (config, binder) => new RobertaBackbone(RobertaConfig.Read(config), binder), RobertaHead),
        ["vit"] = new("vit", (config, binder) => new VitBackbone(config, binder), (config, binder, size) => new ClsHead(binder, size, config.Dropout("hidden_dropout_prob", 0)))
        {
            SpecialHead = (kind, _, binder, size) => kind == HeadKind.Mean ? new PatchHead(binder, size, VitBackbone.PrefixTokens, withCls: false) : null,
        },
        ["xlm-roberta"] = new("roberta", (config, binder) => new RobertaBackbone(RobertaConfig.Read(config), binder), RobertaHead),
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

    private static InvalidDataException NoClassifier(ConfigReader config) =>
        config.Fault("model_type", "is 'decision_transformer', a policy that chooses actions; it classifies nothing. Fine-tune it with mlContext.DecisionMaking().Trainers.EvaLora");

    private static DenseHead RobertaHead(ConfigReader config, HeadBinder binder, long size)
    {
        var dropout = config.Dropout("classifier_dropout", absent: config.Dropout("hidden_dropout_prob", absent: 0.1));
        return new(binder, size, new DenseHeadShape("classifier.dense", "classifier.out_proj", Activations.Tanh, dropout, dropout));
    }

    private static DenseHead ElectraHead(ConfigReader config, HeadBinder binder, long size)
    {
        var dropout = config.Dropout("classifier_dropout", absent: config.Dropout("hidden_dropout_prob", absent: 0.1));
        return new(binder, size, new DenseHeadShape("classifier.dense", "classifier.out_proj", Activations.Gelu, dropout, dropout));
    }

    private static DenseHead DistilbertHead(ConfigReader config, HeadBinder binder, long size) => new(binder, size, new DenseHeadShape(
        "pre_classifier", "classifier", Activations.Relu, InputDropout: 0, Dropout: config.Dropout("seq_classif_dropout", absent: 0.2)));

    private static DenseHead DebertaHead(ConfigReader config, HeadBinder binder, long size) => new(binder, size, new DenseHeadShape(
        "pooler.dense", "classifier", Activations.Parse(config, "pooler_hidden_act", "gelu"),
        InputDropout: config.Dropout("pooler_dropout", absent: 0),
        Dropout: config.Dropout("cls_dropout", absent: config.Dropout("hidden_dropout_prob", absent: 0.1))));

    private static ModelFamily Dinov2Family(string prefix, bool hasRegisters) => new(
        prefix, (config, binder) => new Dinov2Backbone(config, hasRegisters, binder),
        (config, binder, size) => new PatchHead(binder, size, Dinov2Backbone.PrefixTokensOf(config, hasRegisters), withCls: true))
    {
        SpecialHead = (kind, config, binder, size) => kind == HeadKind.Mean ? new PatchHead(binder, size, Dinov2Backbone.PrefixTokensOf(config, hasRegisters), withCls: false) : null,
    };
}
