namespace Microsoft.ML.Eva.Backbones;

/// <summary>Old BERT-like configurations may ask for relative positions in attention, which current implementations no longer have.</summary>
internal static class AbsolutePositions
{
    /// <summary>Throws unless positions are learned and absolute.</summary>
    public static void Check(ConfigReader config)
    {
        var kind = config.Text("position_embedding_type", "absolute");
        if (kind != "absolute")
            throw config.Fault("position_embedding_type", $"is '{kind}'; only 'absolute' is supported");
    }
}
